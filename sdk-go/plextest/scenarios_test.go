package plextest

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"plexspaces.io/sdk-go/host"
	"plexspaces.io/sdk-go/internal/wire"
	"plexspaces.io/sdk-go/plexspaces"
)

const api = "../../host-api/src/"

// absent are the operations that the harness answers as a node of this version does.
var absent = strings.Fields(`defer_reply reply forward pool_checkout pool_checkin pool_info
	pg_join pg_leave pg_members pg_broadcast pg_first
	channel_publish channel_subscribe channel_next channel_ack channel_nack channel_bind channel_info
	lock_acquire lock_renew lock_release
	kv_get kv_put kv_delete kv_list kv_increment kv_compare_and_swap kv_watch
	blob_put blob_get blob_head blob_delete blob_list
	application_metrics_add checkpoint journal_sequence is_replaying
	workflow_start workflow_signal workflow_query workflow_result workflow_cancel workflow_pause workflow_resume`)

type m = map[string]any

// bench is the actor of host-api's scenarios.json.
type bench struct {
	plexspaces.ActorBase
	Value int64
	Log   []any
	place m
}

type do struct {
	Calls  []any
	Refuse bool `default:"false"`
}

type by struct{ By int64 }

func newBench(exits bool) *bench {
	b := &bench{Log: []any{}}
	plexspaces.On(b, "do", b.do)
	plexspaces.OnQuery(b, "look", func(in do) (any, error) { b.Value++; return b.do(in) })
	for _, op := range []string{"note", "__DOWN__", "__ALLREDUCE__", "__EXIT__"} {
		if op == "__EXIT__" && !exits {
			continue
		}
		plexspaces.OnCast(b, op, func(payload any) error {
			b.Log = append(b.Log, []any{op, payload})
			return nil
		})
	}
	plexspaces.OnQuery(b, "notes", func(any) (any, error) { return b.Log, nil })
	plexspaces.On(b, "add", func(in by) (int64, error) { b.Value += in.By; return b.Value, nil })
	plexspaces.OnQuery(b, "value", func(any) (int64, error) { return b.Value, nil })
	plexspaces.On(b, "mark", func(in struct{ Input any }) (any, error) {
		return m{"who": b.ActorID(), "input": in.Input}, nil
	})
	plexspaces.OnQuery(b, "numbers", func(any) (any, error) {
		return m{"sum": b.Value, "list": []any{b.Value, 1}, "type": "lab", "who": b.ActorID()}, nil
	})
	plexspaces.OnQuery(b, "parts", func(any) ([]int64, error) {
		return []int64{b.Value, 10 * b.Value, 100 * b.Value}, nil
	})
	plexspaces.On(b, "nap", func(in struct{ Ms int }) (int, error) { return in.Ms, host.Sleep(in.Ms) })
	plexspaces.OnStream(b, "count", func(in struct{ N int }) iter.Seq2[int, error] {
		return func(yield func(int, error) bool) {
			for i := range in.N {
				if !yield(i, nil) {
					return
				}
			}
		}
	})
	plexspaces.On(b, "refuse", func(any) (any, error) {
		return nil, plexspaces.Business(plexspaces.FailedPrecondition, "refused")
	})
	plexspaces.On(b, "boom", func(any) (any, error) { panic("boom") })
	plexspaces.OnQuery(b, "place", func(any) (any, error) { return b.place, nil })
	plexspaces.On(b, "fetch", func(in struct{ Link, Method, Path, Body string }) (any, error) {
		answer, err := host.HTTPFetch(in.Link, in.Method, in.Path, []byte(in.Body))
		if err != nil {
			return nil, err
		}
		body, _ := answer["body"].([]byte)
		answer["body"] = string(body)
		return answer, nil
	})
	return b
}

func (b *bench) Init(config string) {
	v, _ := wire.Parse([]byte(config))
	given := v.(m)
	b.place = m{"shard": given["shard"], "shard_count": given["shard_count"], "group_id": given["group_id"]}
}

func (b *bench) do(in do) (any, error) {
	results := []any{}
	for _, c := range in.Calls {
		call := c.([]any)
		results = append(results, raw(call, results))
	}
	if in.Refuse {
		return nil, plexspaces.Business(plexspaces.FailedPrecondition, "refused")
	}
	return results, nil
}

// raw is a host call as it crosses.
func raw(call, results []any) any {
	arguments := m{}
	for k, v := range call[1].(m) {
		if s, ok := v.(string); ok && strings.HasPrefix(s, "$#") {
			at, _ := strconv.Atoi(s[2:])
			v = results[at]
			if e, ok := v.(m); ok && e["!"] != nil {
				return e
			}
		}
		arguments[k] = v
	}
	var body []byte
	if len(call) > 2 {
		body, _ = wire.Marshal(call[2])
	}
	header, reply, err := wire.Host(call[0].(string), arguments, body)
	var failed *wire.HostError
	if errors.As(err, &failed) {
		return m{"!": string(failed.Code), "message": failed.Message}
	}
	if err != nil {
		panic(err)
	}
	var v any
	if len(reply) > 0 {
		v, _ = wire.Parse(reply)
	}
	if call[0] != "stream_next" {
		return v
	}
	if header["more"] == true {
		return m{"more": true, "value": v}
	}
	return m{"more": false}
}

func init() {
	plexspaces.Register("lab", func() *bench { return newBench(true) })
	plexspaces.Register("plain", func() *bench { return newBench(false) })
}

