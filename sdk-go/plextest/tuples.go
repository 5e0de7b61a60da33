package plextest

import (
	"bytes"
	"fmt"
	"math"
	"slices"

	"plexspaces.io/sdk-go/internal/wire"
)

// entry is a tuple of a space.
type entry struct {
	n      int
	space  string
	lease  string
	tuple  []any
	due    int64
	owner  string
	writer *turn // until it commits
}

type subscription struct {
	id, actor, op, space string
	pattern              []any
	sequence             int
}

// space holds the tuples of all named spaces, the oldest first.
type space struct {
	entries       []*entry
	subscriptions []*subscription
}

// ended drops what ends with its owner.
func (s *space) ended(address string) {
	s.entries = slices.DeleteFunc(s.entries, func(e *entry) bool { return e.owner == address })
	s.subscriptions = slices.DeleteFunc(s.subscriptions, func(w *subscription) bool { return w.actor == address })
}

func (s *space) remove(e *entry) bool {
	at := slices.Index(s.entries, e)
	if at >= 0 {
		s.entries = slices.Delete(s.entries, at, at+1)
	}
	return at >= 0
}

// put puts an entry where it belongs by its age.
func (s *space) put(e *entry) {
	at, _ := slices.BinarySearchFunc(s.entries, e, func(a, b *entry) int { return a.n - b.n })
	s.entries = slices.Insert(s.entries, at, e)
}

// point is the state of a turn when a transaction began.
type point struct {
	effects []effect
	undo    int
}

// tuples are the operations of the tuple space. A turn reads its own writes.
func (n *Node) tuples(t *turn, operation string, h map[string]any) (any, error) {
	space := text(h, "space")
	pattern, _ := h["pattern"].([]any)
	tuple, _ := h["tuple"].([]any)
	limit := int(number(h, "limit", 0))
	switch operation {
	case "ts_write":
		e, err := n.write(t, space, tuple, h["ttl_ms"])
		if err != nil {
			return nil, err
		}
		return e.lease, nil
	case "ts_read", "ts_take":
		var found *entry
		come, err := n.wait(t, number(h, "timeout_ms", 0), func() bool {
			if list := n.matching(t, space, pattern); len(list) > 0 {
				found = list[0]
			}
			return found != nil
		})
		if err != nil || !come {
			return nil, err
		}
		if operation == "ts_take" {
			n.take(t, found)
		}
		return found.tuple, nil
	case "ts_read_all", "ts_take_all":
		found := n.matching(t, space, pattern)
		if limit > 0 && limit < len(found) {
			found = found[:limit]
		}
		if operation == "ts_take_all" {
			for _, e := range found {
				n.take(t, e)
			}
		}
		return tuplesOf(found), nil
	case "ts_count":
		return len(n.matching(t, space, pattern)), nil
	case "ts_write_once":
		return n.writeOnce(t, space, pattern, tuple, h["ttl_ms"])
	case "ts_update":
		expected, swaps := h["expected"].([]any)
		for _, e := range n.matching(t, space, pattern) {
			if !swaps || equal(expected, e.tuple) {
				n.take(t, e)
				_, err := n.write(t, space, tuple, nil)
				return e.tuple, err
			}
		}
		return nil, nil
	case "ts_notify":
		n.next++
		s := &subscription{fmt.Sprint("subscription-", n.next), t.actor.address, text(h, "op"), space, pattern, 0}
		n.space.subscriptions = append(n.space.subscriptions, s)
		t.undo = append(t.undo, func() { n.unsubscribe(s.id) })
		return s.id, nil
	case "ts_unsubscribe":
		n.unsubscribe(text(h, "id"))
		return nil, nil
	case "ts_renew", "ts_cancel":
		lease := text(h, "lease")
		t.later("", func() {
			for _, e := range slices.Clone(n.space.entries) {
				if e.lease == lease && operation == "ts_cancel" {
					n.space.remove(e)
				} else if e.lease == lease {
					n.lease(e, t.actor.address, h["ttl_ms"])
				}
			}
		})
		return nil, nil
	case "ts_transaction":
		return nil, n.transaction(t, text(h, "action"))
	}
	return nil, refuse(wire.Unimplemented, "the host operation %q is not supported by this version", operation)
}

