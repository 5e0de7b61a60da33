package main

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"plexspaces.io/sdk-go/host"
	"plexspaces.io/sdk-go/plexspaces"
	"plexspaces.io/sdk-go/plextest"
)

type m = map[string]any

func bank(t *testing.T) *plextest.Node {
	node := plextest.New(t, "bank-go")
	node.Child("bank", "bank", nil)
	node.Child("audit", "audit", nil)
	node.MustAsk("account/ada", "open", m{"owner": "Ada", "balance": 100})
	return node
}

func refused(t *testing.T, err error, code plexspaces.Code, message string) {
	t.Helper()
	var e *plexspaces.HostError
	if !errors.As(err, &e) || e.Code != code || !e.Business || message != "" && e.Message != message {
		t.Fatalf("refused with %v, not with %s %s", err, code, message)
	}
}

func equal(t *testing.T, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func TestMoneyGoesInAndOut(t *testing.T) {
	node := bank(t)
	equal(t, node.MustAsk("account/ada", "deposit", m{"amount": 50}), int64(150))
	equal(t, node.MustAsk("account/ada", "withdraw", m{"amount": 30}), int64(120))
	equal(t, node.MustAsk("account/ada", "balance", nil), int64(120))
}

func TestWhatCannotBeIsRefusedAndLeavesNoTrace(t *testing.T) {
	node := bank(t)
	_, err := node.Ask("account/ada", "withdraw", m{"amount": 500})
	refused(t, err, plexspaces.FailedPrecondition, "insufficient funds: balance 100, asked 500")
	_, err = node.Ask("account/ada", "open", m{"owner": "Eve"})
	refused(t, err, plexspaces.AlreadyExists, "")
	_, err = node.Ask("account/bob", "deposit", m{"amount": 1})
	refused(t, err, plexspaces.NotFound, "")
	_, err = node.Ask("account/ada", "deposit", m{"amount": 0})
	refused(t, err, plexspaces.InvalidArgument, "")
	_, err = node.Ask("account/ada", "deposit", m{"amount": "many"})
	// The host refuses it by the operation's schema, before the handler runs.
	var e *plexspaces.HostError
	if !errors.As(err, &e) || e.Code != plexspaces.InvalidArgument || e.Message != `deposit: "amount" must be an integer, it is a string` {
		t.Fatal(err)
	}
	equal(t, len(node.State("account/ada")["entries"].([]any)), 1)
}

func TestATransferIsRecorded(t *testing.T) {
	node := bank(t)
	node.MustAsk("account/bob", "open", m{"owner": "Bob"})
	order := m{"source": "account/ada", "target": "account/bob", "amount": 40}
	equal(t, node.MustAsk("bank", "transfer", order), m{"id": "t1", "source_balance": int64(60), "target_balance": int64(40)})
	equal(t, node.MustAsk("bank", "transfers", nil), int64(1))
	record := m{"id": "t1", "source": "account/ada", "target": "account/bob", "amount": int64(40)}
	equal(t, node.MustAsk("audit", "entries", nil), []any{record})
}

func TestMoneyThatCannotArriveGoesBack(t *testing.T) {
	node := bank(t)
	_, err := node.Ask("bank", "transfer", m{"source": "account/ada", "target": "account/nobody", "amount": 40})
	refused(t, err, plexspaces.NotFound, "")
	equal(t, node.MustAsk("account/ada", "balance", nil), int64(100))
	equal(t, node.MustAsk("bank", "transfers", nil), int64(0))
}

func TestAStatementIsAStream(t *testing.T) {
	node := bank(t)
	node.MustAsk("account/ada", "deposit", m{"amount": 1})
	node.MustAsk("account/ada", "deposit", m{"amount": 2})
	var balances []any
	for entry, err := range node.AskStream("account/ada", "statement", m{"since": 1}) {
		if err != nil {
			t.Fatal(err)
		}
		balances = append(balances, entry.(m)["balance"])
	}
	equal(t, balances, []any{int64(101), int64(103)})
	equal(t, len(node.MustAsk("bank", "statement_of", m{"account": "account/ada"}).([]any)), 3)
}

func TestTheStateSurvivesARestart(t *testing.T) {
	node := bank(t)
	node.MustAsk("account/ada", "deposit", m{"amount": 5})
	node.Restart("account/ada")
	equal(t, node.MustAsk("account/ada", "balance", nil), int64(105))
}

// slow takes its time, as an account behind a busy disk does.
type slow struct{ plexspaces.ActorBase }

func init() {
	plexspaces.Register("slow", func() *slow {
		s := &slow{}
		plexspaces.On(s, "deposit", func(in Amount) (int64, error) { return in.Amount, host.Sleep(60_000) })
		return s
	})
}

func TestADepositThatMayStillHappenIsNotGivenBack(t *testing.T) {
	node := bank(t)
	_, err := node.Ask("bank", "transfer", m{"source": "account/ada", "target": "slow/x", "amount": 40})
	refused(t, err, plexspaces.DeadlineExceeded, "")
	if !strings.Contains(err.Error(), "nobody knows whether slow/x got the 40") {
		t.Fatal(err)
	}
	equal(t, node.MustAsk("account/ada", "balance", nil), int64(60))
	equal(t, node.MustAsk("bank", "transfers", nil), int64(0))
}
