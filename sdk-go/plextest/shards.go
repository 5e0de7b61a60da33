package plextest

import (
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"

	"plexspaces.io/sdk-go/internal/wire"
)

// group is a shard group.
type group struct {
	id, owner string
	spec      map[string]any
	shards    []string
	next      int
	barrier   *barrier
}

// barrier is where shards wait for each other.
type barrier struct {
	entered []string
	open    bool
}

// shards are the operations on shard groups; the last result says whether this is one.
func (n *Node) shards(t *turn, operation string, h map[string]any) (any, error, bool) {
	if operation == "create_shard_group" {
		v, err := n.createGroup(t, h)
		return v, err, true
	}
	if operation != "scatter_gather" && operation != "shard_group_info" && !strings.HasSuffix(operation, "_shard_group") {
		return nil, nil, false
	}
	g, err := n.group(h)
	if err != nil {
		return nil, err, true
	}
	switch operation {
	case "shard_group_info":
		return g.info(), nil, true
	case "delete_shard_group":
		n.endGroup(g)
		return nil, nil, true
	case "rescale_shard_group":
		return n.finished(g, n.rescale(g, int(number(h, "shard_count", 0))))
	case "barrier_shard_group":
		v, err := n.enterBarrier(t, g, h)
		return v, err, true
	}
	v, err := n.collective(t, g, operation, h)
	return v, err, true
}

func (n *Node) finished(g *group, err error) (any, error, bool) {
	if err != nil {
		return nil, err, true
	}
	return g.info(), nil, true
}

func (n *Node) group(h map[string]any) (*group, error) {
	if g := n.groups[text(h, "group_id")]; g != nil {
		return g, nil
	}
	return nil, refuse(wire.NotFound, "there is no shard group %q", text(h, "group_id"))
}

func (g *group) info() map[string]any {
	info := maps.Clone(g.spec)
	info["owner"], info["shards"], info["shard_count"] = g.owner, g.shards, len(g.shards)
	return info
}

func (n *Node) createGroup(t *turn, h map[string]any) (any, error) {
	id := text(h, "group_id")
	if known := n.groups[id]; known != nil {
		if !equal(known.spec, h) {
			return nil, refuse(wire.AlreadyExists, "the shard group %q is there already, and is another", id)
		}
		return known.info(), nil
	}
	if n.types[text(h, "actor_type")] == nil {
		return nil, refuse(wire.NotFound, "the app has no actor type %q", text(h, "actor_type"))
	}
	g := &group{id: id, owner: t.actor.address, spec: h}
	if err := n.rescale(g, int(number(h, "shard_count", 0))); err != nil {
		return nil, err
	}
	n.groups[id] = g
	t.undo = append(t.undo, func() { n.endGroup(g) })
	return g.info(), nil
}

func (n *Node) rescale(g *group, count int) error {
	if count < 1 {
		return refuse(wire.InvalidArgument, "shard_count must be at least 1")
	}
	for _, address := range g.shards[min(count, len(g.shards)):] {
		n.endShard(address)
	}
	g.shards = g.shards[:min(count, len(g.shards))]
	for shard := len(g.shards); shard < count; shard++ {
		a := n.newActor(fmt.Sprintf("%s/%s/%s-%d", n.app, text(g.spec, "actor_type"), g.id, shard))
		a.more = map[string]any{"shard": shard, "shard_count": count, "group_id": g.id}
		if initial := g.spec["initial_state"]; initial != nil {
			a.initial, _ = wire.Marshal(initial)
		}
		if err := n.start(a); err != nil {
			return err
		}
		g.shards = append(g.shards, a.address)
	}
	return nil
}

func (n *Node) endShard(address string) {
	if a := n.actors[address]; a != nil {
		n.end(a, "shutdown", true)
	}
}

func (n *Node) endGroup(g *group) {
	if n.groups[g.id] == g {
		delete(n.groups, g.id)
	}
	for _, address := range g.shards {
		n.endShard(address)
	}
}

// endGroups ends the groups of a creator that is gone, unless they are detached.
func (n *Node) endGroups(owner string) {
	for _, id := range slices.Sorted(maps.Keys(n.groups)) {
		g := n.groups[id]
		if detached, _ := g.spec["detached"].(bool); g.owner == owner && !detached {
			n.endGroup(g)
		}
	}
}

// toShard is a message to the shard of a key. A node places keys in its own way.
func (n *Node) toShard(t *turn, h map[string]any, body []byte) (*message, error) {
	g, err := n.group(h)
	if err != nil {
		return nil, err
	}
	at := 0
	if text(g.spec, "partition_strategy") == "round_robin" {
		at = g.next % len(g.shards)
		g.next++
	} else {
		key, err := wire.Marshal(h["key"])
		if err != nil {
			return nil, err
		}
		hash := fnv.New32a()
		_, _ = hash.Write(key)
		at = int(hash.Sum32()) % len(g.shards)
	}
	return n.message(t.actor.address, g.shards[at], text(h, "op"), body, ""), nil
}

// request is what a shard is asked: "op" or {op, ..}.
func request(what any) (string, map[string]any, error) {
	if op, ok := what.(string); ok {
		return op, map[string]any{}, nil
	}
	m, _ := what.(map[string]any)
	op, ok := m["op"].(string)
	if !ok {
		return "", nil, refuse(wire.InvalidArgument, "what a shard is asked needs \"op\", the name of its operation")
	}
	payload := maps.Clone(m)
	delete(payload, "op")
	return op, payload, nil
}

