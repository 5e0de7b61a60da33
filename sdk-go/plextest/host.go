package plextest

import (
	"fmt"

	"plexspaces.io/sdk-go/internal/wire"
)

// open is a stream that somebody reads.
type open struct {
	message message
	id      string
	actor   *actor
	ended   bool
}

func (n *Node) advance(s *open) ([]byte, bool, error) {
	var header map[string]any
	var value []byte
	var err error
	switch {
	case s.ended:
		return nil, false, nil
	case s.actor == nil:
		n.next++
		s.id = fmt.Sprint("s", n.next)
		if s.actor, err = n.find(s.message.target); err == nil {
			header, value, err = n.deliver(s.message, map[string]any{"stream": true, "id": s.id})
		}
	default:
		header, value, err = n.turnOf(s.actor, opResumeStream, map[string]any{"id": s.id}, nil)
	}
	more, _ := header["more"].(bool)
	s.ended = err != nil || !more
	return value, more, err
}

func (n *Node) closeStream(s *open) {
	if s != nil && !s.ended && s.actor != nil {
		s.ended = true
		_, _, _ = n.turnOf(s.actor, opResumeStream, map[string]any{"id": s.id, "close": true}, nil)
	}
}

// call is the host of the running turn.
func (n *Node) call(operation string, h map[string]any, body []byte) (map[string]any, []byte, error) {
	text, err := wire.Marshal(h)
	if err != nil {
		return nil, nil, err
	}
	parsed, err := wire.Parse(text) // As it is once it has crossed to a host.
	if err != nil {
		return nil, nil, err
	}
	h = parsed.(map[string]any)
	if len(n.stack) == 0 {
		return nil, nil, &wire.HostError{Code: wire.FailedPrecondition, Message: operation + " is possible only in a turn"}
	}
	t := n.stack[len(n.stack)-1]
	if operation == "stream_next" {
		s := n.streams[text1(h, "stream")]
		if s == nil {
			return nil, nil, notFound("there is no stream %q", h["stream"])
		}
		value, more, err := n.advance(s)
		return map[string]any{"more": more}, value, err
	}
	if operation == "ask" {
		return n.deliver(n.message(t, h, body), nil)
	}
	v, err := n.operation(t, operation, h, body)
	if err != nil {
		return nil, nil, err
	}
	reply, err := wire.Marshal(v)
	return map[string]any{}, reply, err
}

func (n *Node) message(t *turn, h map[string]any, body []byte) message {
	return message{t.actor.address, text1(h, "target"), text1(h, "op"), body, text1(h, "content_type")}
}

func text1(h map[string]any, name string) string { s, _ := h[name].(string); return s }

func (n *Node) operation(t *turn, operation string, h map[string]any, body []byte) (any, error) {
	switch operation {
	case "ask_all":
		return n.askAll(t, h)
	case "send":
		n.next++
		t.sends = append(t.sends, n.message(t, h, body))
		return fmt.Sprint("m", n.next), nil
	case "ask_stream":
		n.next++
		id := fmt.Sprint("r", n.next)
		n.streams[id] = &open{message: n.message(t, h, body)}
		t.streams = append(t.streams, id)
		return id, nil
	case "stream_close":
		n.closeStream(n.streams[text1(h, "stream")])
		return nil, nil
	case "register":
		name := text1(h, "name")
		if holder := n.names[name]; holder != "" && holder != t.actor.address {
			return nil, &wire.HostError{Code: wire.AlreadyExists, Message: fmt.Sprintf("%s has the name %q", holder, name)}
		} else if holder == "" {
			n.names[name] = t.actor.address
			t.undo = append(t.undo, func() { delete(n.names, name) })
		}
		return nil, nil
	case "resolve":
		if holder := n.names[text1(h, "name")]; holder != "" {
			return holder, nil
		}
		return nil, nil
	case "now_ms":
		return n.nowMS, nil
	case "random":
		return n.random.Float64(), nil
	case "uuid":
		return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", n.random.Uint32(), n.random.Uint32()>>16, n.random.Uint32()>>20,
			n.random.Uint32()>>20, n.random.Uint64()>>16), nil
	case "sleep":
		ms, _ := h["ms"].(int64)
		n.nowMS += ms
		return nil, nil
	case "log":
		n.Logs = append(n.Logs, text1(h, "level")+" "+text1(h, "message"))
		return nil, nil
	}
	return n.tuples(t, operation, h)
}

func (n *Node) askAll(t *turn, h map[string]any) (any, error) {
	results := []any{}
	calls, _ := h["calls"].([]any)
	for _, c := range calls {
		m, _ := c.(map[string]any)
		body, err := wire.Marshal(m["payload"])
		if err != nil {
			return nil, err
		}
		_, reply, err := n.deliver(n.message(t, m, body), nil)
		if err != nil {
			results = append(results, map[string]any{"error": wire.FailureOf(err)})
			continue
		}
		v, err := wire.Parse(reply)
		if err != nil {
			return nil, err
		}
		results = append(results, map[string]any{"ok": v})
	}
	return results, nil
}
