package plextest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"plexspaces.io/sdk-go/internal/guest"
	"plexspaces.io/sdk-go/internal/wire"
)

// The ABI's operations.
const (
	opDescribe     = 0
	opInit         = 1
	opHandle       = 2
	opSnapshot     = 3
	opRestore      = 4
	opTerminate    = 5
	opResumeStream = 6
)

// operation is what a type says of one of its operations.
type operation struct {
	kind   string
	stream bool
	input  map[string]any
}

type actor struct {
	address, kind, key string
	args               map[string]any
	// more is what the config of a shard has besides.
	more     map[string]any
	initial  []byte
	instance guest.Instance
	links    []string
	restarts int
	// committed counts the turns that changed something.
	committed int64
	// life counts how often it was made anew, why is the reason of the last time.
	life int
	why  string
	busy bool
	// doomed is why it ends when its turn does.
	doomed string
}

// watch is a monitor.
type watch struct{ ref, watcher, watched string }

func refuse(code wire.Code, format string, args ...any) error {
	e := wire.HostError{Code: code, Message: fmt.Sprintf(format, args...)}
	e.Retryable = code == wire.Aborted || code == wire.DeadlineExceeded || code == wire.Unavailable
	return &e
}

// maxKey is how many bytes an actor's key may have.
const maxKey = 512

// address is the whole address of a target: a child id, type/key of the own app, or app/type/key. Only
// the last has room for keys with slashes.
func (n *Node) address(target string) (string, error) {
	switch strings.Count(target, "/") {
	case 0:
		c, ok := n.started[target]
		if !ok {
			return "", refuse(wire.NotFound, "app %q has no child %q; an address is a child id, type/key or app/type/key", n.app, target)
		}
		return n.app + "/" + c.actorType + "/" + target, nil
	case 1:
		target = n.app + "/" + target
	}
	parts := strings.SplitN(target, "/", 3)
	app, kind, key := parts[0], parts[1], parts[2]
	if app != n.app {
		return "", refuse(wire.NotFound, "there is no app %q: a test node runs one app, %q", app, n.app)
	}
	if n.types[kind] == nil {
		return "", refuse(wire.NotFound, "app %q has no actor type %q; it has %s", app, kind, strings.Join(slices.Sorted(maps.Keys(n.types)), ", "))
	}
	if key == "" || len(key) > maxKey {
		return "", refuse(wire.InvalidArgument, "actor key %q is not valid: 1 to %d bytes of UTF-8", key, maxKey)
	}
	return target, nil
}

// find brings a target's actor into memory.
func (n *Node) find(target string) (*actor, error) {
	address, err := n.address(target)
	if err != nil {
		return nil, err
	}
	if a := n.actors[address]; a != nil {
		return a, nil
	}
	a := n.newActor(address)
	if c, ok := n.started[a.key]; ok && c.actorType == a.kind {
		a.args = c.args
	}
	return a, n.start(a)
}

func (n *Node) newActor(address string) *actor {
	parts := strings.SplitN(address, "/", 3)
	return &actor{address: address, kind: parts[1], key: parts[2]}
}

// start makes an actor's instance, with what is stored of it.
func (n *Node) start(a *actor) error {
	state, restored := n.stored[a.address]
	if err := n.init(a, restored, false); err != nil {
		return err
	}
	if !restored {
		state = a.initial
	}
	if state != nil {
		if err := n.assign(a, state); err != nil {
			return err
		}
	}
	n.actors[a.address] = a
	if !slices.Contains(n.order, a.address) {
		n.order = append(n.order, a.address)
	}
	return nil
}

