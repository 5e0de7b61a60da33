package plextest

import (
	"bytes"
	"fmt"
	"math"
	"slices"

	"plexspaces.io/sdk-go/internal/wire"
)

type write struct {
	space string
	tuple []any
}

// tuples are the operations of the tuple space. A turn reads its own writes.
func (n *Node) tuples(t *turn, operation string, h map[string]any) (any, error) {
	space := text1(h, "space")
	pattern, _ := h["pattern"].([]any)
	tuple, _ := h["tuple"].([]any)
	if _, limited := h["ttl_ms"]; limited {
		return nil, &wire.HostError{Code: wire.Unimplemented, Message: "plextest has no ttl_ms"}
	}
	switch operation {
	case "ts_write":
		n.next++
		t.writes = append(t.writes, write{space, tuple})
		return fmt.Sprint("l", n.next), nil
	case "ts_read":
		if found := n.matching(t, space, pattern); len(found) > 0 {
			return found[0], nil
		}
		return nil, nil
	case "ts_take":
		return n.take(t, space, pattern), nil
	case "ts_read_all":
		found := n.matching(t, space, pattern)
		if limit, _ := h["limit"].(int64); limit > 0 && int(limit) < len(found) {
			found = found[:limit]
		}
		return found, nil
	case "ts_count":
		return len(n.matching(t, space, pattern)), nil
	case "ts_write_once":
		if found := n.matching(t, space, pattern); len(found) > 0 {
			return map[string]any{"written": false, "tuple": found[0]}, nil
		}
		n.spaces[space] = append(n.spaces[space], tuple)
		t.undo = append(t.undo, func() { n.remove(space, tuple) })
		return map[string]any{"written": true, "tuple": tuple}, nil
	}
	return nil, &wire.HostError{Code: wire.Unimplemented, Message: "plextest does not have the host operation " + operation}
}

func (n *Node) matching(t *turn, space string, pattern []any) [][]any {
	found := [][]any{}
	for _, tuple := range n.spaces[space] {
		if matches(pattern, tuple) {
			found = append(found, tuple)
		}
	}
	for _, w := range t.writes {
		if w.space == space && matches(pattern, w.tuple) {
			found = append(found, w.tuple)
		}
	}
	return found
}

func (n *Node) take(t *turn, space string, pattern []any) any {
	for at, tuple := range n.spaces[space] {
		if matches(pattern, tuple) {
			n.spaces[space] = slices.Delete(slices.Clone(n.spaces[space]), at, at+1)
			t.undo = append(t.undo, func() {
				n.spaces[space] = slices.Insert(n.spaces[space], min(at, len(n.spaces[space])), tuple)
			})
			return tuple
		}
	}
	for at, w := range t.writes {
		if w.space == space && matches(pattern, w.tuple) {
			t.writes = slices.Delete(t.writes, at, at+1)
			return w.tuple
		}
	}
	return nil
}

func (n *Node) remove(space string, tuple []any) {
	for at, other := range n.spaces[space] {
		if len(other) > 0 && len(tuple) > 0 && &other[0] == &tuple[0] {
			n.spaces[space] = slices.Delete(n.spaces[space], at, at+1)
			return
		}
	}
}

func matches(pattern, tuple []any) bool {
	if len(pattern) != len(tuple) {
		return false
	}
	for i, p := range pattern {
		if !fits(p, tuple[i]) {
			return false
		}
	}
	return true
}

func fits(p, field any) bool {
	if m, ok := p.(map[string]any); ok && len(m) == 1 {
		if kind, ok := m["$any"].(string); ok {
			return isOf(kind, field)
		}
	}
	return p == nil || equal(p, field)
}

func isOf(kind string, field any) bool {
	switch v := field.(type) {
	case int64:
		return kind == "int"
	case float64:
		return kind == "float" || kind == "int" && v == math.Trunc(v)
	case string:
		return kind == "str"
	case bool:
		return kind == "bool"
	case []byte:
		return kind == "bytes"
	}
	return false
}

// equal compares numbers by value: 1 equals 1.0.
func equal(a, b any) bool {
	if x, ok := a.(float64); ok {
		if i, ok := b.(int64); ok {
			return x == float64(i)
		}
	}
	if _, ok := a.(int64); ok {
		if _, ok := b.(float64); ok {
			return equal(b, a)
		}
	}
	x, err := wire.Marshal(a)
	y, err2 := wire.Marshal(b)
	return err == nil && err2 == nil && bytes.Equal(x, y)
}
