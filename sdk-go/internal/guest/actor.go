// Package guest is an actor's side of the ABI: types, operations, state, streams.
package guest

import (
	"fmt"
	"iter"
	"reflect"
	"strings"

	"plexspaces.io/sdk-go/internal/wire"
)

// ActorBase makes a struct that embeds it an actor. The struct's other exported fields are the
// declared state: what survives passivation, crashes and upgrades.
type ActorBase struct {
	id     string
	from   string
	config map[string]any
	ops    map[string]*operation
	order  []string
}

// PlexSpacesNoData keeps the base out of the declared state.
func (b *ActorBase) PlexSpacesNoData() {}

func (b *ActorBase) base() *ActorBase { return b }

// ActorID is the actor's address, app/type/key.
func (b *ActorBase) ActorID() string { return b.id }

// Config is what the actor was started with: actor_id, app_id, args, env, restored.
func (b *ActorBase) Config() map[string]any { return b.config }

// From is the address of the actor whose message is being handled; empty for one from outside.
func (b *ActorBase) From() string { return b.from }

// SiblingActorID is the target of another actor of this app: a child id as it is, type/key with the
// app before it, as the key may contain slashes.
func (b *ActorBase) SiblingActorID(name string) string {
	if strings.Contains(name, "/") {
		return b.ActorApplicationID() + "/" + name
	}
	return name
}

// ActorApplicationID is the app's part of this actor's address.
func (b *ActorBase) ActorApplicationID() string { return ApplicationID(b.id) }

// ApplicationID is the app's part of an address.
func ApplicationID(id string) string {
	app, _, _ := strings.Cut(id, "/")
	return app
}

// Actor is a pointer to a struct that embeds ActorBase.
type Actor interface{ base() *ActorBase }

// Kind is how an operation is called.
type Kind string

// A call answers, a cast does not, a query only reads.
const (
	Call  Kind = "call"
	Cast  Kind = "cast"
	Query Kind = "query"
)

type operation struct {
	name          string
	kind          Kind
	doc           string
	input, output map[string]any
	call          func(payload any) (any, error)
	stream        func(payload any) iter.Seq2[any, error]
}

// Declared is an operation with its types, for Declare.
type Declared struct {
	Kind   Kind
	Doc    string
	Input  reflect.Type
	Output reflect.Type
	Call   func(payload any) (any, error)
	Stream func(payload any) iter.Seq2[any, error]
}

// Declare adds an operation to an actor.
func Declare(a Actor, name string, d Declared) {
	b := a.base()
	if b.ops[name] != nil {
		panic(fmt.Sprintf("operation %q is declared twice", name))
	}
	op := &operation{name: name, kind: d.Kind, doc: d.Doc, call: d.Call, stream: d.Stream}
	if d.Input != nil {
		op.input = wire.Schema(d.Input)
	}
	if d.Output != nil {
		op.output = wire.Schema(d.Output)
	}
	if b.ops == nil {
		b.ops = map[string]*operation{}
	}
	b.ops[name] = op
	b.order = append(b.order, name)
}

type factory struct {
	name string
	make func() Actor
}

var types []factory

// Register makes name an actor type of the module.
func Register(name string, make func() Actor) {
	for _, t := range types {
		if t.name == name {
			panic(fmt.Sprintf("actor type %q is registered twice", name))
		}
	}
	types = append(types, factory{name, make})
}

// Types are the registered names, in order.
func Types() []string {
	var names []string
	for _, t := range types {
		names = append(names, t.name)
	}
	return names
}

func describe() map[string]any {
	list := []any{}
	for _, t := range types {
		a := t.make()
		complete(a)
		behavior := "GenServer"
		if _, runs := a.(interface{ Run(string) string }); runs {
			behavior = "Workflow"
		}
		ops := []any{}
		for _, name := range a.base().order {
			o := a.base().ops[name]
			d := map[string]any{"name": name, "kind": string(o.kind)}
			if o.stream != nil {
				d["stream"] = true
			}
			if o.doc != "" {
				d["doc"] = o.doc
			}
			if o.input != nil {
				d["input"] = o.input
			}
			if o.output != nil {
				d["output"] = o.output
			}
			ops = append(ops, d)
		}
		list = append(list, map[string]any{"name": t.name, "behavior": behavior, "operations": ops})
	}
	return map[string]any{"abi": 1, "sdk": "go/" + Version, "types": list}
}

// Version of the SDK.
const Version = "0.1.0"

// complete adds the operation of a workflow's Run.
func complete(a Actor) {
	if r, ok := a.(interface{ Run(string) string }); ok && a.base().ops["run"] == nil {
		Declare(a, "run", Declared{Kind: Call, Call: func(payload any) (any, error) {
			return ofText(payload, r.Run)
		}})
	}
}

// ofText calls a method that takes and answers JSON.
func ofText(payload any, f func(string) string) (any, error) {
	text, err := wire.Marshal(payload)
	if err != nil {
		return nil, err
	}
	answer := f(string(text))
	v, err := wire.Parse([]byte(answer))
	if err != nil {
		return nil, fmt.Errorf("the handler's answer is %w", err)
	}
	return v, nil
}

// OfMessage handles an operation by the actor's HandleMessage.
func OfMessage(a Actor, op string) func(any) (any, error) {
	h, ok := a.(interface {
		HandleMessage(from, msgType, payload string) string
	})
	if !ok {
		panic(fmt.Sprintf("operation %q has no handler: %T has no HandleMessage(from, msgType, payload string) string", op, a))
	}
	return func(payload any) (any, error) {
		return ofText(payload, func(text string) string { return h.HandleMessage(a.base().from, op, text) })
	}
}
