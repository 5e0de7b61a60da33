package host

import (
	"iter"

	"plexspaces.io/sdk-go/internal/wire"
)

// Ask waits for the reply of an actor: a child id, type/key, or app/type/key. timeoutMS of 0 is the
// default of 5 seconds.
func Ask(target, op string, payload map[string]any, timeoutMS int) (any, error) {
	a := arguments{"target": target, "op": op}
	if timeoutMS != 0 {
		a["timeout_ms"] = timeoutMS
	}
	_, v, err := call("ask", a, empty(payload), nil, nil)
	return v, err
}

// AskFor is Ask with any payload, options, and a reply of type T.
func AskFor[T any](target, op string, payload any, options ...Option) (T, error) {
	return get[T]("ask", arguments{"target": target, "op": op}, payload, may{"timeout_ms", "content_type"}, options)
}

// Question is one of those that AskAll asks.
type Question struct {
	Target  string
	Op      string
	Payload any
}

// Answer is a value or an error.
type Answer struct {
	Value any
	Err   error
}

// AskAll asks several actors at once; the answers are in the order of the questions.
func AskAll(questions []Question, options ...Option) ([]Answer, error) {
	list, err := get[[]map[string]any]("ask_all", arguments{"calls": questions}, noBody, may{"timeout_ms"}, options)
	if err != nil {
		return nil, err
	}
	answers := make([]Answer, len(list))
	for i, m := range list {
		if e, failed := m["error"]; failed && e != nil {
			text, err := wire.Marshal(e)
			if err != nil {
				return nil, err
			}
			answers[i].Err = wire.ErrorFrom(text)
		} else {
			answers[i].Value = m["ok"]
		}
	}
	return answers, nil
}

// Send sends a message, which leaves when the turn commits.
func Send(target, op string, payload map[string]any) error {
	_, err := SendAny(target, op, empty(payload))
	return err
}

// SendAny is Send with any payload; it answers the message's id.
func SendAny(target, op string, payload any, options ...Option) (string, error) {
	return get[string]("send", arguments{"target": target, "op": op}, payload, may{"content_type"}, options)
}

// AskStream asks for a stream of values. It begins with the loop over it, and ends with the loop.
//
//	for v, err := range host.AskStream("account/a", "statement", nil) { .. }
func AskStream(target, op string, payload map[string]any, options ...Option) iter.Seq2[any, error] {
	return func(yield func(any, error) bool) {
		id, err := get[string]("ask_stream", arguments{"target": target, "op": op}, empty(payload), may{"timeout_ms", "content_type"}, options)
		if err != nil {
			yield(nil, err)
			return
		}
		ended := false
		defer func() {
			if !ended {
				_ = StreamClose(id)
			}
		}()
		for {
			v, more, err := StreamNext(id)
			if err != nil || !more {
				ended = true
				if err != nil {
					yield(nil, err)
				}
				return
			}
			if !yield(v, nil) {
				return
			}
		}
	}
}

// StreamNext is the next value of a stream by its id, and whether there was one. AskStream is the
// convenient form.
func StreamNext(stream string, options ...Option) (any, bool, error) {
	header, v, err := call("stream_next", arguments{"stream": stream}, noBody, may{"timeout_ms"}, options)
	more, _ := header["more"].(bool)
	return v, more, err
}

// StreamClose ends a stream early.
func StreamClose(stream string) error {
	return do("stream_close", arguments{"stream": stream}, noBody, nil, nil)
}

// NowMS is the host's clock in milliseconds since 1970.
func NowMS() int64 { return must(get[int64]("now_ms", nil, noBody, nil, nil)) }

// Random is a number from 0 to 1, 1 excluded, of the actor's own sequence.
func Random() float64 { return must(get[float64]("random", nil, noBody, nil, nil)) }

// UUID is a random UUID.
func UUID() string { return must(get[string]("uuid", nil, noBody, nil, nil)) }

// Sleep waits and holds no thread.
func Sleep(ms int) error { return do("sleep", arguments{"ms": ms}, noBody, nil, nil) }

// Log writes a line to the node's log; level is trace, debug, info, warn or error.
func Log(level, message string, fields map[string]any) {
	a := arguments{"level": level, "message": message}
	if len(fields) > 0 {
		a["fields"] = fields
	}
	must(0, do("log", a, noBody, nil, nil))
}

// must is for what fails only where nothing else would work either.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
