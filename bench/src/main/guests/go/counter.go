// The benchmarks' actor in Go.
package main

import (
	"plexspaces.io/sdk-go/host"
	"plexspaces.io/sdk-go/plexspaces"
)

// Counter is the actor.
type Counter struct {
	plexspaces.ActorBase
	Value int64
}

type increment struct {
	By int64 `default:"1"`
}

type count struct {
	Value int64
}

type stamp struct {
	Value int64
	At    int64
}

type job struct {
	Service   string
	N         int64
	TimeoutMS int `json:"timeout_ms"`
}

type work struct {
	N int64
}

type answer struct {
	Answer int64
}

type done struct {
	Value  int64
	Answer int64
}

func newCounter() *Counter {
	c := &Counter{}
	plexspaces.On(c, "increment", func(in increment) (count, error) {
		c.Value += in.By
		return count{c.Value}, nil
	})
	plexspaces.On(c, "stamp", func(in increment) (stamp, error) {
		c.Value += in.By
		return stamp{c.Value, host.NowMS()}, nil
	})
	plexspaces.On(c, "delegate", func(in job) (done, error) {
		a, err := host.AskFor[answer](in.Service, "work", work{in.N}, host.TimeoutMS(in.TimeoutMS))
		if err != nil {
			return done{}, err
		}
		c.Value++
		return done{c.Value, a.Answer}, nil
	})
	return c
}

func init() { plexspaces.Register("counter", newCounter) }

func main() {}
