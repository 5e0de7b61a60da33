package guest

import (
	"bytes"
	"reflect"

	"plexspaces.io/sdk-go/internal/wire"
)

// Mark is what an actor was before a turn, for a host that cannot undo memory as a node does. The
// declared state is kept whole; of other fields what they hold, not what that points to.
type Mark struct {
	fields reflect.Value
	state  []byte
}

// Mark is how the actor is now.
func (i *Instance) Mark() (Mark, error) {
	state, err := wire.Marshal(i.actor)
	if err != nil {
		return Mark{}, err
	}
	now := reflect.ValueOf(i.actor).Elem()
	fields := reflect.New(now.Type()).Elem()
	fields.Set(now)
	return Mark{fields, state}, nil
}

// State is the declared state as it is stored.
func (m Mark) State() []byte { return m.state }

// RollBack makes the actor what it was at the mark. Its streams go on.
func (i *Instance) RollBack(m Mark) error {
	actor := reflect.ValueOf(i.actor).Elem()
	actor.Set(m.fields)
	// Only what a turn has changed behind a pointer is read back: what is not in the JSON has stayed.
	if now, err := wire.Marshal(i.actor); err == nil && bytes.Equal(now, m.state) {
		return nil
	}
	v, err := wire.Parse(m.state)
	if err != nil {
		return err
	}
	return wire.AssignState(v, i.actor)
}
