package plextest

import (
	"slices"

	"plexspaces.io/sdk-go/internal/guest"
	"plexspaces.io/sdk-go/internal/wire"
)

// turn collects what leaves when it has succeeded, and how to undo what took hold at once.
type turn struct {
	actor    *actor
	deadline int64
	effects  []effect
	undo     []func()
	// streams are those that the handler has opened: own of the turn, or those of the stream that it makes.
	streams *[]string
	own     []string
	// point is where a transaction of tuples began.
	point *point
	// discard says that nothing of the turn leaves.
	discard bool
	// query says that its operation only reads.
	query bool
	// errors are the last that host calls gave, codes are those of all of them.
	errors []hostError
	codes  map[string]bool
}

type effect struct {
	// target is of a message that leaves before an ask of the same actor.
	target string
	run    func()
}

func (t *turn) later(target string, run func()) {
	t.effects = append(t.effects, effect{target, run})
}

// turn is that of a message.
func (n *Node) turn(a *actor, m *message) *turn {
	return &turn{actor: a, deadline: m.deadline, query: n.isQuery(a, m.op)}
}

// turnOf is run, with the actor put back if it fails, and after a query.
func (n *Node) turnOf(a *actor, t *turn, op int, header map[string]any, body []byte) (map[string]any, []byte, error) {
	before, err := a.instance.Mark()
	if err != nil {
		n.t.Fatalf("the state of %s cannot be stored: %v", a.address, err)
	}
	defer n.doom(a)
	h, reply, err := n.run(t, op, header, body)
	if err == nil {
		// What a stream's next value needs stays.
		if streamed, _ := header["stream"].(bool); t.query && !streamed && op == opHandle {
			n.rollBack(a, before)
		}
		return h, reply, nil
	}
	failure := wire.FailureOf(err)
	if business, _ := failure["business"].(bool); business || t.inherited(failure) {
		n.rollBack(a, before)
	} else {
		n.crashed(a, text(failure, "message"), before.State())
	}
	return nil, nil, err
}

func (n *Node) rollBack(a *actor, to guest.Mark) {
	if err := a.instance.RollBack(to); err != nil {
		n.t.Fatalf("%s cannot go back to its state: %v", a.address, err)
	}
}

// doom ends an actor that was to end while it ran.
func (n *Node) doom(a *actor) {
	if reason := a.doomed; reason != "" {
		a.doomed = ""
		n.crashed(a, reason, n.snapshot(a))
	}
}

func (n *Node) begin(t *turn) {
	n.stack = append(n.stack, t)
	t.actor.busy = true
}

func (n *Node) finish(t *turn, succeeded bool) {
	t.actor.busy = false
	n.stack = n.stack[:len(n.stack)-1]
	n.closeAll(&t.own)
	if !succeeded || t.discard {
		for _, undo := range slices.Backward(t.undo) {
			undo()
		}
		return
	}
	if !t.query {
		t.actor.committed++
	}
	for _, e := range t.effects {
		e.run()
	}
}

func (n *Node) run(t *turn, op int, header map[string]any, body []byte) (map[string]any, []byte, error) {
	frame, err := wire.Frame(header, body)
	if err != nil {
		return nil, nil, err
	}
	n.begin(t)
	out, ok := t.actor.instance.Call(op, frame)
	n.finish(t, ok)
	if !ok {
		return nil, nil, wire.ErrorFrom(out)
	}
	return wire.Unframe(out)
}
