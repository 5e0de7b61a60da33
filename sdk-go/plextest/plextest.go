// Package plextest runs actors in an ordinary go test, against a host in memory.
//
//	func TestCounter(t *testing.T) {
//		node := plextest.New(t, "shop")
//		got, err := node.Ask("counter/a", "increment", map[string]any{"by": 2})
//		..
//	}
//
// The actor types are those that the package under test registers. Actors begin to exist with the
// first message to them. A turn that fails leaves nothing of its own, as on a node. Time is the
// test's: it moves by Advance and by an actor's host.Sleep.
package plextest

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"plexspaces.io/sdk-go/internal/guest"
	"plexspaces.io/sdk-go/internal/wire"
)

// The ABI's operations.
const (
	opInit         = 1
	opHandle       = 2
	opSnapshot     = 3
	opRestore      = 4
	opResumeStream = 6
)

// one turn runs at a time in a process: the host's functions are the package's.
var turns sync.Mutex

// Node is an app's node in memory. Use it from one goroutine.
type Node struct {
	t       testing.TB
	app     string
	actors  map[string]*actor
	started map[string]child
	names   map[string]string
	spaces  map[string][][]any
	stack   []*turn
	queue   []message
	streams map[string]*open
	next    int
	nowMS   int64
	random  *rand.Rand
	depth   int
	Logs    []string
}

type child struct {
	actorType string
	args      map[string]any
}

type actor struct {
	address  string
	instance guest.Instance
	busy     bool
}

type message struct {
	from, target, op string
	body             []byte
	contentType      string
}

// turn collects what leaves when it has succeeded, and how to undo what took hold at once.
type turn struct {
	actor   *actor
	sends   []message
	writes  []write
	undo    []func()
	streams []string
}

// New makes a node with one app, whose name begins addresses.
func New(t testing.TB, app string) *Node {
	return &Node{
		t: t, app: app, actors: map[string]*actor{}, started: map[string]child{}, names: map[string]string{},
		spaces: map[string][][]any{}, streams: map[string]*open{}, nowMS: 1_700_000_000_000,
		random: rand.New(rand.NewPCG(1, 2)),
	}
}

// Child declares a supervised child: its target is its id, its address app/type/id.
func (n *Node) Child(actorType, id string, args map[string]any) {
	n.started[id] = child{actorType, args}
}

// NowMS is the node's time in milliseconds since 1970.
func (n *Node) NowMS() int64 { return n.nowMS }

// Advance moves the node's time on.
func (n *Node) Advance(ms int64) { n.nowMS += ms }

// Ask asks an actor and answers its reply, after everything that was sent has been handled.
func (n *Node) Ask(target, op string, payload any) (any, error) {
	defer n.enter()()
	body, err := wire.Marshal(payload)
	if err != nil {
		return nil, err
	}
	_, reply, err := n.deliver(message{"", target, op, body, ""}, nil)
	if err == nil {
		var v any
		v, err = wire.Parse(reply)
		n.drain()
		return v, err
	}
	n.drain()
	return nil, err
}

// MustAsk is Ask that fails the test on an error.
func (n *Node) MustAsk(target, op string, payload any) any {
	n.t.Helper()
	v, err := n.Ask(target, op, payload)
	if err != nil {
		n.t.Fatalf("%s %s: %v", target, op, err)
	}
	return v
}

// Send sends a message and waits until it, and what came of it, has been handled.
func (n *Node) Send(target, op string, payload any) error {
	_, err := n.Ask(target, op, payload)
	return err
}

// AskStream asks for a stream of values.
func (n *Node) AskStream(target, op string, payload any) iter.Seq2[any, error] {
	return func(yield func(any, error) bool) {
		defer n.enter()()
		defer n.drain()
		body, err := wire.Marshal(payload)
		if err != nil {
			yield(nil, err)
			return
		}
		s := &open{message: message{"", target, op, body, ""}}
		defer n.closeStream(s)
		for {
			v, more, err := n.advance(s)
			if err != nil || !more {
				if err != nil {
					yield(nil, err)
				}
				return
			}
			parsed, err := wire.Parse(v)
			if !yield(parsed, err) {
				return
			}
		}
	}
}

// State is an actor's declared state, as it is stored.
func (n *Node) State(target string) map[string]any {
	defer n.enter()()
	a, err := n.find(target)
	if err != nil {
		n.t.Fatal(err)
	}
	v, _ := wire.Parse(n.snapshot(a))
	m, _ := v.(map[string]any)
	return m
}

// Restart makes the actor anew from its stored state, as a node does after a crash.
func (n *Node) Restart(target string) {
	defer n.enter()()
	a, err := n.find(target)
	if err == nil {
		err = n.restore(a, n.snapshot(a))
	}
	if err != nil {
		n.t.Fatal(err)
	}
}

