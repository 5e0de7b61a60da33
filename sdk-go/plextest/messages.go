package plextest

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"plexspaces.io/sdk-go/internal/wire"
)

const forever = int64(math.MaxInt64)

type message struct {
	id, from, target, op string
	body                 []byte
	contentType          string
	deadline             int64
	// reply is of one who waits for it besides others.
	reply *reply
}

// reply is an answer that may not be there yet.
type reply struct {
	done bool
	body []byte
	err  error
}

type timer struct {
	id    string
	due   int64
	n     int
	fire  func()
	owner string
}

func (n *Node) message(from, target, op string, body []byte, contentType string) *message {
	n.next++
	return &message{fmt.Sprint("m", n.next), from, target, op, body, contentType, forever, nil}
}

// accept refuses what a node refuses before a handler sees it.
func (n *Node) accept(kind string, m *message, stream bool) error {
	o, known := n.types[kind][m.op]
	if !known {
		names := []string{}
		for name := range n.types[kind] {
			names = append(names, name)
		}
		slices.Sort(names)
		return refuse(wire.NotFound, "type %q has no operation %q; it has %s", kind, m.op, strings.Join(names, ", "))
	}
	if o.stream && !stream {
		return refuse(wire.InvalidArgument, "operation %q of type %q streams its values: open it with ask_stream", m.op, kind)
	}
	if stream && !o.stream {
		return refuse(wire.InvalidArgument, "operation %q of type %q answers once and is no stream: use ask", m.op, kind)
	}
	return n.checkInput(o, m)
}

// checkInput refuses a payload of the wrong form.
func (n *Node) checkInput(o operation, m *message) error {
	if o.input == nil || m.contentType != "" && m.contentType != "application/json" {
		return nil
	}
	var v any = map[string]any{}
	if len(m.body) > 0 {
		var err error
		if v, err = wire.Parse(m.body); err != nil {
			return refuse(wire.InvalidArgument, "%s: the payload is %v", m.op, err)
		}
	}
	if v == nil {
		v = map[string]any{}
	}
	return checkSchema(m.op, o.input, v)
}

// checkSent refuses what can be refused before a message leaves.
func (n *Node) checkSent(m *message) (string, error) {
	address, err := n.address(m.target)
	if err != nil {
		return "", err
	}
	kind := strings.SplitN(address, "/", 3)[1]
	return address, n.checkInput(n.types[kind][m.op], m)
}

// callee is the actor to run now, after what was sent to it before.
func (n *Node) callee(target string) (*actor, error) {
	address, err := n.address(target)
	if err != nil {
		return nil, err
	}
	for at, t := range n.stack {
		if t.actor.address == address {
			cycle := []string{}
			for _, t := range n.stack[at:] {
				cycle = append(cycle, t.actor.address)
			}
			return nil, refuse(wire.Aborted, "these would wait for each other: %s -> %s", strings.Join(cycle, " -> "), address)
		}
	}
	if len(n.stack) > 0 {
		n.release(n.stack[len(n.stack)-1], address)
	}
	for {
		at := slices.IndexFunc(n.queue, func(m *message) bool { return n.is(m, address) })
		if at < 0 {
			break
		}
		m := n.queue[at]
		n.queue = slices.Delete(n.queue, at, at+1)
		n.handle(m)
	}
	return n.find(address)
}

func (n *Node) is(m *message, address string) bool {
	a, err := n.address(m.target)
	return err == nil && a == address
}

// release lets go what a turn has sent to an actor that it asks now.
func (n *Node) release(t *turn, address string) {
	var rest, first []effect
	for _, e := range t.effects {
		if e.target == address {
			first = append(first, e)
		} else {
			rest = append(rest, e)
		}
	}
	t.effects = rest
	for _, e := range first {
		e.run()
	}
}

// deliver runs a message's turn for one who waits.
func (n *Node) deliver(m *message) (map[string]any, []byte, error) {
	a, err := n.callee(m.target)
	if err != nil {
		return nil, nil, err
	}
	if err := n.accept(a.kind, m, false); err != nil {
		return nil, nil, err
	}
	header, reply, err := n.turnOf(a, n.turn(a, m), opHandle, m.header(n.types[a.kind][m.op].kind), m.body)
	if err == nil && n.nowMS > m.deadline {
		return nil, nil, refuse(wire.DeadlineExceeded, "%s did not reply to %q in time", a.address, m.op)
	}
	return header, reply, err
}

