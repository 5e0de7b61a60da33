package guest

import (
	"errors"
	"fmt"
	"iter"
	"runtime/debug"
	"strings"

	"plexspaces.io/sdk-go/internal/wire"
)

// The ABI's operations.
const (
	opDescribe = iota
	opInit
	opHandle
	opSnapshot
	opRestore
	opTerminate
	opResumeStream
)

// Instance is one actor as the host sees it.
type Instance struct {
	actor   Actor
	streams map[string]*stream
	lastErr error
}

type stream struct {
	next func() (any, error, bool)
	stop func()
	// failed says that it has ended by an error: a host that undoes the turn closes it.
	failed bool
}

// Call is the ABI's ps_call: a frame in; a frame out, or the error as JSON.
func (i *Instance) Call(op int, input []byte) (output []byte, ok bool) {
	header, body, err := i.answer(op, input)
	if err == nil {
		if output, err = wire.Frame(header, body); err == nil {
			return output, true
		}
	}
	i.lastErr = err
	text, e := wire.Marshal(wire.FailureOf(err))
	if e != nil {
		text, _ = wire.Marshal(wire.FailureOf(errors.New(err.Error())))
	}
	return text, false
}

// LastError is what the last failed Call failed with, as a Go error.
func (i *Instance) LastError() error { return i.lastErr }

func (i *Instance) answer(op int, input []byte) (header map[string]any, body []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = crash(r)
		}
	}()
	in, payload, err := wire.Unframe(input)
	if err != nil {
		return nil, nil, err
	}
	none := map[string]any{}
	switch op {
	case opDescribe:
		body, err = wire.Marshal(describe())
		return none, body, err
	case opInit:
		return none, nil, i.init(in, payload)
	}
	if i.actor == nil {
		return nil, nil, &wire.HostError{Code: wire.FailedPrecondition, Message: "the actor is not initialised"}
	}
	switch op {
	case opHandle:
		return i.handle(in, payload)
	case opSnapshot:
		body, err = wire.Marshal(i.actor)
		return none, body, err
	case opRestore:
		v, err := wire.Parse(payload)
		if err != nil {
			return nil, nil, err
		}
		return none, nil, wire.AssignState(v, i.actor)
	case opTerminate:
		if t, ok := i.actor.(interface{ Terminate(reason string) }); ok {
			reason, _ := in["reason"].(string)
			t.Terminate(reason)
		}
		return none, nil, nil
	case opResumeStream:
		return i.resume(in)
	}
	return nil, nil, &wire.HostError{Code: wire.Unimplemented, Message: fmt.Sprintf("this SDK does not know ABI operation %d", op)}
}

func (i *Instance) init(in map[string]any, payload []byte) error {
	reseed()
	name, _ := in["type"].(string)
	var actor Actor
	for _, t := range types {
		if t.name == name {
			actor = t.make()
		}
	}
	if actor == nil {
		return &wire.HostError{Code: wire.NotFound, Message: fmt.Sprintf("the module has no actor type %q", name)}
	}
	complete(actor)
	v, err := wire.Parse(payload)
	if err != nil {
		return err
	}
	b := actor.base()
	b.id, _ = in["actor_id"].(string)
	b.config, _ = v.(map[string]any)
	i.actor, i.streams = actor, map[string]*stream{}
	switch a := actor.(type) {
	case interface{ Init(string) }:
		a.Init(string(payload))
	case interface{ Init(string) error }:
		return a.Init(string(payload))
	}
	return nil
}

