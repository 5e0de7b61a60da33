// Package plextest runs actors in an ordinary go test, against a host in memory.
//
//	func TestCounter(t *testing.T) {
//		node := plextest.New(t, "shop")
//		got, err := node.Ask("counter/a", "increment", map[string]any{"by": 2})
//		..
//	}
//
// The actor types are those that the package under test registers. Actors begin to exist with the
// first message to them, and are durable. A turn that fails leaves nothing of its own, a query changes
// nothing, a crash tells monitors and links and ends the actor's streams, and payloads are checked
// against schemas, as on a node. Time is the test's: it moves by Advance, and when an actor waits and
// nobody else has anything to do.
//
// The host has messages, streams, timers, the life of actors (spawn, stop, monitors, links, names),
// the tuple space, shard groups with their collectives, and fakes for service links. What else the
// host API has answers UNIMPLEMENTED, as a node of this version does.
package plextest

import (
	"iter"
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"plexspaces.io/sdk-go/internal/guest"
	"plexspaces.io/sdk-go/internal/wire"
)

// one turn runs at a time in a process: the host's functions are the package's.
var turns sync.Mutex

const (
	epochMS      = 1_700_000_000_000
	fromOutside  = 30_000
	askMS        = 5000
	collectiveMS = 10_000
)

// Node is an app's node in memory. Use it from one goroutine.
type Node struct {
	t       testing.TB
	app     string
	types   map[string]map[string]operation
	started map[string]child
	actors  map[string]*actor
	order   []string
	stored  map[string][]byte
	names   map[string]string
	watches []watch
	space   space
	groups  map[string]*group
	links   map[string]func(Request) (Response, error)
	stack   []*turn
	queue   []*message
	timers  []*timer
	streams map[string]*open
	next    int
	nowMS   int64
	random  *rand.Rand
	depth   int
	// Logs are what actors logged, "level text", and failures that nobody was told of.
	Logs []string
}

type child struct {
	actorType string
	args      map[string]any
}

// New makes a node with one app, whose name begins addresses.
func New(t testing.TB, app string) *Node {
	n := &Node{
		t: t, app: app, types: map[string]map[string]operation{}, started: map[string]child{},
		actors: map[string]*actor{}, stored: map[string][]byte{}, names: map[string]string{},
		groups: map[string]*group{}, links: map[string]func(Request) (Response, error){},
		streams: map[string]*open{}, nowMS: epochMS, random: rand.New(rand.NewPCG(1, 2)),
	}
	n.describe()
	return n
}

// Child declares a supervised child: its target is its id, its address app/type/id.
func (n *Node) Child(actorType, id string, args map[string]any) {
	n.started[id] = child{actorType, args}
}

// Request is what an actor asks of a service link.
type Request struct {
	Method, Path string
	Headers      map[string]string
	Body         []byte
}

// Response is what the fake of a service link answers; status 0 is 200.
type Response struct {
	Status  int
	Headers map[string]string
	Body    []byte
}

// ServiceLink fakes a service link. An error that is no *plexspaces.HostError becomes UNAVAILABLE.
func (n *Node) ServiceLink(name string, answer func(Request) (Response, error)) {
	n.links[name] = answer
}

// NowMS is the node's time in milliseconds since 1970.
func (n *Node) NowMS() int64 { return n.nowMS }

// Advance moves the node's time on. Timers fire in order, each at its time.
func (n *Node) Advance(ms int64) {
	defer n.enter()()
	until := n.nowMS + ms
	n.drain()
	for n.fire(until) {
		n.drain()
	}
	n.nowMS = max(n.nowMS, until)
}

// Ask asks an actor and answers its reply, after everything that was sent has been handled.
func (n *Node) Ask(target, op string, payload any) (any, error) {
	defer n.enter()()
	defer n.drain()
	body, err := wire.Marshal(payload)
	if err != nil {
		return nil, err
	}
	m := n.message("", target, op, body, "")
	m.deadline = n.nowMS + fromOutside
	_, reply, err := n.deliver(m)
	if err != nil {
		return nil, err
	}
	return wire.Parse(reply)
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
		s := &open{message: n.message("", target, op, body, "")}
		defer n.closeStream(s)
		for {
			v, more, err := n.advanceStream(s)
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

// Tuples are those of the app's own space that match, the oldest first.
func (n *Node) Tuples(pattern ...any) [][]any {
	text, err := wire.Marshal(pattern)
	if err != nil {
		n.t.Fatal(err)
	}
	parsed, _ := wire.Parse(text)
	list, _ := parsed.([]any)
	return tuplesOf(n.matching(nil, "", list))
}

// Restart makes the actor anew from its stored state, as a node does after a crash.
func (n *Node) Restart(target string) {
	defer n.enter()()
	a, err := n.find(target)
	if err == nil {
		a.why = "it was started anew"
		err = n.restore(a, n.snapshot(a))
	}
	if err != nil {
		n.t.Fatal(err)
	}
}

// Crash ends an actor as a fault would: monitors and links are told, and it starts again.
func (n *Node) Crash(target, reason string) {
	defer n.enter()()
	a, err := n.find(target)
	if err != nil {
		n.t.Fatal(err)
	}
	n.crashed(a, reason, n.snapshot(a))
	n.drain()
}

// Stop ends an actor gracefully. Its next message brings it back with what it has stored.
func (n *Node) Stop(target, reason string) {
	defer n.enter()()
	a, err := n.find(target)
	if err != nil {
		n.t.Fatal(err)
	}
	n.end(a, reason, false)
	n.drain()
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

// describe reads what the module says of its types.
func (n *Node) describe() {
	instance := guest.Instance{}
	out, ok := instance.Call(opDescribe, nil)
	if !ok {
		n.t.Fatalf("the module does not describe itself: %s", out)
	}
	_, body, _ := wire.Unframe(out)
	v, err := wire.Parse(body)
	if err != nil {
		n.t.Fatal(err)
	}
	for _, t := range listOf(v, "types") {
		operations := map[string]operation{}
		for _, o := range listOf(t, "operations") {
			fields, _ := o.(map[string]any)
			stream, _ := fields["stream"].(bool)
			input, _ := fields["input"].(map[string]any)
			operations[text(fields, "name")] = operation{text(fields, "kind"), stream, input}
		}
		fields, _ := t.(map[string]any)
		n.types[text(fields, "name")] = operations
	}
}

func listOf(v any, name string) []any {
	m, _ := v.(map[string]any)
	list, _ := m[name].([]any)
	return list
}

func text(h map[string]any, name string) string { s, _ := h[name].(string); return s }

func number(h map[string]any, name string, otherwise int64) int64 {
	switch v := h[name].(type) {
	case int64:
		return v
	case float64:
		if v == math.Trunc(v) {
			return int64(v)
		}
	}
	return otherwise
}