func (m *message) header(kind string) map[string]any {
	if kind == "" {
		kind = "call"
	}
	header := map[string]any{"op": m.op, "kind": kind, "id": m.id, "from": nil}
	if m.from != "" {
		header["from"] = m.from
	}
	if m.contentType != "" {
		header["content_type"] = m.contentType
	}
	return header
}

// asked asks without waiting: the reply is there once somebody has run the message.
func (n *Node) asked(t *turn, target, op string, payload any, timeout int64) *reply {
	r := &reply{}
	fail := func(err error) *reply { r.done, r.err = true, err; return r }
	body, err := wire.Marshal(payload)
	if err != nil {
		return fail(err)
	}
	m := n.message(t.actor.address, target, op, body, "")
	address, err := n.address(target)
	if err != nil {
		return fail(err)
	}
	n.release(t, address)
	if err := n.accept(strings.SplitN(address, "/", 3)[1], m, false); err != nil {
		return fail(err)
	}
	m.reply, m.deadline = r, min(t.deadline, n.nowMS+timeout)
	n.queue = append(n.queue, m)
	return r
}

// handle runs a message: its asker gets the answer; a failure that nobody waits for is logged.
func (n *Node) handle(m *message) {
	var body []byte
	a, err := n.find(m.target)
	if err == nil {
		if _, known := n.types[a.kind][m.op]; !known && strings.HasPrefix(m.op, "__") {
			return
		}
		err = n.accept(a.kind, m, false)
	}
	if err == nil {
		_, body, err = n.turnOf(a, n.turn(a, m), opHandle, m.header(n.types[a.kind][m.op].kind), m.body)
	}
	if m.reply != nil {
		m.reply.done, m.reply.body, m.reply.err = true, body, err
	} else if err != nil {
		n.Logs = append(n.Logs, fmt.Sprintf("warn %s %s failed: %v", m.target, m.op, err))
	}
}

// step handles the oldest message to somebody who is free.
func (n *Node) step() bool {
	at := slices.IndexFunc(n.queue, func(m *message) bool {
		address, err := n.address(m.target)
		a := n.actors[address]
		return err != nil || a == nil || !a.busy
	})
	if at < 0 {
		return false
	}
	m := n.queue[at]
	n.queue = slices.Delete(n.queue, at, at+1)
	n.handle(m)
	return true
}

// drain handles what was sent, until nothing is left.
func (n *Node) drain() {
	for n.step() {
		// Each step is one message.
	}
}

func (n *Node) at(due int64, id string, fire func()) {
	n.next++
	n.timers = append(n.timers, &timer{id, due, n.next, fire, ""})
	slices.SortFunc(n.timers, func(a, b *timer) int {
		if a.due != b.due {
			return int(min(max(a.due-b.due, -1), 1))
		}
		return a.n - b.n
	})
}

// owned says whose a timer is: nobody else can cancel it.
func (n *Node) owned(id, owner string) {
	for _, t := range n.timers {
		if t.id == id {
			t.owner = owner
		}
	}
}

// fire lets the clock go to the next timer that is due by until.
func (n *Node) fire(until int64) bool {
	if len(n.timers) == 0 || n.timers[0].due > until {
		return false
	}
	next := n.timers[0]
	n.timers = n.timers[1:]
	n.nowMS = max(n.nowMS, next.due)
	next.fire()
	return true
}

// wait waits within a turn until poll is content: others run meanwhile, and time passes when nobody
// can. It answers false when the time is over; -1 waits until the turn's deadline.
func (n *Node) wait(t *turn, timeout int64, poll func() bool) (bool, error) {
	own := forever
	if timeout >= 0 && timeout < forever-n.nowMS {
		own = n.nowMS + timeout
	}
	until := min(own, t.deadline)
	for {
		if poll() {
			return true, nil
		}
		if n.nowMS < until && (n.step() || n.fire(until)) {
			continue
		}
		if until == forever {
			return false, refuse(wire.Aborted, "nothing can end this wait of %s: no message and no timer is left", t.actor.address)
		}
		n.nowMS = max(n.nowMS, until)
		if t.deadline < own {
			return false, refuse(wire.DeadlineExceeded, "the deadline passed while %s waited", t.actor.address)
		}
		return false, nil
	}
}
