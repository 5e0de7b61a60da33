package main

import (
	"plexspaces.io/sdk-go/host"
	"plexspaces.io/sdk-go/plexspaces"
)

// operation is a call of the host API with its arguments as they are on the wire.
type operation struct {
	Operation string
	Args      arguments `default:"{}"`
}

type arguments map[string]any

func (a arguments) text(name string) string { s, _ := a[name].(string); return s }

func (a arguments) number(name string) int { n, _ := a[name].(int64); return int(n) }

func (a arguments) list(name string) []any { l, _ := a[name].([]any); return l }

func (a arguments) object(name string) map[string]any { m, _ := a[name].(map[string]any); return m }

// options are the arguments of these names that are there.
func (a arguments) options(names ...string) []host.Option {
	var options []host.Option
	for _, n := range names {
		if v, there := a[n]; there {
			options = append(options, host.With(n, v))
		}
	}
	return options
}

// call calls the SDK's own function for the operation.
func (o operation) call() (any, error) {
	a := o.Args
	switch o.Operation {
	case "ask":
		return host.Ask(a.text("target"), a.text("op"), a.object("payload"), a.number("timeout_ms"))
	case "ask_all":
		return askAll(a)
	case "send":
		return host.SendAny(a.text("target"), a.text("op"), a.object("payload"))
	case "register":
		return nil, host.Register(a.text("name"))
	case "resolve":
		name, err := host.Resolve(a.text("name"))
		if name == "" {
			return nil, err
		}
		return name, err
	case "now_ms":
		return host.NowMS(), nil
	case "random":
		return host.Random(), nil
	case "uuid":
		return host.UUID(), nil
	case "sleep":
		return nil, host.Sleep(a.number("ms"))
	case "log":
		host.Log(a.text("level"), a.text("message"), a.object("fields"))
		return nil, nil
	case "ts_write":
		return host.TsWrite(a.list("tuple"), a.options("ttl_ms", "space")...)
	case "ts_read":
		return tuple(host.TsRead(a.list("pattern"), a.options("timeout_ms", "space")...))
	case "ts_take":
		return tuple(host.TsTake(a.list("pattern"), a.options("timeout_ms", "if_exists", "space")...))
	case "ts_read_all":
		return host.TsReadAll(a.list("pattern"), a.options("limit", "space")...)
	case "ts_count":
		return host.TsCount(a.list("pattern"), a.options("space")...)
	case "ts_write_once":
		return host.TsWriteOnce(a.list("pattern"), a.list("tuple"), a.options("ttl_ms", "space")...)
	case "monitor":
		return host.Monitor(a.text("id"))
	case "send_after":
		return host.SendAfter(int64(a.number("delay_ms")), a.text("target"), a.text("op"), a.object("payload"))
	case "send_every":
		return host.SendEvery(int64(a.number("period_ms")), a.text("target"), a.text("op"), a.object("payload"))
	case "schedule_cron":
		return host.ScheduleCron(a.text("expr"), a.text("target"), a.text("op"), a.object("payload"), a.options("tz")...)
	case "cancel_timer":
		return nil, host.CancelTimer(a.text("id"))
	case "spawn":
		return host.Spawn(a.text("type"), a.options("args", "id", "link")...)
	case "kv_get":
		return host.KvGet(a.text("key"), a.options("scope")...)
	case "kv_put":
		return nil, host.KvPut(a.text("key"), a["value"], a.options("ttl_ms", "scope")...)
	case "delete":
		return nil, host.Delete(a.text("id"))
	case "checkpoint":
		return nil, host.Checkpoint()
	case "journal_sequence":
		return host.JournalSequence()
	case "is_replaying":
		return host.IsReplaying()
	case "pg_join":
		return nil, host.PG().Join(a.text("group"))
	}
	return nil, plexspaces.Businessf(plexspaces.InvalidArgument, "the probe does not call %q", o.Operation)
}

// tuple is null, not an empty list, where there is none.
func tuple(t []any, err error) (any, error) {
	if t == nil {
		return nil, err
	}
	return t, err
}

func askAll(a arguments) (any, error) {
	var questions []host.Question
	for _, c := range a.list("calls") {
		if m, ok := c.(map[string]any); ok {
			q := arguments(m)
			questions = append(questions, host.Question{Target: q.text("target"), Op: q.text("op"), Payload: q.object("payload")})
		}
	}
	answers, err := host.AskAll(questions, a.options("timeout_ms")...)
	results := []any{}
	for _, answer := range answers {
		if answer.Err == nil {
			results = append(results, map[string]any{"ok": answer.Value})
		} else if e, ok := answer.Err.(*plexspaces.HostError); ok {
			results = append(results, map[string]any{"error": map[string]any{"code": e.Code, "message": e.Message}})
		}
	}
	return results, err
}