func (i *Instance) handle(in map[string]any, payload []byte) (map[string]any, []byte, error) {
	name, _ := in["op"].(string)
	o := i.actor.base().ops[name]
	if o == nil {
		return nil, nil, &wire.BusinessError{Code: wire.Unimplemented, Message: fmt.Sprintf("there is no operation %q", name)}
	}
	i.actor.base().from, _ = in["from"].(string)
	var v any = payload
	if contentType, _ := in["content_type"].(string); contentType == "" || contentType == "application/json" {
		var err error
		if v, err = wire.Parse(payload); err != nil {
			return nil, nil, wire.Refuse("the payload is %v", err)
		}
	}
	if o.stream == nil {
		result, err := o.call(v)
		if err != nil {
			return nil, nil, err
		}
		body, err := wire.Marshal(result)
		if err != nil {
			return nil, nil, fmt.Errorf("the result of %q cannot be sent: %w", name, err)
		}
		return map[string]any{}, body, nil
	}
	s := &stream{}
	s.next, s.stop = iter.Pull2(guarded(o.stream(v)))
	id, _ := in["id"].(string)
	i.streams[id] = s
	answer, value, err := i.advance(id, s)
	if err != nil {
		delete(i.streams, id)
		s.stop()
	}
	return answer, value, err
}

// guarded makes a panic of a generator an error with the stack of where it happened, which is
// gone once it has passed through iter.Pull.
func guarded(values iter.Seq2[any, error]) iter.Seq2[any, error] {
	return func(yield func(any, error) bool) {
		closed := false
		defer func() {
			if r := recover(); r != nil {
				err := crash(r)
				if closed {
					panic(err)
				}
				yield(nil, err)
			}
		}()
		for v, err := range values {
			if !yield(v, err) {
				closed = true
				return
			}
			if err != nil {
				return
			}
		}
	}
}

func (i *Instance) resume(in map[string]any) (map[string]any, []byte, error) {
	id, _ := in["id"].(string)
	s := i.streams[id]
	if closing, _ := in["close"].(bool); closing {
		if s != nil {
			delete(i.streams, id)
			s.stop()
		}
		return map[string]any{"more": false}, nil, nil
	}
	if s == nil || s.failed {
		return nil, nil, &wire.HostError{Code: wire.NotFound, Message: fmt.Sprintf("there is no stream %q: it has ended, or the actor was restarted", id)}
	}
	return i.advance(id, s)
}

func (i *Instance) advance(id string, s *stream) (map[string]any, []byte, error) {
	v, err, more := s.next()
	if more && err == nil {
		var body []byte
		if body, err = wire.Marshal(v); err == nil {
			return map[string]any{"more": true}, body, nil
		}
	}
	if err != nil {
		s.failed = true
		return nil, nil, err
	}
	delete(i.streams, id)
	s.stop()
	return map[string]any{"more": false}, nil, nil
}

// crash makes an error of a panic. A panic with one of the API's errors is that error.
func crash(r any) error {
	if err, ok := r.(error); ok {
		var business *wire.BusinessError
		var system *wire.SystemError
		var host *wire.HostError
		var known *wire.CrashError
		if errors.As(err, &business) || errors.As(err, &system) || errors.As(err, &host) || errors.As(err, &known) {
			return err
		}
	}
	return &wire.CrashError{Message: fmt.Sprintf("panic: %v", r), Stack: trim(string(debug.Stack()))}
}

const (
	maxFrames = 20
	maxStack  = 4 << 10
)

// trim keeps the frames from the panic down to the handler: two lines each, a function and a place.
func trim(stack string) string {
	lines := strings.Split(strings.TrimSpace(stack), "\n")
	for n, line := range lines {
		if strings.HasPrefix(line, "panic(") && n+2 <= len(lines) {
			lines = lines[n+2:]
			break
		}
	}
	var kept []string
	size := 0
	for n := 0; n+1 < len(lines) && len(kept) < maxFrames; n += 2 {
		if strings.HasPrefix(lines[n], "runtime.") {
			continue
		}
		place, _, _ := strings.Cut(strings.TrimSpace(lines[n+1]), " +0x")
		function := lines[n]
		if end := strings.LastIndexByte(function, '('); end > 0 {
			function = function[:end]
		}
		line := function + " (" + place + ")"
		if size += len(line) + 1; size > maxStack {
			break
		}
		kept = append(kept, line)
	}
	return strings.Join(kept, "\n")
}
