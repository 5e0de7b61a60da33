package plextest

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"plexspaces.io/sdk-go/internal/wire"
)

const maxProblems = 10

// checker checks a payload against a schema as a node does before a handler runs.
type checker struct {
	defs     map[string]any
	problems []any
}

func checkSchema(op string, schema map[string]any, v any) error {
	c := &checker{}
	c.defs, _ = schema["$defs"].(map[string]any)
	c.check(schema, v, "")
	if len(c.problems) == 0 {
		return nil
	}
	var parts []string
	for _, p := range c.problems {
		at := "the payload"
		if path := text(p.(map[string]any), "path"); path != "" {
			at = fmt.Sprintf("%q", path)
		}
		parts = append(parts, at+" "+text(p.(map[string]any), "problem"))
	}
	return &wire.HostError{
		Code: wire.InvalidArgument, Message: op + ": " + strings.Join(parts, "; "), Details: map[string]any{"fields": c.problems},
	}
}

func (c *checker) problem(path, format string, args ...any) {
	if len(c.problems) < maxProblems {
		c.problems = append(c.problems, map[string]any{"path": path, "problem": fmt.Sprintf(format, args...)})
	}
}

func (c *checker) check(schema map[string]any, v any, path string) {
	if types := typesOf(schema); len(types) > 0 && !slices.ContainsFunc(types, func(t string) bool { return hasType(t, v, schema) }) {
		c.problem(path, "must be %s, it is %s", c.expects(schema), word(v))
		return
	}
	if allowed, ok := schema["enum"].([]any); ok && !slices.ContainsFunc(allowed, func(a any) bool { return equal(a, v) }) {
		var list []string
		for _, a := range allowed {
			list = append(list, show(a))
		}
		c.problem(path, "must be one of %s, it is %s", strings.Join(list, ", "), show(v))
		return
	}
	switch v := v.(type) {
	case string:
		c.size(schema, "Length", "characters", utf8.RuneCountInString(v), path)
	case int64, float64:
		f, _ := float(v)
		if least, ok := float(schema["minimum"]); ok && f < least {
			c.problem(path, "must be at least %s, it is %s", show(schema["minimum"]), show(v))
		}
		if most, ok := float(schema["maximum"]); ok && f > most {
			c.problem(path, "must be at most %s, it is %s", show(schema["maximum"]), show(v))
		}
	case []any:
		c.size(schema, "Items", "items", len(v), path)
		prefix := listOf(schema, "prefixItems")
		for i, item := range v {
			of, _ := schema["items"].(map[string]any)
			if i < len(prefix) {
				of, _ = prefix[i].(map[string]any)
			}
			c.check(of, item, fmt.Sprintf("%s[%d]", path, i))
		}
	case map[string]any:
		c.fields(schema, v, path)
	}
	if ref := text(schema, "$ref"); ref != "" {
		c.check(c.resolved(schema), v, path)
	}
	if alternatives := listOf(schema, "anyOf"); alternatives != nil {
		c.anyOf(schema, alternatives, v, path)
	}
}

func (c *checker) size(schema map[string]any, of, what string, size int, path string) {
	if least := number(schema, "min"+of, 0); int64(size) < least {
		c.problem(path, "must have at least %d %s, it has %d", least, what, size)
	}
	if most := number(schema, "max"+of, math.MaxInt64); int64(size) > most {
		c.problem(path, "must have at most %d %s, it has %d", most, what, size)
	}
}

func (c *checker) fields(schema, v map[string]any, path string) {
	at := func(name string) string {
		if path == "" {
			return name
		}
		return path + "." + name
	}
	for _, name := range listOf(schema, "required") {
		if _, there := v[name.(string)]; !there {
			c.problem(at(name.(string)), "is missing")
		}
	}
	properties, _ := schema["properties"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(v)) {
		of, known := properties[name].(map[string]any)
		if !known {
			of, _ = schema["additionalProperties"].(map[string]any)
		}
		c.check(of, v[name], at(name))
	}
}

func (c *checker) anyOf(schema map[string]any, alternatives []any, v any, path string) {
	var near []*checker
	for _, a := range alternatives {
		alternative, _ := a.(map[string]any)
		tried := &checker{defs: c.defs}
		tried.check(alternative, v, path)
		if len(tried.problems) == 0 {
			return
		}
		meant := c.resolved(alternative)
		if slices.ContainsFunc(typesOf(meant), func(t string) bool { return hasType(t, v, meant) }) {
			near = append(near, tried)
		}
	}
	switch len(near) {
	case 0:
		c.problem(path, "must be %s, it is %s", c.expects(schema), word(v))
	case 1:
		c.problems = append(c.problems, near[0].problems...)
	default:
		c.problem(path, "must be %s, none of the %d alternatives takes it", c.expects(schema), len(alternatives))
	}
}

func (c *checker) resolved(schema map[string]any) map[string]any {
	for text(schema, "$ref") != "" {
		schema, _ = c.defs[strings.TrimPrefix(text(schema, "$ref"), "#/$defs/")].(map[string]any)
	}
	return schema
}

func typesOf(schema map[string]any) []string {
	if t := text(schema, "type"); t != "" {
		return []string{t}
	}
	var types []string
	for _, t := range listOf(schema, "type") {
		types = append(types, t.(string))
	}
	return types
}

func hasType(t string, v any, schema map[string]any) bool {
	switch v := v.(type) {
	case nil:
		return t == "null"
	case bool:
		return t == "boolean"
	case int64, uint64:
		return t == "integer" || t == "number"
	case float64:
		return t == "number" || t == "integer" && v == math.Trunc(v)
	case string:
		return t == "string"
	case []any:
		return t == "array"
	case []byte:
		properties, _ := schema["properties"].(map[string]any)
		return t == "object" && properties["$bytes"] != nil
	}
	return t == "object"
}

var words = map[string]string{
	"null": "null", "boolean": "a boolean", "integer": "an integer", "number": "a number",
	"string": "a string", "array": "a list", "object": "an object",
}

func word(v any) string {
	if _, ok := v.([]byte); ok {
		return "bytes"
	}
	for _, t := range []string{"null", "boolean", "integer", "number", "string", "array"} {
		if hasType(t, v, nil) {
			return words[t]
		}
	}
	return words["object"]
}

func show(v any) string {
	switch v.(type) {
	case []any, map[string]any, []byte:
		return word(v)
	}
	out, _ := wire.Marshal(v)
	return string(out)
}

func (c *checker) expects(schema map[string]any) string {
	schema = c.resolved(schema)
	if properties, _ := schema["properties"].(map[string]any); properties["$bytes"] != nil {
		return "bytes"
	}
	var names []string
	for _, t := range typesOf(schema) {
		names = append(names, words[t])
	}
	for _, a := range listOf(schema, "anyOf") {
		alternative, _ := a.(map[string]any)
		if name := c.expects(alternative); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "something else"
	}
	return strings.Join(names, " or ")
}
