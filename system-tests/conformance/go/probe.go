// A guest that shows every behaviour of the host API; system-tests asks it.
package main

import (
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"plexspaces.io/sdk-go/host"
	"plexspaces.io/sdk-go/plexspaces"
)

// Probe is the actor.
type Probe struct {
	plexspaces.ActorBase
	Data       map[string]any
	Remembered []any
}

type none struct{}

func newProbe() *Probe {
	p := &Probe{Data: map[string]any{}, Remembered: []any{}}
	plexspaces.On(p, "echo", func(in any) (any, error) { return in, nil })
	plexspaces.On(p, "add", func(in struct{ A, B int64 }) (int64, error) { return in.A + in.B, nil })
	plexspaces.On(p, "typed", func(in typed) (typed, error) { return in, nil })
	plexspaces.On(p, "fail", p.fail)
	plexspaces.On(p, "nested", p.nested)
	plexspaces.On(p, "text", func(in struct{ N int }) (string, error) { return strings.Repeat("é", in.N), nil })
	plexspaces.On(p, "set", p.set)
	plexspaces.OnQuery(p, "get", func(in struct{ Key string }) (any, error) { return p.Data[in.Key], nil })
	plexspaces.On(p, "set_and_fail", func(in entry) (any, error) {
		p.Data[in.Key] = in.Value
		return nil, plexspaces.Business(plexspaces.FailedPrecondition, "set and failed")
	})
	plexspaces.OnCast(p, "remember", func(in struct{ Value any }) error {
		p.Remembered = append(p.Remembered, in.Value)
		return nil
	})
	plexspaces.OnQuery(p, "remembered", func(none) ([]any, error) { return p.Remembered, nil })
	plexspaces.On(p, "host", func(in operation) (any, error) { return in.call() })
	plexspaces.On(p, "catch", p.catch)
	plexspaces.OnStream(p, "stream", p.stream)
	plexspaces.On(p, "collect", p.collect)
	plexspaces.On(p, "randoms", p.randoms)
	plexspaces.On(p, "clock", func(none) (int64, error) { return time.Now().UnixMilli(), nil })
	plexspaces.On(p, "spin", p.spin)
	plexspaces.On(p, "recurse", func(none) (int, error) { return recurse(1), nil })
	plexspaces.On(p, "allocate", p.allocate)
	plexspaces.On(p, "print", func(in struct{ Text string }) (any, error) {
		fmt.Println(in.Text)
		host.Log("info", in.Text, nil)
		return nil, nil
	})
	plexspaces.On(p, "nan", func(none) (float64, error) { return math.NaN(), nil })
	plexspaces.On(p, "bytes", func(in struct{ N int }) ([]byte, error) {
		b := make([]byte, in.N)
		for i := range b {
			b[i] = byte(i)
		}
		return b, nil
	})
	plexspaces.On(p, "measure", func(in struct{ Data []byte }) (int, error) { return len(in.Data), nil })
	return p
}

type typed struct {
	Name string
	Age  int64
	Tags []string `default:"[]"`
	Nick *string
}

type entry struct {
	Key   string
	Value any
}

type failure struct {
	How     string
	Code    string `default:"FAILED_PRECONDITION"`
	Message string `default:"it failed"`
}

func (p *Probe) fail(in failure) (any, error) {
	switch in.How {
	case "business":
		return nil, plexspaces.Business(plexspaces.Code(in.Code), in.Message)
	case "system":
		return nil, &plexspaces.SystemError{Message: in.Message}
	case "recoverable":
		return nil, &plexspaces.SystemError{Message: in.Message, Recoverable: true}
	case "value":
		return nil, plexspaces.Business(plexspaces.InvalidArgument, in.Message)
	case "crash":
		var nobody *Probe
		return nobody.Data, nil
	}
	return nil, plexspaces.Businessf(plexspaces.InvalidArgument, "how is %q", in.How)
}

func (p *Probe) nested(in struct{ Depth int }) (any, error) {
	v := []any{}
	for range in.Depth - 1 {
		v = []any{v}
	}
	return v, nil
}

func (p *Probe) set(in entry) (any, error) {
	p.Data[in.Key] = in.Value
	return nil, nil
}

func (p *Probe) catch(in operation) (map[string]any, error) {
	_, err := in.call()
	if err == nil {
		return map[string]any{"code": nil}, nil
	}
	if e, ok := err.(*plexspaces.HostError); ok {
		return map[string]any{"code": e.Code, "message": e.Message, "retryable": e.Retryable}, nil
	}
	return nil, err
}

type streaming struct {
	N       int
	FailAt  int `default:"-1"`
	PauseMs int `default:"0"`
}

type step struct{ I int }

func (p *Probe) stream(in streaming) iter.Seq2[step, error] {
	return func(yield func(step, error) bool) {
		for i := range in.N {
			if i == in.FailAt {
				yield(step{}, plexspaces.Businessf(plexspaces.FailedPrecondition, "failed at %d", i))
				return
			}
			if in.PauseMs > 0 && i > 0 {
				time.Sleep(time.Duration(in.PauseMs) * time.Millisecond)
			}
			if !yield(step{i}, nil) {
				p.Data["closed"] = true
				return
			}
		}
	}
}

type collecting struct {
	Target  string
	Op      string
	Payload map[string]any `default:"{}"`
	Limit   int            `default:"1000000"`
}

func (p *Probe) collect(in collecting) ([]any, error) {
	values := []any{}
	for v, err := range host.AskStream(in.Target, in.Op, in.Payload) {
		if err != nil {
			return nil, err
		}
		if values = append(values, v); len(values) >= in.Limit {
			break
		}
	}
	return values, nil
}

func (p *Probe) randoms(in struct{ N int }) ([]float64, error) {
	values := make([]float64, in.N)
	for i := range values {
		values[i] = rand.Float64()
	}
	return values, nil
}

var ticks uint64

func (p *Probe) spin(none) (any, error) {
	for {
		ticks++
	}
}

func recurse(n int) int {
	if n == 0 {
		return 0
	}
	return recurse(n+1) + 1
}

func (p *Probe) allocate(none) (any, error) {
	var kept [][]byte
	for {
		block := make([]byte, 1<<20)
		for i := range block {
			block[i] = 1
		}
		kept = append(kept, block)
		ticks += uint64(len(kept))
	}
}

func init() { plexspaces.Register("probe", newProbe) }

func main() {}