// requests are what each shard is asked in a collective.
func requests(g *group, operation string, h map[string]any) (string, []map[string]any, error) {
	argument := "map_function"
	switch operation {
	case "broadcast_shard_group":
		argument = "message"
	case "scatter_gather", "gather_shard_group", "all_gather_shard_group":
		argument = "query"
	}
	op, common, err := request(h[argument])
	if err != nil {
		return "", nil, err
	}
	payloads := make([]map[string]any, len(g.shards))
	inputs, scattered := h["inputs"].([]any)
	if scattered && len(inputs) != len(g.shards) {
		return "", nil, refuse(wire.InvalidArgument, "there are %d shards, not %d", len(g.shards), len(inputs))
	}
	for i := range payloads {
		payloads[i] = maps.Clone(common)
		if scattered {
			if part, ok := inputs[i].(map[string]any); ok {
				maps.Copy(payloads[i], part)
			} else {
				payloads[i]["input"] = inputs[i]
			}
		}
	}
	return op, payloads, nil
}

// collective asks all shards at once and puts the answers together, in shard order.
func (n *Node) collective(t *turn, g *group, operation string, h map[string]any) (any, error) {
	op, payloads, err := requests(g, operation, h)
	if err != nil {
		return nil, err
	}
	timeout := number(h, "timeout_ms", collectiveMS)
	replies := make([]*reply, len(g.shards))
	for i, address := range g.shards {
		replies[i] = n.asked(t, address, op, payloads[i], timeout)
	}
	if _, err := n.wait(t, timeout, func() bool { return allDone(replies) }); err != nil {
		return nil, err
	}
	responses, failed, values := []any{}, []any{}, []any{}
	for shard, r := range replies {
		v, err := r.value()
		if err != nil {
			f := wire.FailureOf(err)
			failed = append(failed, map[string]any{"shard": shard, "code": f["code"], "message": f["message"]})
			continue
		}
		responses = append(responses, map[string]any{"shard": shard, "actor_id": g.shards[shard], "payload": v})
		values = append(values, v)
	}
	answer := g.answer(responses, failed)
	needed := number(h, "min_responses", number(h, "min_acks", int64(len(g.shards))))
	if int64(len(responses)) < needed {
		e := wire.HostError{Code: wire.Unavailable, Retryable: true, Details: answer}
		e.Message = fmt.Sprintf("%d of %d shards answered, %d are needed", len(responses), len(g.shards), needed)
		return nil, &e
	}
	if answer["result"], err = combined(operation, h, values); err != nil {
		return nil, err
	}
	return answer, n.tellShards(g, operation, answer["result"])
}

func (g *group) answer(responses, failed []any) map[string]any {
	return map[string]any{
		"result": nil, "responses": responses, "shard_count": len(g.shards), "responded": len(g.shards) - len(failed), "failed": failed,
	}
}

func combined(operation string, h map[string]any, values []any) (any, error) {
	switch operation {
	case "broadcast_shard_group":
		return nil, nil
	case "gather_shard_group", "all_gather_shard_group":
		return values, nil
	case "scatter_gather":
		return aggregate(text(h, "aggregation"), values, int(number(h, "k", 10)))
	case "scan_shard_group":
		results := []any{}
		for i := range values {
			v, err := reduce(text(h, "reduction"), values[:i+1])
			if err != nil {
				return nil, err
			}
			results = append(results, v)
		}
		return results, nil
	}
	return reduce(text(h, "reduction"), values)
}

// tellShards casts what every shard gets of a result.
func (n *Node) tellShards(g *group, operation string, result any) error {
	switch operation {
	case "all_reduce_shard_group", "all_gather_shard_group":
		for _, address := range g.shards {
			n.cast(address, "__ALLREDUCE__", map[string]any{"result": result})
		}
	case "reduce_scatter_shard_group":
		parts, ok := result.([]any)
		if !ok || len(parts) != len(g.shards) {
			return refuse(wire.InvalidArgument, "reduce_scatter needs lists of %d elements, one a shard", len(g.shards))
		}
		for i, address := range g.shards {
			n.cast(address, "__ALLREDUCE__", map[string]any{"result": parts[i]})
		}
	}
	return nil
}

// enterBarrier lets a shard wait for the others; anybody else waits for what the shards were sent before.
func (n *Node) enterBarrier(t *turn, g *group, h map[string]any) (any, error) {
	me := t.actor.address
	if !slices.Contains(g.shards, me) {
		for _, address := range g.shards {
			if _, err := n.callee(address); err != nil {
				return nil, err
			}
		}
		return g.answer([]any{}, []any{}), nil
	}
	if g.barrier == nil {
		g.barrier = &barrier{}
	}
	b := g.barrier
	b.entered = append(b.entered, me)
	if len(b.entered) == len(g.shards) {
		b.open, g.barrier = true, nil
	}
	come, err := n.wait(t, number(h, "timeout_ms", collectiveMS), func() bool { return b.open })
	if err == nil && !come {
		err = refuse(wire.DeadlineExceeded, "%d of %d shards entered the barrier", len(b.entered), len(g.shards))
	}
	if err != nil {
		b.entered = slices.DeleteFunc(b.entered, func(s string) bool { return s == me })
		return nil, err
	}
	return g.answer([]any{}, []any{}), nil
}