func (n *Node) transaction(t *turn, action string) error {
	switch {
	case action == "begin" && t.point == nil:
		t.point = &point{slices.Clone(t.effects), len(t.undo)}
	case action == "begin":
		return refuse(wire.FailedPrecondition, "there is a transaction in this turn already")
	case t.point == nil:
		return refuse(wire.FailedPrecondition, "there is no transaction in this turn")
	case action == "commit":
		t.point = nil
	case action == "abort":
		for _, undo := range slices.Backward(t.undo[t.point.undo:]) {
			undo()
		}
		t.effects, t.undo, t.point = t.point.effects, t.undo[:t.point.undo], nil
	default:
		return refuse(wire.InvalidArgument, "ts_transaction: unknown action %q; one of begin, commit, abort", action)
	}
	return nil
}

func (n *Node) unsubscribe(id string) {
	n.space.subscriptions = slices.DeleteFunc(n.space.subscriptions, func(s *subscription) bool { return s.id == id })
}

func (n *Node) write(t *turn, space string, tuple []any, ttl any) (*entry, error) {
	if len(tuple) == 0 || slices.Contains(tuple, nil) {
		return nil, refuse(wire.InvalidArgument, "a tuple has at least one field, and null cannot be written")
	}
	n.next++
	e := &entry{n: n.next, space: space, lease: fmt.Sprint("lease-", n.next), tuple: tuple, writer: t}
	n.lease(e, t.actor.address, ttl)
	n.space.put(e)
	t.undo = append(t.undo, func() { n.space.remove(e) })
	t.later("", func() {
		e.writer = nil
		if slices.Contains(n.space.entries, e) {
			n.notify(e)
		}
	})
	return e, nil
}

// lease says until when an entry is there: milliseconds from now, its owner's life, or for ever.
func (n *Node) lease(e *entry, owner string, ttl any) {
	e.due, e.owner = forever, ""
	switch ttl := ttl.(type) {
	case string:
		e.owner = owner
	case int64:
		e.due = n.nowMS + ttl
		// Who waits for a pattern to be free wakes up then.
		n.at(e.due, "", func() {})
	}
}

func (n *Node) notify(e *entry) {
	for _, s := range slices.Clone(n.space.subscriptions) {
		if s.space == e.space && matches(s.pattern, e.tuple) {
			s.sequence++
			n.cast(s.actor, s.op, map[string]any{"tuple": e.tuple, "subscription": s.id, "sequence": s.sequence})
		}
	}
}

func (n *Node) writeOnce(t *turn, space string, pattern, tuple []any, ttl any) (any, error) {
	if !matches(pattern, tuple) {
		return nil, refuse(wire.InvalidArgument, "ts_write_once: the tuple does not match its own pattern")
	}
	if found := n.matching(t, space, pattern); len(found) > 0 {
		return map[string]any{"written": false, "tuple": found[0].tuple}, nil
	}
	for _, e := range n.space.entries {
		if e.writer != nil && e.space == space && matches(pattern, e.tuple) {
			return nil, refuse(wire.Aborted, "%s and %s would wait for each other", t.actor.address, e.writer.actor.address)
		}
	}
	_, err := n.write(t, space, tuple, ttl)
	return map[string]any{"written": true, "tuple": tuple}, err
}

// take removes an entry; it is back at its old place if the turn fails.
func (n *Node) take(t *turn, e *entry) {
	n.space.remove(e)
	t.undo = append(t.undo, func() { n.space.put(e) })
}

func (n *Node) matching(t *turn, space string, pattern []any) []*entry {
	var found []*entry
	for _, e := range n.space.entries {
		if e.space == space && e.due > n.nowMS && (e.writer == nil || e.writer == t) && matches(pattern, e.tuple) {
			found = append(found, e)
		}
	}
	return found
}

func tuplesOf(entries []*entry) [][]any {
	list := [][]any{}
	for _, e := range entries {
		list = append(list, e.tuple)
	}
	return list
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
	case int64, uint64:
		return kind == "int" || kind == "float"
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
	if x, ok := a.([]any); ok {
		y, ok := b.([]any)
		return ok && slices.EqualFunc(x, y, equal)
	}
	x, err := wire.Marshal(a)
	y, err2 := wire.Marshal(b)
	return err == nil && err2 == nil && bytes.Equal(x, y)
}