func read(t *testing.T, file string) any {
	t.Helper()
	content, err := os.ReadFile(api + file)
	if err != nil {
		t.Fatal(err)
	}
	v, err := wire.Parse(content)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func shop(t *testing.T) *Node {
	node := New(t, "shop")
	node.Child("lab", "main", nil)
	node.ServiceLink("prices", func(r Request) (Response, error) {
		body := fmt.Sprintf("%s %s %s", r.Method, r.Path, r.Body)
		return Response{Status: 201, Headers: map[string]string{"x-kind": "fake"}, Body: []byte(body)}, nil
	})
	node.ServiceLink("down", func(Request) (Response, error) { return Response{}, errors.New("does not answer") })
	return node
}

func TestScenarios(t *testing.T) {
	for _, s := range listOf(read(t, "test/resources/io/plexspaces/api/op/scenarios.json"), "scenarios") {
		scenario := s.(m)
		if slices.ContainsFunc(listOf(scenario, "operations"), func(o any) bool { return slices.Contains(absent, o.(string)) }) {
			continue
		}
		t.Run(text(scenario, "name"), func(t *testing.T) {
			node, saved := shop(t), m{}
			node.MustAsk("main", "value", nil)
			for _, step := range listOf(scenario, "steps") {
				take(t, node, step.(m), saved)
			}
		})
	}
}

func take(t *testing.T, node *Node, step, saved m) {
	t.Helper()
	if ms, ok := step["advance"].(int64); ok {
		node.Advance(ms)
		return
	}
	if ms, ok := step["within"].(int64); ok {
		node.Advance(ms)
	}
	target, op, payload := text(step, "ask"), text(step, "op"), step["payload"]
	refuse, _ := step["refuse"].(bool)
	if calls, ok := step["calls"]; ok {
		target, op, payload = text(step, "do"), "do", m{"calls": calls, "refuse": refuse}
	}
	code := text(step, "error")
	if refuse {
		code = "FAILED_PRECONDITION"
	}
	got, err := node.Ask(target, op, filled(payload, saved))
	if code != "" {
		var e *wire.HostError
		if !errors.As(err, &e) || string(e.Code) != code || !strings.Contains(e.Message, text(step, "naming")) {
			t.Fatalf("%v failed with %v, not with %s", step, err, code)
		}
		return
	}
	if err != nil {
		t.Fatalf("%v: %v", step, err)
	}
	if expected, ok := step["expect"]; ok && !fit(filled(expected, saved), got) {
		a, _ := json.Marshal(step)
		b, _ := json.Marshal(got)
		t.Fatalf("%s\ngot %s", a, b)
	}
	save, _ := step["save"].(m)
	for name, call := range save {
		saved[name] = got.([]any)[call.(int64)]
	}
}

// filled is a value with what earlier steps saved.
func filled(v any, saved m) any {
	switch v := v.(type) {
	case []any:
		list := []any{}
		for _, item := range v {
			list = append(list, filled(item, saved))
		}
		return list
	case m:
		out := m{}
		for name, field := range v {
			out[name] = filled(field, saved)
		}
		return out
	case string:
		if strings.HasPrefix(v, "$") && !strings.HasPrefix(v, "$#") {
			name, field, nested := strings.Cut(v[1:], ".")
			if nested {
				return saved[name].(m)[field]
			}
			return saved[name]
		}
	}
	return v
}

func fit(expected, got any) bool {
	switch e := expected.(type) {
	case string:
		_, isString := got.(string)
		_, isNumber := float(got)
		return e == "*" || e == "*string" && isString || e == "*number" && isNumber || e == got
	case []any:
		list, ok := got.([]any)
		return ok && slices.EqualFunc(e, list, fit)
	case m:
		fields, ok := got.(m)
		if !ok {
			return false
		}
		if e["!"] != nil {
			return e["!"] == fields["!"]
		}
		wanted := 0
		for name, v := range e {
			if name == "..." {
				wanted = math.MinInt
				continue
			}
			wanted++
			if field, there := fields[name]; !there || !fit(v, field) {
				return false
			}
		}
		return wanted < 0 || wanted == len(fields)
	}
	return equal(expected, got)
}

func TestEveryOperationHasAScenarioOrIsAbsentAsOnANode(t *testing.T) {
	var tried, all []string
	for _, s := range listOf(read(t, "test/resources/io/plexspaces/api/op/scenarios.json"), "scenarios") {
		for _, o := range listOf(s, "operations") {
			tried = append(tried, o.(string))
		}
	}
	node := shop(t)
	for _, o := range read(t, "main/resources/io/plexspaces/api/op/catalogue.json").([]any) {
		name := text(o.(m), "name")
		all = append(all, name)
		if !slices.Contains(absent, name) {
			if !slices.Contains(tried, name) {
				t.Errorf("no scenario tries %s", name)
			}
			continue
		}
		if o.(m)["available"] == true {
			t.Errorf("nodes have %s", name)
		}
		got := node.MustAsk("lab/a", "do", m{"calls": []any{[]any{name, m{}}}})
		want := []any{m{"!": "UNIMPLEMENTED", "message": fmt.Sprintf("the host operation %q is not supported by this version", name)}}
		if !equal(got, want) {
			t.Errorf("%s: %v", name, got)
		}
	}
	for _, name := range absent {
		if !slices.Contains(all, name) {
			t.Errorf("%s is not in the catalogue", name)
		}
	}
}
