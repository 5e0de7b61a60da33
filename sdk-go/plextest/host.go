package plextest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"plexspaces.io/sdk-go/internal/wire"
)

// open is a stream that somebody reads.
type open struct {
	message *message
	actor   *actor
	// life is which of the actor's lives its memory is of.
	life  int
	ended bool
	// inner are the streams that its handler has opened: they end with it.
	inner []string
}

func (n *Node) advanceStream(s *open) ([]byte, bool, error) {
	var header map[string]any
	var value []byte
	var err error
	switch {
	case s.ended:
		return nil, false, nil
	case s.actor == nil:
		if s.actor, err = n.callee(s.message.target); err == nil {
			s.life = s.actor.life
			err = n.accept(s.actor.kind, s.message, true)
		}
		if err == nil {
			h := s.message.header(n.types[s.actor.kind][s.message.op].kind)
			h["stream"] = true
			header, value, err = n.turnOf(s.actor, n.turnOfStream(s), opHandle, h, s.message.body)
		}
	default:
		if _, err = n.callee(s.actor.address); err == nil {
			err = n.gone(s)
		}
		if err == nil {
			header, value, err = n.turnOf(s.actor, n.turnOfStream(s), opResumeStream, map[string]any{"id": s.message.id}, nil)
			if err != nil {
				n.closeStream(s) // The turn was undone, and with it what ended the stream.
			}
		}
	}
	more, _ := header["more"].(bool)
	if s.ended = err != nil || !more; s.ended {
		n.closeAll(&s.inner)
	}
	return value, more, err
}

func (n *Node) turnOfStream(s *open) *turn {
	t := n.turn(s.actor, s.message)
	t.streams = &s.inner
	return t
}

func (n *Node) closeAll(streams *[]string) {
	ids := *streams
	*streams = nil
	for _, id := range ids {
		n.closeStream(n.streams[id])
		delete(n.streams, id)
	}
}

// gone is what the reader of a stream gets when the memory is gone that held it.
func (n *Node) gone(s *open) error {
	switch {
	case n.actors[s.actor.address] != s.actor:
		return refuse(wire.Unavailable, "%s: it is being stopped", s.actor.address)
	case s.life != s.actor.life:
		return refuse(wire.Unavailable, "%s: %s", s.actor.address, s.actor.why)
	}
	return nil
}

func (n *Node) closeStream(s *open) {
	if s == nil || s.ended || s.actor == nil {
		return
	}
	s.ended = true
	if n.gone(s) == nil {
		_, _, _ = n.turnOf(s.actor, n.turnOfStream(s), opResumeStream, map[string]any{"id": s.message.id, "close": true}, nil)
	}
	n.closeAll(&s.inner)
}

// call is the host of the running turn.
func (n *Node) call(operation string, h map[string]any, body []byte) (map[string]any, []byte, error) {
	encoded, err := wire.Marshal(h)
	if err != nil {
		return nil, nil, err
	}
	parsed, err := wire.Parse(encoded) // As it is once it has crossed to a host.
	if err != nil {
		return nil, nil, err
	}
	if len(n.stack) == 0 {
		return nil, nil, refuse(wire.FailedPrecondition, "%s is possible only in a turn", operation)
	}
	t := n.stack[len(n.stack)-1]
	header, reply, err := n.answer(t, operation, parsed.(map[string]any), body)
	if err != nil {
		t.note(err)
	}
	return header, reply, err
}

func (n *Node) answer(t *turn, operation string, h map[string]any, body []byte) (map[string]any, []byte, error) {
	if err := t.allow(operation); err != nil {
		return nil, nil, err
	}
	switch operation {
	case "stream_next":
		s := n.streams[text(h, "stream")]
		if s == nil || s.ended {
			return nil, nil, refuse(wire.NotFound, "there is no open stream %q here: one that a turn opens ends with it, and one that has ended is gone", text(h, "stream"))
		}
		value, more, err := n.advanceStream(s)
		return map[string]any{"more": more}, value, err
	case "ask":
		m := n.sent(t, h, body)
		m.deadline = min(t.deadline, n.nowMS+number(h, "timeout_ms", askMS))
		return n.deliver(m)
	case "ask_shard":
		m, err := n.toShard(t, h, body)
		if err != nil {
			return nil, nil, err
		}
		m.deadline = min(t.deadline, n.nowMS+number(h, "timeout_ms", askMS))
		return n.deliver(m)
	}
	v, err := n.operation(t, operation, h, body)
	if err != nil {
		return nil, nil, err
	}
	reply, err := wire.Marshal(v)
	return map[string]any{}, reply, err
}

