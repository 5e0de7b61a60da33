package main

import (
	"iter"

	"plexspaces.io/sdk-go/plexspaces"
)

// Account holds the money of one owner, in cents.
type Account struct {
	plexspaces.ActorBase
	Owner   string
	Balance int64
	Entries []Entry
}

// Entry is one line of an account's statement.
type Entry struct {
	N       int64
	Kind    string `enum:"open,deposit,withdraw"`
	Amount  int64
	Balance int64
}

// OpenRequest opens an account.
type OpenRequest struct {
	Owner   string
	Balance int64 `default:"0"`
}

// Opened is what an opened account looks like.
type Opened struct {
	Owner   string
	Balance int64
}

// Amount is what is deposited or withdrawn.
type Amount struct {
	Amount int64 `doc:"cents, at least 1"`
}

// Since asks for the entries after the one with this number.
type Since struct {
	Since int64 `default:"0"`
}

// NewAccount makes an account that is not open yet.
func NewAccount() *Account {
	a := &Account{}
	plexspaces.On(a, "open", a.open, plexspaces.Doc("Opens the account."))
	plexspaces.On(a, "deposit", a.deposit, plexspaces.Doc("Pays money in; answers the balance."))
	plexspaces.On(a, "withdraw", a.withdraw, plexspaces.Doc("Takes money out; answers the balance."))
	plexspaces.OnQuery(a, "balance", a.balance)
	plexspaces.OnStream(a, "statement", a.statement, plexspaces.Doc("The entries, one by one."))
	return a
}

func (a *Account) open(in OpenRequest) (Opened, error) {
	if a.Owner != "" {
		return Opened{}, plexspaces.Businessf(plexspaces.AlreadyExists, "the account is open, its owner is %s", a.Owner)
	}
	if in.Owner == "" || in.Balance < 0 {
		return Opened{}, plexspaces.Business(plexspaces.InvalidArgument, "an account needs an owner, and a balance that is not negative")
	}
	a.Owner = in.Owner
	a.book("open", in.Balance, in.Balance)
	return Opened{a.Owner, a.Balance}, nil
}

func (a *Account) deposit(in Amount) (int64, error) {
	if err := a.check(in); err != nil {
		return 0, err
	}
	a.book("deposit", in.Amount, a.Balance+in.Amount)
	return a.Balance, nil
}

func (a *Account) withdraw(in Amount) (int64, error) {
	if err := a.check(in); err != nil {
		return 0, err
	}
	if in.Amount > a.Balance {
		return 0, plexspaces.Businessf(plexspaces.FailedPrecondition, "insufficient funds: balance %d, asked %d", a.Balance, in.Amount)
	}
	a.book("withdraw", in.Amount, a.Balance-in.Amount)
	return a.Balance, nil
}

func (a *Account) balance(struct{}) (int64, error) {
	return a.Balance, a.checkOpen()
}

func (a *Account) statement(in Since) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if err := a.checkOpen(); err != nil {
			yield(Entry{}, err)
			return
		}
		for _, e := range a.Entries {
			if e.N > in.Since && !yield(e, nil) {
				return
			}
		}
	}
}

func (a *Account) book(kind string, amount, balance int64) {
	a.Balance = balance
	a.Entries = append(a.Entries, Entry{int64(len(a.Entries)) + 1, kind, amount, balance})
}

func (a *Account) check(in Amount) error {
	if err := a.checkOpen(); err != nil {
		return err
	}
	if in.Amount < 1 {
		return plexspaces.Businessf(plexspaces.InvalidArgument, "the amount must be at least 1, not %d", in.Amount)
	}
	return nil
}

func (a *Account) checkOpen() error {
	if a.Owner == "" {
		return plexspaces.Businessf(plexspaces.NotFound, "the account %s is not open", a.ActorID())
	}
	return nil
}
