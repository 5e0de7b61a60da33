package guest

import (
	"iter"
	"testing"

	"plexspaces.io/sdk-go/internal/wire"
)

type counter struct {
	ActorBase
	N int64
}

func newCounter() Actor {
	c := &counter{}
	Declare(c, "count", Declared{Kind: Call, Stream: func(any) iter.Seq2[any, error] {
		return func(yield func(any, error) bool) {
			for i := range 2 {
				if !yield(i, nil) {
					return
				}
			}
		}
	}})
	Declare(c, "typo", Declared{Kind: Call, Call: func(any) (any, error) {
		return nil, &wire.BusinessError{Code: "TYPO", Message: "no"}
	}})
	return c
}

func started(t *testing.T) *Instance {
	t.Helper()
	if len(types) == 0 {
		Register("counter", newCounter)
	}
	i := &Instance{}
	called(t, i, opInit, map[string]any{"type": "counter", "actor_id": "shop/counter/a"}, "{}")
	return i
}

func called(t *testing.T, i *Instance, op int, header map[string]any, body string) map[string]any {
	t.Helper()
	frame, err := wire.Frame(header, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	out, ok := i.Call(op, frame)
	if !ok {
		v, _ := wire.Parse(out)
		return v.(map[string]any)
	}
	answer, _, err := wire.Unframe(out)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestAStreamThatThereIsNotCanBeClosedButNotResumed(t *testing.T) {
	i := started(t)
	id := map[string]any{"id": "m1"}
	called(t, i, opHandle, map[string]any{"op": "count", "id": "m1", "stream": true}, "{}")
	for _, more := range []bool{true, false} {
		if got := called(t, i, opResumeStream, id, ""); got["more"] != more {
			t.Fatal(got)
		}
	}
	if got := called(t, i, opResumeStream, id, ""); got["code"] != "NOT_FOUND" || got["business"] != nil {
		t.Fatal(got)
	}
	if got := called(t, i, opResumeStream, map[string]any{"id": "m1", "close": true}, ""); got["more"] != false {
		t.Fatal(got)
	}
}

func TestStoredStateThatIsNoneIsNotTakenForAnEmptyOne(t *testing.T) {
	i := started(t)
	for body, want := range map[string]string{
		"[1]": "DATA_LOSS", "null": "DATA_LOSS", `"x"`: "DATA_LOSS", "": "DATA_LOSS", `{"n":"x"}`: "FAILED_PRECONDITION",
	} {
		if got := called(t, i, opRestore, nil, body); got["code"] != want {
			t.Errorf("%s: %v", body, got)
		}
	}
	if got := called(t, i, opRestore, nil, `{"n":7,"gone":1}`); got["code"] != nil || i.actor.(*counter).N != 7 {
		t.Fatal(got)
	}
}

func TestARefusalWithACodeThatThereIsNotSaysSo(t *testing.T) {
	got := called(t, started(t), opHandle, map[string]any{"op": "typo"}, "{}")
	want := `BusinessError: unknown code "TYPO"; one of INVALID_ARGUMENT, UNAUTHENTICATED, PERMISSION_DENIED, NOT_FOUND, ` +
		`ALREADY_EXISTS, FAILED_PRECONDITION, ABORTED, RESOURCE_EXHAUSTED, DEADLINE_EXCEEDED, CANCELLED, UNAVAILABLE, ` +
		`UNIMPLEMENTED, DATA_LOSS, INTERNAL; its message: no`
	if got["code"] != "INTERNAL" || got["business"] != nil || got["message"] != want {
		t.Fatal(got)
	}
}

func TestSiblingsHaveTheAppBeforeThem(t *testing.T) {
	b := ActorBase{id: "shop/lab/a"}
	for name, want := range map[string]string{"audit": "audit", "lab/b": "shop/lab/b", "lab/b/c": "shop/lab/b/c"} {
		if got := b.SiblingActorID(name); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}