func (n *Node) enter() func() {
	if n.depth > 0 {
		n.depth++
		return func() { n.depth-- }
	}
	turns.Lock()
	n.depth = 1
	before := wire.Host
	wire.Host = n.call
	return func() {
		n.depth = 0
		wire.Host = before
		turns.Unlock()
	}
}

func (n *Node) find(target string) (*actor, error) {
	parts := strings.SplitN(target, "/", 3)
	kind, key := "", ""
	switch {
	case len(parts) == 1:
		c, ok := n.started[target]
		if !ok {
			return nil, notFound("there is no child %q", target)
		}
		kind, key = c.actorType, target
	case len(parts) == 2:
		kind, key = parts[0], parts[1]
	case parts[0] == n.app:
		kind, key = parts[1], parts[2]
	default:
		return nil, notFound("there is no app %q", parts[0])
	}
	address := n.app + "/" + kind + "/" + key
	if a := n.actors[address]; a != nil {
		return a, nil
	}
	if !slices.Contains(guest.Types(), kind) {
		return nil, notFound("the app has no actor type %q", kind)
	}
	a := &actor{address: address}
	if err := n.init(a, false); err != nil {
		return nil, err
	}
	n.actors[address] = a
	return a, nil
}

func notFound(format string, args ...any) error {
	return &wire.HostError{Code: wire.NotFound, Message: fmt.Sprintf(format, args...)}
}

func (n *Node) init(a *actor, restored bool) error {
	parts := strings.SplitN(a.address, "/", 3)
	args := n.started[parts[2]].args
	if args == nil {
		args = map[string]any{}
	}
	config, err := wire.Marshal(map[string]any{"actor_id": a.address, "app_id": n.app, "args": args, "env": map[string]any{}, "restored": restored})
	if err != nil {
		return err
	}
	a.instance = guest.Instance{}
	_, _, err = n.run(a, opInit, map[string]any{"type": parts[1], "actor_id": a.address}, config)
	return err
}

func (n *Node) snapshot(a *actor) []byte {
	out, ok := a.instance.Call(opSnapshot, nil)
	_, body, err := wire.Unframe(out)
	if !ok || err != nil {
		n.t.Fatalf("the state of %s cannot be stored: %s", a.address, out)
	}
	return body
}

func (n *Node) restore(a *actor, state []byte) error {
	if err := n.init(a, true); err != nil {
		return err
	}
	frame, _ := wire.Frame(nil, state)
	if out, ok := a.instance.Call(opRestore, frame); !ok {
		return wire.ErrorFrom(out)
	}
	return nil
}

// deliver runs a message's turn.
func (n *Node) deliver(m message, extra map[string]any) (map[string]any, []byte, error) {
	a, err := n.find(m.target)
	if err != nil {
		return nil, nil, err
	}
	n.next++
	header := map[string]any{"op": m.op, "kind": "call", "id": fmt.Sprint("m", n.next), "from": nil}
	if m.from != "" {
		header["from"] = m.from
	}
	if m.contentType != "" {
		header["content_type"] = m.contentType
	}
	for k, v := range extra {
		header[k] = v
	}
	return n.turnOf(a, opHandle, header, m.body)
}

// turnOf is run, with the actor's state put back if it fails.
func (n *Node) turnOf(a *actor, op int, header map[string]any, body []byte) (map[string]any, []byte, error) {
	if a.busy {
		return nil, nil, &wire.HostError{Code: wire.Aborted, Message: a.address + " would wait for itself", Retryable: true}
	}
	before := n.snapshot(a)
	h, reply, err := n.run(a, op, header, body)
	if err != nil {
		if e := n.restore(a, before); e != nil {
			n.t.Fatalf("%s does not start again: %v", a.address, e)
		}
	}
	return h, reply, err
}

func (n *Node) run(a *actor, op int, header map[string]any, body []byte) (map[string]any, []byte, error) {
	frame, err := wire.Frame(header, body)
	if err != nil {
		return nil, nil, err
	}
	t := &turn{actor: a}
	n.stack = append(n.stack, t)
	a.busy = true
	out, ok := a.instance.Call(op, frame)
	a.busy = false
	n.stack = n.stack[:len(n.stack)-1]
	for _, id := range t.streams {
		n.closeStream(n.streams[id])
		delete(n.streams, id)
	}
	if !ok {
		for _, undo := range slices.Backward(t.undo) {
			undo()
		}
		return nil, nil, wire.ErrorFrom(out)
	}
	for _, w := range t.writes {
		n.spaces[w.space] = append(n.spaces[w.space], w.tuple)
	}
	n.queue = append(n.queue, t.sends...)
	return wire.Unframe(out)
}

// drain handles what was sent, until nothing is left.
func (n *Node) drain() {
	for len(n.queue) > 0 {
		m := n.queue[0]
		n.queue = n.queue[1:]
		if _, _, err := n.deliver(m, nil); err != nil {
			n.Logs = append(n.Logs, fmt.Sprintf("warn %s %s failed: %v", m.target, m.op, err))
		}
	}
}
