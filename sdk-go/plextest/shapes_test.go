package plextest

import (
	"testing"

	"plexspaces.io/sdk-go/plexspaces"
)

type nested struct {
	Name string
	Tags []string
}

type Tree struct {
	N        int64
	Children []Tree
}

type shapes struct{ plexspaces.ActorBase }

func takes[T any](s *shapes, op string) {
	plexspaces.On(s, op, func(T) (any, error) { return nil, nil })
}

func newShapes() *shapes {
	s := &shapes{}
	takes[struct{ X string }](s, "text")
	takes[struct{ X bool }](s, "boolean")
	takes[struct{ X int64 }](s, "integer")
	takes[struct{ X float64 }](s, "number")
	takes[struct{ X []byte }](s, "bytes")
	takes[struct{ X []string }](s, "list")
	takes[struct{ X [][]int }](s, "lists")
	takes[struct{ X map[string]float64 }](s, "map")
	takes[struct{ X *string }](s, "nullable")
	takes[struct {
		X string `enum:"red,green"`
	}](s, "choice")
	takes[struct{ X any }](s, "anything")
	takes[struct{ X nested }](s, "nested")
	takes[struct{ X Tree }](s, "tree")
	takes[struct {
		A int64
		B string `default:"none"`
		C int    `default:"7"`
	}](s, "record")
	return s
}

func init() { plexspaces.Register("shapes", newShapes) }

// The same shapes have the same schemas in every language.
func TestAShapeHasTheSchemaOfAllLanguages(t *testing.T) {
	file := read(t, "test/resources/io/plexspaces/api/op/shapes.json")
	expected, _ := file.(m)["shapes"].(m)
	described := New(t, "shop").types["shapes"]
	if len(expected) != len(described) {
		t.Fatalf("%d shapes, %d operations", len(expected), len(described))
	}
	for name, schema := range expected {
		if !equal(described[name].input, schema) {
			t.Errorf("%s: %v, not %v", name, described[name].input, schema)
		}
	}
}
