package plextest

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"plexspaces.io/sdk-go/host"
	"plexspaces.io/sdk-go/internal/wire"
	"plexspaces.io/sdk-go/plexspaces"
)

// keeper has declared state, and fields that are none.
type keeper struct {
	plexspaces.ActorBase
	Count, Closed int64
	Names         map[string]int64
	seen          int
	order         []string
}

func newKeeper() *keeper {
	k := &keeper{Names: map[string]int64{}}
	count := func() { k.Count++; k.Names["a"]++; k.seen++; k.order = append(k.order, "a") }
	plexspaces.On(k, "count", func(any) (any, error) { count(); return nil, nil })
	plexspaces.On(k, "refuse", func(any) (any, error) {
		count()
		return nil, plexspaces.Business(plexspaces.Aborted, "no")
	})
	plexspaces.On(k, "crash", func(any) (any, error) { count(); panic("broken") })
	look := func(any) (any, error) { return m{"seen": k.seen, "order": len(k.order)}, nil }
	plexspaces.OnQuery(k, "look", look)
	plexspaces.OnQuery(k, "count_in_vain", func(any) (any, error) { count(); return k.seen, nil })
	plexspaces.OnQuery(k, "try", func(in struct{ Operation string }) (any, error) {
		_, _, err := wire.Host(in.Operation, m{}, nil)
		return nil, err
	})
	plexspaces.On(k, "fail", func(in struct{ How string }) (any, error) { count(); return nil, k.fail(in.How) })
	plexspaces.OnStream(k, "numbers", func(in struct {
		RefuseAt int `default:"-1"`
	}) iter.Seq2[int, error] {
		return func(yield func(int, error) bool) {
			defer func() { k.Closed++ }()
			for i := range 4 {
				if i == in.RefuseAt {
					yield(0, plexspaces.Business(plexspaces.Aborted, "no more"))
					return
				}
				if !yield(i, nil) {
					return
				}
			}
		}
	})
	plexspaces.OnStream(k, "relay", func(in struct{ Target string }) iter.Seq2[any, error] {
		return func(yield func(any, error) bool) {
			for v, err := range host.AskStream(in.Target, "numbers", m{}) {
				if !yield(v, err) {
					return
				}
			}
		}
	})
	return k
}

func (k *keeper) fail(how string) error {
	_, missing := host.Ask("ghost/x", "op", m{}, 1000)
	_, down := host.HTTPFetch("down", "GET", "/", nil)
	switch how {
	case "as it is":
		return missing
	case "wrapped":
		return fmt.Errorf("while asking: %w", missing)
	case "panic":
		panic(missing)
	case "in other words":
		return &plexspaces.HostError{Code: plexspaces.NotFound, Message: "it is gone"}
	case "unavailable, in other words":
		return &plexspaces.HostError{Code: plexspaces.Unavailable, Message: "try later"}
	case "unavailable, as it is":
		return down
	case "a code that no call gave":
		return &plexspaces.HostError{Code: plexspaces.Cancelled, Message: "enough"}
	}
	return errors.New(how)
}

func init() { plexspaces.Register("keeper", newKeeper) }

const kept = "shop/keeper/a"

func failsWith(t *testing.T, err error, code wire.Code, message string) {
	t.Helper()
	var e *wire.HostError
	if !errors.As(err, &e) || e.Code != code || !strings.Contains(e.Message, message) {
		t.Fatalf("failed with %v, not with %s %s", err, code, message)
	}
}

func isKept(t *testing.T, node *Node, count int64) {
	t.Helper()
	if s := node.State(kept); !equal(s["count"], count) || !equal(s["names"], m{"a": count}) {
		t.Fatalf("the state is %v, not that after %d", s, count)
	}
	if got := node.MustAsk(kept, "look", nil); !equal(got, m{"seen": count, "order": count}) {
		t.Fatalf("the other fields are %v, not those after %d", got, count)
	}
}

func TestAQueryIsAllowedNothingThatChanges(t *testing.T) {
	node := shop(t)
	for _, operation := range changing {
		_, err := node.Ask(kept, "try", m{"operation": operation})
		failsWith(t, err, wire.FailedPrecondition, operation+" changes something, but the running handler is a query")
	}
	_, err := node.Ask(kept, "try", m{"operation": "lock_acquire"})
	failsWith(t, err, wire.Unimplemented, "not supported by this version")
	if got := node.MustAsk("lab/a", "do", m{"calls": []any{[]any{"register", m{"name": "x"}}}}); !equal(got, []any{nil}) {
		t.Fatal(got)
	}
}

func TestWhatChangesIsWhatTheCatalogueSays(t *testing.T) {
	var want []string
	for _, o := range read(t, "main/resources/io/plexspaces/api/op/catalogue.json").([]any) {
		name, effect := text(o.(m), "name"), text(o.(m), "effect")
		if !slices.Contains(absent, name) && (effect == "deferred" || effect == "tentative") {
			want = append(want, name)
		}
	}
	got := slices.Sorted(slices.Values(changing))
	if slices.Sort(want); !slices.Equal(got, want) {
		t.Fatalf("%v, not %v", got, want)
	}
}

func TestAfterAQueryTheActorIsAsBefore(t *testing.T) {
	node := shop(t)
	node.MustAsk(kept, "count", nil)
	if got := node.MustAsk(kept, "count_in_vain", nil); !equal(got, int64(2)) {
		t.Fatal(got)
	}
	isKept(t, node, 1)
}

