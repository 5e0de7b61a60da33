package plextest

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"plexspaces.io/sdk-go/internal/wire"
)

var reductions = []string{"sum", "prod", "min", "max", "mean", "and", "or"}

// reduce folds in shard order: numbers, lists of equal length, and maps of them. Other fields of maps
// stay where all agree, else they are listed under differing.
func reduce(kind string, values []any) (any, error) {
	if !slices.Contains(reductions, kind) {
		return nil, refuse(wire.InvalidArgument, "unknown reduction %q; one of %s", kind, strings.Join(reductions, ", "))
	}
	if len(values) == 0 {
		return nil, nil
	}
	v, ok := fold(kind, values)
	if !ok {
		return nil, refuse(wire.InvalidArgument, "the shards' answers are not all numbers, lists of one length or maps")
	}
	return v, nil
}

func fold(kind string, values []any) (any, bool) {
	switch first := values[0].(type) {
	case int64, float64, bool:
		return foldNumbers(kind, values)
	case []any:
		columns := make([]any, len(first))
		for i := range first {
			column := make([]any, len(values))
			for j, v := range values {
				list, ok := v.([]any)
				if !ok || len(list) != len(first) {
					return nil, false
				}
				column[j] = list[i]
			}
			var ok bool
			if columns[i], ok = fold(kind, column); !ok {
				return nil, false
			}
		}
		return columns, true
	case map[string]any:
		return foldMaps(kind, values)
	}
	return nil, false
}

func foldMaps(kind string, values []any) (any, bool) {
	names := map[string]bool{}
	for _, v := range values {
		m, ok := v.(map[string]any)
		if !ok {
			return nil, false
		}
		for name := range m {
			names[name] = true
		}
	}
	result, differing := map[string]any{}, []any{}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		var column []any
		for _, v := range values {
			if field, ok := v.(map[string]any)[name]; ok {
				column = append(column, field)
			}
		}
		all := len(column) == len(values)
		if v, ok := fold(kind, column); all && ok {
			result[name] = v
		} else if all && !slices.ContainsFunc(column, func(v any) bool { return !equal(v, column[0]) }) {
			result[name] = column[0]
		} else {
			differing = append(differing, name)
		}
	}
	if len(differing) > 0 {
		result["differing"] = differing
	}
	return result, true
}

func foldNumbers(kind string, values []any) (any, bool) {
	total := values[0]
	for _, v := range values[1:] {
		var ok bool
		if total, ok = pair(kind, total, v); !ok {
			return nil, false
		}
	}
	if kind != "mean" {
		return total, true
	}
	f, ok := float(total)
	return f / float64(len(values)), ok
}

func pair(kind string, a, b any) (any, bool) {
	x, isBool := a.(bool)
	y, both := b.(bool)
	if isBool && both && (kind == "and" || kind == "or") {
		return kind == "and" && x && y || kind == "or" && (x || y), true
	}
	i, whole := a.(int64)
	j, wholes := b.(int64)
	if whole && wholes {
		switch kind {
		case "sum", "mean":
			return i + j, true
		case "prod":
			return i * j, true
		}
	}
	f, ok1 := float(a)
	g, ok2 := float(b)
	if !ok1 || !ok2 {
		return nil, false
	}
	switch kind {
	case "sum", "mean":
		return f + g, true
	case "prod":
		return f * g, true
	case "min":
		if g < f {
			return b, true
		}
		return a, true
	case "max":
		if g > f {
			return b, true
		}
		return a, true
	case "and":
		return f != 0 && g != 0, true
	}
	return f != 0 || g != 0, true
}

func float(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

func flat(values []any) []any {
	all := []any{}
	for _, v := range values {
		if list, ok := v.([]any); ok {
			all = append(all, list...)
		} else {
			all = append(all, v)
		}
	}
	return all
}

// aggregate is what scatter_gather makes of the answers.
func aggregate(kind string, values []any, k int) (any, error) {
	switch kind {
	case "", "concat":
		return flat(values), nil
	case "sum", "min", "max", "mean":
		return reduce(kind, values)
	case "merge":
		merged := map[string]any{}
		for _, v := range values {
			m, ok := v.(map[string]any)
			if !ok {
				return nil, refuse(wire.InvalidArgument, "merge needs maps")
			}
			maps.Copy(merged, m)
		}
		return merged, nil
	case "first":
		if len(values) == 0 {
			return nil, nil
		}
		return values[0], nil
	case "majority":
		var best any
		most := 0
		for _, v := range values {
			votes := 0
			for _, other := range values {
				if equal(v, other) {
					votes++
				}
			}
			if votes > most {
				best, most = v, votes
			}
		}
		return best, nil
	case "top_k":
		all := flat(values)
		slices.SortStableFunc(all, func(a, b any) int { return cmp.Compare(score(b), score(a)) })
		return all[:min(k, len(all))], nil
	}
	return nil, refuse(wire.InvalidArgument, "unknown aggregation %q", kind)
}

func score(v any) float64 {
	if m, ok := v.(map[string]any); ok {
		v = m["score"]
	}
	f, _ := float(v)
	return f
}
