package main

import (
	"errors"
	"fmt"

	"plexspaces.io/sdk-go/host"
	"plexspaces.io/sdk-go/plexspaces"
)

// Bank moves money between accounts.
type Bank struct {
	plexspaces.ActorBase
	Transfers int64
}

// Transfer is an order. Source and Target are type/key, or app/type/key in another bank.
type Transfer struct {
	Source string
	Target string
	Amount int64
}

// Receipt says what a transfer did.
type Receipt struct {
	ID            string
	SourceBalance int64
	TargetBalance int64
}

// StatementOf asks for an account's entries.
type StatementOf struct {
	Account string
	Since   int64 `default:"0"`
}

// NewBank makes a bank that has transferred nothing.
func NewBank() *Bank {
	b := &Bank{}
	plexspaces.On(b, "transfer", b.transfer, plexspaces.Doc("Moves money between two accounts."))
	plexspaces.OnQuery(b, "transfers", b.transfers)
	plexspaces.On(b, "statement_of", b.statementOf)
	return b
}

func (b *Bank) transfer(in Transfer) (Receipt, error) {
	source, err := host.AskFor[int64](in.Source, "withdraw", Amount{in.Amount})
	if err != nil {
		return Receipt{}, err
	}
	target, err := host.AskFor[int64](in.Target, "deposit", Amount{in.Amount})
	if err != nil {
		if uncertain(err) {
			// Money given back now might be there twice: somebody has to look at both statements.
			return Receipt{}, plexspaces.Businessf(plexspaces.CodeOf(err),
				"nobody knows whether %s got the %d that %s has paid: %v", in.Target, in.Amount, in.Source, err)
		}
		if _, e := host.AskFor[int64](in.Source, "deposit", Amount{in.Amount}); e != nil {
			return Receipt{}, &plexspaces.SystemError{Message: fmt.Sprintf("%d could not be given back to %s: %v", in.Amount, in.Source, e)}
		}
		var refused *plexspaces.HostError
		if errors.As(err, &refused) {
			return Receipt{}, plexspaces.Business(refused.Code, refused.Message)
		}
		return Receipt{}, err
	}
	b.Transfers++
	id := fmt.Sprint("t", b.Transfers)
	record := map[string]any{"id": id, "source": in.Source, "target": in.Target, "amount": in.Amount}
	if err := host.Send(b.SiblingActorID("audit"), "record", record); err != nil {
		return Receipt{}, err
	}
	return Receipt{id, source, target}, nil
}

// uncertain says whether what an ask was for may still happen.
func uncertain(err error) bool {
	switch plexspaces.CodeOf(err) {
	case plexspaces.DeadlineExceeded, plexspaces.Unavailable, plexspaces.Cancelled:
		return true
	}
	return false
}

func (b *Bank) transfers(struct{}) (int64, error) { return b.Transfers, nil }

func (b *Bank) statementOf(in StatementOf) ([]any, error) {
	entries := []any{}
	for entry, err := range host.AskStream(in.Account, "statement", map[string]any{"since": in.Since}) {
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	return entries, nil
}