func TestARefusalKeepsStreamsAndFieldsThatAreNoState(t *testing.T) {
	node := shop(t)
	node.MustAsk(kept, "count", nil)
	var got []any
	for v, err := range node.AskStream(kept, "numbers", m{}) {
		if err != nil {
			t.Fatal(err)
		}
		if len(got) == 1 {
			_, err = node.Ask(kept, "refuse", nil)
			failsWith(t, err, wire.Aborted, "no")
		}
		got = append(got, v)
	}
	if !equal(got, []any{int64(0), int64(1), int64(2), int64(3)}) {
		t.Fatal(got)
	}
	isKept(t, node, 1)
}

func TestTheCleanUpOfAStreamThatRefusesIsATurnOfItsOwn(t *testing.T) {
	for at, closed := range []int64{0, 1, 1} {
		node := shop(t)
		var last error
		for _, err := range node.AskStream(kept, "numbers", m{"refuse_at": at}) {
			last = err
		}
		failsWith(t, last, wire.Aborted, "no more")
		if s := node.State(kept); !equal(s["closed"], closed) {
			t.Errorf("refused at %d: %v", at, s)
		}
	}
}

func TestAStreamOfAStreamingHandlerEndsWithItsOwn(t *testing.T) {
	for _, limit := range []int{2, 9} {
		node := shop(t)
		var got []any
		for v, err := range node.AskStream(kept, "relay", m{"target": "keeper/b"}) {
			if err != nil {
				t.Fatal(err)
			}
			if got = append(got, v); len(got) == limit {
				break
			}
		}
		if want := []any{int64(0), int64(1), int64(2), int64(3)}[:min(limit, 4)]; !equal(got, want) {
			t.Fatal(got)
		}
		if len(node.streams) > 0 {
			t.Fatal(node.streams)
		}
	}
}

func TestACrashEndsTheActorsStreams(t *testing.T) {
	for how, want := range map[string]string{"crash": "it crashed while it streamed: panic: broken", "stop": "it is being stopped"} {
		node := shop(t)
		var last error
		values := 0
		for _, err := range node.AskStream(kept, "numbers", m{}) {
			if last = err; err != nil {
				continue
			}
			if values++; how == "stop" {
				node.Stop(kept, "normal")
			} else {
				_, err = node.Ask(kept, "crash", nil)
				failsWith(t, err, wire.Internal, "broken")
			}
		}
		failsWith(t, last, wire.Unavailable, kept+": "+want)
		if values != 1 {
			t.Fatal(values)
		}
	}
}

func TestWhatTheHostGaveAndAHandlerLetsThroughIsNoCrash(t *testing.T) {
	for how, crashes := range map[string]bool{
		"as it is": false, "wrapped": false, "panic": false, "unavailable, as it is": false, "unavailable, in other words": false,
		"in other words": true, "a code that no call gave": true, "its own": true,
	} {
		node := shop(t)
		node.MustAsk(kept, "count", nil)
		if _, err := node.Ask(kept, "fail", m{"how": how}); err == nil {
			t.Fatal(how)
		}
		restarts := 0
		if crashes {
			restarts = 1
		}
		if got := node.actors[kept].restarts; got != restarts {
			t.Errorf("%s: %d restarts", how, got)
		}
		if !crashes {
			isKept(t, node, 1)
		}
	}
}

func TestOnlyTheLastErrorsOfATurnAreRemembered(t *testing.T) {
	turn := &turn{}
	for i := range maxHostErrors + 1 {
		turn.note(refuse(wire.NotFound, "%d", i))
	}
	failure := func(n int) m { return wire.FailureOf(refuse(wire.NotFound, "%d", n)) }
	if turn.inherited(failure(0)) || !turn.inherited(failure(1)) || !turn.inherited(failure(maxHostErrors)) {
		t.Fatal(turn.errors)
	}
}

func TestAddressesAreAsOnANode(t *testing.T) {
	node := shop(t)
	for target, want := range map[string]string{
		"main": "shop/lab/main", "lab/a": "shop/lab/a", "shop/lab/a": "shop/lab/a", "shop/lab/a/b/c": "shop/lab/a/b/c",
		"lab/" + strings.Repeat("k", 512): "shop/lab/" + strings.Repeat("k", 512),
	} {
		if got, err := node.address(target); err != nil || got != want {
			t.Errorf("%s: %s %v", target, got, err)
		}
	}
	for target, want := range map[string]wire.Code{
		"nobody": wire.NotFound, "ghost/x": wire.NotFound, "shop/ghost/x": wire.NotFound,
		// The app lab, not the type.
		"lab/a/b": wire.NotFound, "shop/lab": wire.NotFound, "other/lab/a": wire.NotFound,
		"lab/": wire.InvalidArgument, "shop/lab/": wire.InvalidArgument, "lab/" + strings.Repeat("k", 513): wire.InvalidArgument,
	} {
		_, err := node.address(target)
		if failsWith(t, err, want, ""); plexspaces.CodeOf(err) != want {
			t.Errorf("%s: %v", target, err)
		}
	}
	node.MustAsk("shop/keeper/a/b", "count", nil)
	if got := node.State("shop/keeper/a/b")["count"]; !equal(got, int64(1)) {
		t.Fatal(got)
	}
}