func (n *Node) sent(t *turn, h map[string]any, body []byte) *message {
	return n.message(t.actor.address, text(h, "target"), text(h, "op"), body, text(h, "content_type"))
}

func (n *Node) operation(t *turn, operation string, h map[string]any, body []byte) (any, error) {
	switch operation {
	case "ask_all":
		return n.askAll(t, h)
	case "send":
		return n.send(t, n.sent(t, h, body))
	case "send_to_shard":
		m, err := n.toShard(t, h, body)
		if err != nil {
			return nil, err
		}
		return n.send(t, m)
	case "ask_stream":
		m := n.sent(t, h, body)
		if _, err := n.address(m.target); err != nil {
			return nil, err
		}
		n.streams[m.id] = &open{message: m}
		if t.streams == nil {
			t.streams = &t.own
		}
		*t.streams = append(*t.streams, m.id)
		return m.id, nil
	case "stream_close":
		n.closeStream(n.streams[text(h, "stream")])
		return nil, nil
	case "send_after", "send_every", "schedule_cron", "cancel_timer":
		return n.timer(t, operation, h, body)
	case "spawn", "stop", "delete", "monitor", "demonitor", "link", "unlink", "actor_info", "list_actors":
		return n.lifecycle(t, operation, h)
	case "register":
		name := text(h, "name")
		if holder := n.names[name]; holder != "" && holder != t.actor.address {
			return nil, refuse(wire.AlreadyExists, "the name %q belongs to %s", name, holder)
		} else if holder == "" {
			n.names[name] = t.actor.address
			t.undo = append(t.undo, func() { delete(n.names, name) })
		}
		return nil, nil
	case "resolve":
		if holder := n.names[text(h, "name")]; holder != "" {
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
		_, err := n.wait(t, max(number(h, "ms", 0), 0), func() bool { return false })
		return nil, err
	case "log":
		n.Logs = append(n.Logs, text(h, "level")+" "+text(h, "message"))
		return nil, nil
	case "http_fetch":
		return n.fetch(h, body)
	}
	if v, err, known := n.shards(t, operation, h); known {
		return v, err
	}
	return n.tuples(t, operation, h)
}

func (n *Node) send(t *turn, m *message) (any, error) {
	address, err := n.checkSent(m)
	if err != nil {
		return nil, err
	}
	t.later(address, func() { n.queue = append(n.queue, m) })
	return m.id, nil
}

// maxTimerMS is the longest delay and period of a timer, ten years.
const maxTimerMS = 3652 * 86_400_000

func (n *Node) timer(t *turn, operation string, h map[string]any, body []byte) (any, error) {
	owner := t.actor.address
	if operation == "cancel_timer" {
		id := text(h, "id")
		t.later("", func() {
			n.timers = slices.DeleteFunc(n.timers, func(w *timer) bool { return w.id == id && w.owner == owner })
		})
		return nil, nil
	}
	m := n.sent(t, h, body)
	first, following, err := n.timerRule(operation, h)
	if err != nil {
		return nil, err
	}
	told := *m
	told.body = n.withDue(m, first)
	if _, err := n.checkSent(&told); err != nil {
		return nil, err
	}
	n.next++
	id := fmt.Sprint("timer-", n.next)
	var start func(due int64)
	start = func(due int64) {
		n.at(due, id, func() {
			n.queue = append(n.queue, n.message(m.from, m.target, m.op, n.withDue(m, due), m.contentType))
			if following != nil {
				start(following(due))
			}
		})
		n.owned(id, owner)
	}
	t.later("", func() { start(first) })
	return id, nil
}

// timerRule is when a timer is due first, and what follows.
func (n *Node) timerRule(operation string, h map[string]any) (int64, func(int64) int64, error) {
	if operation == "schedule_cron" {
		name := text(h, "tz")
		if name == "" {
			name = "UTC"
		}
		zone, err := cronZone(name)
		if err != nil {
			return 0, nil, err
		}
		c, err := parseCron(text(h, "expr"))
		if err != nil {
			return 0, nil, err
		}
		following := func(due int64) int64 { return c.next(due, zone) }
		return following(n.nowMS), following, nil
	}
	name, least := "delay_ms", int64(0)
	if operation == "send_every" {
		name, least = "period_ms", 10
	}
	ms := number(h, name, -1)
	if ms < least || ms > maxTimerMS {
		return 0, nil, refuse(wire.InvalidArgument, "%s: %s must be from %d to %d (ten years)", operation, name, least, int64(maxTimerMS))
	}
	if operation == "send_every" {
		return n.nowMS + ms, func(due int64) int64 { return due + ms }, nil
	}
	return n.nowMS + ms, nil, nil
}

// withDue tells the receiver when a message was due, where its payload has room for that.
func (n *Node) withDue(m *message, due int64) []byte {
	body := m.body
	if len(body) == 0 {
		body = []byte("{}")
	}
	var payload map[string]json.RawMessage
	if m.contentType != "" || json.Unmarshal(body, &payload) != nil || payload == nil || payload["due_ms"] != nil {
		return m.body
	}
	fields := strings.TrimSuffix(strings.TrimSpace(string(body)), "}")
	if len(payload) > 0 {
		fields += ","
	}
	told := *m
	told.body = fmt.Appendf(nil, `%s"due_ms":%d}`, fields, due)
	if _, err := n.checkSent(&told); err != nil {
		return m.body // an operation that takes no further fields
	}
	return told.body
}

func (n *Node) askAll(t *turn, h map[string]any) (any, error) {
	calls := listOf(h, "calls")
	timeout := number(h, "timeout_ms", askMS)
	replies := make([]*reply, len(calls))
	for i, c := range calls {
		m, _ := c.(map[string]any)
		payload := m["payload"]
		if payload == nil {
			payload = map[string]any{}
		}
		replies[i] = n.asked(t, text(m, "target"), text(m, "op"), payload, timeout)
	}
	if _, err := n.wait(t, timeout, func() bool { return allDone(replies) }); err != nil {
		return nil, err
	}
	results := []any{}
	for i, r := range replies {
		v, err := r.value()
		if err != nil {
			if !r.done {
				m, _ := calls[i].(map[string]any)
				err = refuse(wire.DeadlineExceeded, "%s did not reply in time", text(m, "target"))
			}
			results = append(results, map[string]any{"error": wire.FailureOf(err)})
			continue
		}
		results = append(results, map[string]any{"ok": v})
	}
	return results, nil
}

func allDone(replies []*reply) bool {
	return !slices.ContainsFunc(replies, func(r *reply) bool { return !r.done })
}

func (r *reply) value() (any, error) {
	if !r.done {
		return nil, refuse(wire.DeadlineExceeded, "was too late")
	}
	if r.err != nil {
		return nil, r.err
	}
	return wire.Parse(r.body)
}

func (n *Node) fetch(h map[string]any, body []byte) (any, error) {
	name := text(h, "link")
	fake := n.links[name]
	if fake == nil {
		return nil, refuse(wire.NotFound, "there is no service link %q: give the node one with ServiceLink", name)
	}
	headers := map[string]string{}
	given, _ := h["headers"].(map[string]any)
	for k := range given {
		headers[k] = text(given, k)
	}
	answer, err := fake(Request{text(h, "method"), text(h, "path"), headers, body})
	if err != nil {
		var known *wire.HostError
		if errors.As(err, &known) {
			return nil, known
		}
		return nil, refuse(wire.Unavailable, "the service link %q: %v", name, err)
	}
	if answer.Status == 0 {
		answer.Status = 200
	}
	if answer.Headers == nil {
		answer.Headers = map[string]string{}
	}
	if answer.Body == nil {
		answer.Body = []byte{}
	}
	return map[string]any{"status": answer.Status, "headers": answer.Headers, "body": answer.Body}, nil
}
