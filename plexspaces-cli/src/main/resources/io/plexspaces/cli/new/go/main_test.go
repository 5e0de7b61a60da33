package main

import (
	"errors"
	"reflect"
	"testing"

	"plexspaces.io/sdk-go/plexspaces"
	"plexspaces.io/sdk-go/plextest"
)

type m = map[string]any

func app(t *testing.T) *plextest.Node {
	node := plextest.New(t, "__APP__")
	node.Child("board", "board", nil)
	return node
}

func equal(t *testing.T, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func TestACounterCounts(t *testing.T) {
	node := app(t)
	equal(t, node.MustAsk("counter/apples", "increment", nil), int64(1))
	equal(t, node.MustAsk("counter/apples", "increment", m{"by": 2}), int64(3))
	equal(t, node.MustAsk("counter/apples", "get", nil), int64(3))
}

func TestItDoesNotCountBackwards(t *testing.T) {
	node := app(t)
	_, err := node.Ask("counter/apples", "increment", m{"by": -1})
	var e *plexspaces.HostError
	if !errors.As(err, &e) || e.Code != plexspaces.InvalidArgument || e.Message != "by must be at least 1, it is -1" {
		t.Fatalf("refused with %v", err)
	}
	equal(t, node.MustAsk("counter/apples", "get", nil), int64(0))
}

func TestTheBoardAddsUp(t *testing.T) {
	node := app(t)
	node.MustAsk("counter/apples", "increment", m{"by": 2})
	node.MustAsk("counter/pears", "increment", m{"by": 3})
	equal(t, node.MustAsk("board", "total", m{"keys": []string{"apples", "pears", "plums"}}), int64(5))
}
