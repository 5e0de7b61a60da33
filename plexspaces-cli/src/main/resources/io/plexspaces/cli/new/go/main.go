// Counters by key, and a board that adds them up.
package main

import (
	"iter"

	"plexspaces.io/sdk-go/host"
	"plexspaces.io/sdk-go/plexspaces"
)

// Counter counts one thing; its key says what.
type Counter struct {
	plexspaces.ActorBase
	Count int64
	Steps []int64
}

// Step says how much to count.
type Step struct {
	By int64 `default:"1"`
}

// NewCounter makes a counter that has counted nothing.
func NewCounter() *Counter {
	c := &Counter{}
	plexspaces.On(c, "increment", c.increment, plexspaces.Doc("Adds to the count and answers it."))
	plexspaces.OnQuery(c, "get", c.get, plexspaces.Doc("The count."))
	plexspaces.OnStream(c, "history", c.history, plexspaces.Doc("Each step that was counted, one by one."))
	return c
}

func (c *Counter) increment(in Step) (int64, error) {
	if in.By < 1 {
		return 0, plexspaces.Businessf(plexspaces.InvalidArgument, "by must be at least 1, it is %d", in.By)
	}
	c.Count += in.By
	c.Steps = append(c.Steps, in.By)
	return c.Count, host.TS().Write([]any{"counted", c.ActorID(), in.By})
}

func (c *Counter) get(struct{}) (int64, error) {
	return c.Count, nil
}

func (c *Counter) history(struct{}) iter.Seq2[int64, error] {
	return func(yield func(int64, error) bool) {
		for _, step := range c.Steps {
			if !yield(step, nil) {
				return
			}
		}
	}
}

// Board knows nothing itself, and asks the counters.
type Board struct {
	plexspaces.ActorBase
}

// Keys names counters.
type Keys struct {
	Keys []string
}

// NewBoard makes a board.
func NewBoard() *Board {
	b := &Board{}
	plexspaces.On(b, "total", b.total, plexspaces.Doc("The sum of some counters."))
	return b
}

func (b *Board) total(in Keys) (int64, error) {
	var sum int64
	for _, key := range in.Keys {
		count, err := host.AskFor[int64]("counter/"+key, "get", struct{}{})
		if err != nil {
			return 0, err
		}
		sum += count
	}
	return sum, nil
}

func init() {
	plexspaces.Register("counter", NewCounter)
	plexspaces.Register("board", NewBoard)
}

func main() {}