// init makes the instance anew. With again it has been made before: what it asks of the host then is
// not asked once more.
func (n *Node) init(a *actor, restored, again bool) error {
	args := a.args
	if args == nil {
		args = map[string]any{}
	}
	config := map[string]any{
		"actor_id": a.address, "app_id": n.app, "type": a.kind, "key": a.key,
		"args": args, "env": map[string]any{}, "restored": restored,
	}
	maps.Copy(config, a.more)
	body, err := wire.Marshal(config)
	if err != nil {
		return err
	}
	a.instance = guest.Instance{}
	t := &turn{actor: a, deadline: forever}
	t.discard = again
	_, _, err = n.run(t, opInit, map[string]any{"type": a.kind, "actor_id": a.address}, body)
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

func (n *Node) assign(a *actor, state []byte) error {
	frame, _ := wire.Frame(nil, state)
	if out, ok := a.instance.Call(opRestore, frame); !ok {
		return wire.ErrorFrom(out)
	}
	return nil
}

// restore makes an actor anew from a state.
func (n *Node) restore(a *actor, state []byte) error {
	a.life++
	if err := n.init(a, true, true); err != nil {
		return err
	}
	return n.assign(a, state)
}

// crashed is an exit that nobody wanted: told to those who watch, then the actor starts again.
func (n *Node) crashed(a *actor, reason string, state []byte) {
	if a.busy {
		a.doomed = reason
		return
	}
	a.restarts++
	a.why = "it crashed while it streamed: " + reason
	n.exited(a, "error: "+reason)
	if err := n.restore(a, state); err != nil {
		n.t.Fatalf("%s does not start again: %v", a.address, err)
	}
}

// end is a graceful exit.
func (n *Node) end(a *actor, reason string, forget bool) {
	frame, _ := wire.Frame(map[string]any{"reason": reason}, nil)
	t := &turn{actor: a, deadline: forever}
	n.begin(t)
	_, ok := a.instance.Call(opTerminate, frame)
	n.finish(t, ok)
	n.stored[a.address] = n.snapshot(a)
	if forget {
		delete(n.stored, a.address)
	}
	n.remove(a.address)
	n.exited(a, reason)
}

func (n *Node) remove(address string) {
	delete(n.actors, address)
	n.order = slices.DeleteFunc(n.order, func(o string) bool { return o == address })
}

// exited tells monitors and links, and ends what ends with its holder.
func (n *Node) exited(a *actor, reason string) {
	watches := n.watches
	n.watches = slices.DeleteFunc(slices.Clone(watches), func(w watch) bool {
		return w.watched == a.address || w.watcher == a.address
	})
	for _, w := range watches {
		if w.watched == a.address && w.watcher != a.address {
			n.cast(w.watcher, "__DOWN__", map[string]any{"monitor_ref": w.ref, "down_from": a.address, "down_reason": reason})
		}
	}
	maps.DeleteFunc(n.names, func(_, holder string) bool { return holder == a.address })
	n.space.ended(a.address)
	n.endGroups(a.address)
	links := a.links
	a.links = nil
	for _, other := range links {
		survivor := n.actors[other]
		if survivor == nil {
			continue
		}
		survivor.links = slices.DeleteFunc(survivor.links, func(l string) bool { return l == a.address })
		switch _, handles := n.types[survivor.kind]["__EXIT__"]; {
		case reason == "normal" || reason == "shutdown":
		case handles:
			n.cast(other, "__EXIT__", map[string]any{"exit_from": a.address, "exit_reason": reason})
		default:
			n.crashed(survivor, "linked to "+a.address+": "+reason, n.snapshot(survivor))
		}
	}
}

// cast is a message of the system; without a handler it is dropped.
func (n *Node) cast(address, op string, payload any) {
	parts := strings.SplitN(address, "/", 3)
	if _, handles := n.types[parts[1]][op]; !handles {
		return
	}
	body, err := wire.Marshal(payload)
	if err != nil {
		n.t.Fatal(err)
	}
	n.queue = append(n.queue, n.message("", address, op, body, ""))
}

// lifecycle are the operations on actors.
func (n *Node) lifecycle(t *turn, operation string, h map[string]any) (any, error) {
	id := text(h, "id")
	switch operation {
	case "spawn":
		return n.spawn(t, h)
	case "stop", "delete":
		address, err := n.address(id)
		if err != nil {
			return nil, err
		}
		reason := text(h, "reason")
		if reason == "" {
			reason = "normal"
		}
		t.later("", func() {
			if a := n.actors[address]; a != nil {
				n.end(a, reason, operation == "delete")
			} else if operation == "delete" {
				delete(n.stored, address)
			}
		})
		return nil, nil
	case "monitor":
		n.next++
		ref := fmt.Sprint("monitor-", n.next)
		address, err := n.address(id)
		if err != nil || n.actors[address] == nil {
			if err != nil {
				address = id
			}
			me := t.actor.address
			t.later("", func() {
				n.cast(me, "__DOWN__", map[string]any{"monitor_ref": ref, "down_from": address, "down_reason": "noproc"})
			})
			return ref, nil
		}
		n.watches = append(n.watches, watch{ref, t.actor.address, address})
		t.undo = append(t.undo, func() { n.demonitor(ref) })
		return ref, nil
	case "demonitor":
		n.demonitor(text(h, "ref"))
		return nil, nil
	case "link", "unlink":
		other, err := n.inMemory(id)
		if err != nil {
			return nil, err
		}
		if operation == "unlink" {
			unlink(t.actor, other)
			return nil, nil
		}
		link(t.actor, other)
		t.undo = append(t.undo, func() { unlink(t.actor, other) })
		return nil, nil
	case "actor_info":
		a, err := n.inMemory(id)
		if err != nil {
			return nil, err
		}
		return a.info(), nil
	}
	list := []any{}
	for _, address := range n.order {
		a := n.actors[address]
		if kind := text(h, "type"); a != nil && (kind == "" || kind == a.kind) {
			list = append(list, a.info())
		}
	}
	return list, nil
}

func (n *Node) inMemory(id string) (*actor, error) {
	address, err := n.address(id)
	if err != nil {
		return nil, err
	}
	if a := n.actors[address]; a != nil {
		return a, nil
	}
	return nil, refuse(wire.NotFound, "there is no actor %s in memory", address)
}

func (n *Node) demonitor(ref string) {
	n.watches = slices.DeleteFunc(n.watches, func(w watch) bool { return w.ref == ref })
}

func (n *Node) spawn(t *turn, h map[string]any) (any, error) {
	kind, key := text(h, "type"), text(h, "id")
	if key == "" {
		n.next++
		key = fmt.Sprint(kind, "-", n.next)
	}
	address, err := n.address(n.app + "/" + kind + "/" + key)
	if err != nil {
		return nil, err
	}
	if n.actors[address] != nil {
		return nil, refuse(wire.AlreadyExists, "the actor %s is there already", address)
	}
	a := n.newActor(address)
	a.args, _ = h["args"].(map[string]any)
	if err := n.start(a); err != nil {
		return nil, err
	}
	t.undo = append(t.undo, func() { n.remove(address) })
	if linked, _ := h["link"].(bool); linked {
		link(t.actor, a)
		t.undo = append(t.undo, func() { unlink(t.actor, a) })
	}
	return address, nil
}

func link(a, b *actor) {
	if !slices.Contains(a.links, b.address) {
		a.links = append(a.links, b.address)
		b.links = append(b.links, a.address)
	}
}

func unlink(a, b *actor) {
	a.links = slices.DeleteFunc(a.links, func(l string) bool { return l == b.address })
	b.links = slices.DeleteFunc(b.links, func(l string) bool { return l == a.address })
}

func (a *actor) info() map[string]any {
	return map[string]any{"id": a.address, "type": a.kind, "key": a.key, "restarts": a.restarts}
}
