package plextest

import (
	"slices"
	"strings"

	"plexspaces.io/sdk-go/internal/wire"
)

// changing are the operations that take effect or are undone with their turn: a query has none to give.
var changing = strings.Fields(`send send_to_shard send_after send_every schedule_cron cancel_timer
	spawn stop delete monitor demonitor link unlink register
	ts_write ts_take ts_take_all ts_write_once ts_update ts_notify ts_unsubscribe ts_renew ts_cancel ts_transaction`)

// allow refuses what a query must not do.
func (t *turn) allow(operation string) error {
	if t.query && slices.Contains(changing, operation) {
		return refuse(wire.FailedPrecondition, "%s changes something, but the running handler is a query", operation)
	}
	return nil
}

// maxHostErrors are remembered of a turn, the last.
const maxHostErrors = 16

type hostError struct{ code, message string }

// note remembers an error that a host call gave.
func (t *turn) note(err error) {
	failure := wire.FailureOf(err)
	t.errors = append(t.errors, hostError{text(failure, "code"), text(failure, "message")})
	if len(t.errors) > maxHostErrors {
		t.errors = t.errors[1:]
	}
	if t.codes == nil {
		t.codes = map[string]bool{}
	}
	t.codes[text(failure, "code")] = true
}

// inherited says whether a turn's failure is no fault of its actor: the handler let through what a
// host call gave it, or ended as its caller's deadline, a quota or something unavailable made it.
func (t *turn) inherited(failure map[string]any) bool {
	code := text(failure, "code")
	switch wire.Code(code) {
	case wire.DeadlineExceeded, wire.Cancelled, wire.ResourceExhausted, wire.Unavailable, wire.Aborted:
		return t.codes[code]
	}
	return slices.Contains(t.errors, hostError{code, text(failure, "message")})
}

// isQuery says whether an operation only reads.
func (n *Node) isQuery(a *actor, op string) bool { return n.types[a.kind][op].kind == "query" }
