// Package plexspaces is what an actor is written with.
//
//	type Counter struct {
//		plexspaces.ActorBase
//		Value int64 // exported fields are the state
//	}
//
//	func NewCounter() *Counter {
//		c := &Counter{}
//		plexspaces.On(c, "increment", c.increment)
//		plexspaces.OnQuery(c, "get", c.get)
//		return c
//	}
//
//	func init() { plexspaces.Register("counter", NewCounter) }
//	func main() {}
package plexspaces

import (
	"errors"
	"fmt"
	"iter"
	"reflect"

	"plexspaces.io/sdk-go/internal/guest"
	"plexspaces.io/sdk-go/internal/wire"
)

// ActorBase makes a struct that embeds it an actor; its other exported fields are the state.
type ActorBase = guest.ActorBase

// Actor is a pointer to a struct that embeds ActorBase.
type Actor = guest.Actor

// Kind is how an operation is called.
type Kind = guest.Kind

// A Call answers, a Cast does not, a Query only reads and costs no commit.
const (
	Call  = guest.Call
	Cast  = guest.Cast
	Query = guest.Query
)

// Code is an error code of the host API.
type Code = wire.Code

// The codes.
const (
	InvalidArgument    = wire.InvalidArgument
	Unauthenticated    = wire.Unauthenticated
	PermissionDenied   = wire.PermissionDenied
	NotFound           = wire.NotFound
	AlreadyExists      = wire.AlreadyExists
	FailedPrecondition = wire.FailedPrecondition
	Aborted            = wire.Aborted
	ResourceExhausted  = wire.ResourceExhausted
	DeadlineExceeded   = wire.DeadlineExceeded
	Cancelled          = wire.Cancelled
	Unavailable        = wire.Unavailable
	Unimplemented      = wire.Unimplemented
	DataLoss           = wire.DataLoss
	Internal           = wire.Internal
)

// BusinessError is a refusal: the turn is undone, the caller gets the error, nothing restarts.
type BusinessError = wire.BusinessError

// SystemError is a failure of the actor itself: its supervisor decides what becomes of it.
type SystemError = wire.SystemError

// HostError is a host operation that failed, or the error with which another actor answered.
type HostError = wire.HostError

// Business makes a refusal.
func Business(code Code, message string) error {
	return &BusinessError{Code: code, Message: message}
}

// Businessf makes a refusal with a formatted message.
func Businessf(code Code, format string, args ...any) error {
	return Business(code, fmt.Sprintf(format, args...))
}

// CodeOf is the code of a BusinessError or HostError, Internal for any other error.
func CodeOf(err error) Code {
	var b *BusinessError
	if errors.As(err, &b) {
		return b.Code
	}
	var h *HostError
	if errors.As(err, &h) {
		return h.Code
	}
	return Internal
}

// Register makes an actor type of a function that makes one actor. The function declares the
// actor's operations and must not do anything else.
func Register[A Actor](name string, make func() A) {
	guest.Register(name, func() guest.Actor { return make() })
}

// ActorApplicationID is the app's part of an address.
func ActorApplicationID(id string) string { return guest.ApplicationID(id) }

// Option says more of an operation.
type Option func(*guest.Declared)

// Doc says what an operation does.
func Doc(text string) Option { return func(d *guest.Declared) { d.Doc = text } }

// On declares an operation that answers and may change the actor. Its payload's schema is that of
// In: fields are required unless they are pointers, have a tag default:".." or omitempty. With any
// as In, the handler gets the payload as it is.
func On[In, Out any](a Actor, op string, handler func(In) (Out, error), options ...Option) {
	declare(a, op, Call, handler, options)
}

// OnQuery declares an operation that only reads and costs no commit.
func OnQuery[In, Out any](a Actor, op string, handler func(In) (Out, error), options ...Option) {
	declare(a, op, Query, handler, options)
}

// OnCast declares an operation that has no reply.
func OnCast[In any](a Actor, op string, handler func(In) error, options ...Option) {
	d := guest.Declared{Kind: Cast, Input: reflect.TypeFor[In](), Call: func(payload any) (any, error) {
		in, err := bind[In](op, payload)
		if err != nil {
			return nil, err
		}
		return nil, handler(in)
	}}
	add(a, op, d, options)
}

// OnStream declares an operation that answers with values, one by one. Each yielded value ends a
// turn: state is committed, then the value leaves. A yielded error ends the stream. When the reader
// goes away, yield answers false.
func OnStream[In, Out any](a Actor, op string, handler func(In) iter.Seq2[Out, error], options ...Option) {
	d := guest.Declared{
		Kind: Call, Input: reflect.TypeFor[In](), Output: reflect.TypeFor[Out](),
		Stream: func(payload any) iter.Seq2[any, error] {
			return func(yield func(any, error) bool) {
				in, err := bind[In](op, payload)
				if err != nil {
					yield(nil, err)
					return
				}
				for v, err := range handler(in) {
					if !yield(v, err) {
						return
					}
				}
			}
		}}
	add(a, op, d, options)
}

// Handles declares operations that the actor's own HandleMessage(from, msgType, payload string)
// string handles; payload and answer are JSON.
func Handles(a Actor, kind Kind, ops ...string) {
	for _, op := range ops {
		guest.Declare(a, op, guest.Declared{Kind: kind, Call: guest.OfMessage(a, op)})
	}
}

func declare[In, Out any](a Actor, op string, kind Kind, handler func(In) (Out, error), options []Option) {
	d := guest.Declared{
		Kind: kind, Input: reflect.TypeFor[In](), Output: reflect.TypeFor[Out](),
		Call: func(payload any) (any, error) {
			in, err := bind[In](op, payload)
			if err != nil {
				return nil, err
			}
			return handler(in)
		}}
	add(a, op, d, options)
}

func add(a Actor, op string, d guest.Declared, options []Option) {
	for _, o := range options {
		o(&d)
	}
	guest.Declare(a, op, d)
}

func bind[In any](op string, payload any) (In, error) {
	var in In
	if err := wire.Assign(payload, &in); err != nil {
		return in, wire.Refuse("%s: %v", op, err)
	}
	return in, nil
}

// Marshal makes JSON as the host has it: bytes are {"$bytes": base64}, names are in snake_case.
func Marshal(v any) (string, error) {
	text, err := wire.Marshal(v)
	return string(text), err
}

// Unmarshal reads JSON as the host has it.
func Unmarshal(text string, target any) error { return wire.Unmarshal([]byte(text), target) }
