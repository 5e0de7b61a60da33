package main

import (
	"plexspaces.io/sdk-go/host"
	"plexspaces.io/sdk-go/plexspaces"
)

// Audit keeps a record of every transfer, and writes it to the tuple space.
type Audit struct {
	plexspaces.ActorBase
	Records []Record
}

// Record is a transfer that took place.
type Record struct {
	ID     string
	Source string
	Target string
	Amount int64
}

// Limit bounds a list to its newest.
type Limit struct {
	Limit int `default:"100"`
}

// NewAudit makes an empty log.
func NewAudit() *Audit {
	a := &Audit{}
	plexspaces.OnCast(a, "record", a.record)
	plexspaces.OnQuery(a, "entries", a.entries)
	return a
}

func (a *Audit) record(r Record) error {
	a.Records = append(a.Records, r)
	return host.TS().Write([]any{"transfer", r.ID, r.Source, r.Target, r.Amount})
}

func (a *Audit) entries(in Limit) ([]Record, error) {
	first := max(0, len(a.Records)-max(0, in.Limit))
	return a.Records[first:], nil
}
