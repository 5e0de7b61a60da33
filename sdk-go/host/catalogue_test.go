package host

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"plexspaces.io/sdk-go/internal/wire"
)

type catalogued struct {
	Name      string `json:"name"`
	Arguments []struct {
		Name     string `json:"name"`
		Optional bool   `json:"optional"`
	} `json:"arguments"`
	Body string `json:"body"`
}

// What is not a function of the operation's name with plain options.
var special = map[string]any{
	"ask":        func(o ...Option) { _, _ = AskFor[any]("x", "x", "x", o...) },
	"ask_all":    func(o ...Option) { _, _ = AskAll([]Question{{"x", "x", "x"}}, o...) },
	"send":       func(o ...Option) { _, _ = SendAny("x", "x", "x", o...) },
	"ask_stream": askStream,
	"log":        func(...Option) { Log("info", "x", map[string]any{"x": 1}) },
	"application_metrics_add": func(...Option) {
		_ = ApplicationMetricsAdd("x", map[string]any{"message_count": 1, "counter_metrics": 1, "gauge_metrics": 1, "latency_totals_ms": 1})
	},
}

func askStream(o ...Option) {
	for range AskStream("x", "x", nil, o...) {
		return
	}
}

var functions = map[string]any{
	"stream_next": StreamNext, "stream_close": StreamClose, "defer_reply": DeferReply, "reply": Reply, "forward": Forward,
	"send_after": SendAfter, "send_every": SendEvery, "schedule_cron": ScheduleCron, "cancel_timer": CancelTimer,
	"spawn": Spawn, "stop": Stop, "delete": Delete, "monitor": Monitor, "demonitor": Demonitor, "link": Link, "unlink": Unlink,
	"register": Register, "resolve": Resolve, "actor_info": ActorInfo, "list_actors": ListActors, "now_ms": NowMS,
	"random": Random, "uuid": UUID, "sleep": Sleep, "ts_write": TsWrite, "ts_read": TsRead, "ts_take": TsTake,
	"ts_read_all": TsReadAll, "ts_take_all": TsTakeAll, "ts_count": TsCount, "ts_write_once": TsWriteOnce,
	"ts_update": TsUpdate, "ts_notify": TsNotify, "ts_unsubscribe": TsUnsubscribe, "ts_renew": TsRenew, "ts_cancel": TsCancel,
	"ts_transaction": TsTransaction, "create_shard_group": CreateShardGroup, "scatter_gather": ScatterGather,
	"broadcast_shard_group": BroadcastShardGroup, "barrier_shard_group": BarrierShardGroup,
	"reduce_shard_group": ReduceShardGroup, "all_reduce_shard_group": AllReduceShardGroup,
	"reduce_scatter_shard_group": ReduceScatterShardGroup, "scan_shard_group": ScanShardGroup,
	"gather_shard_group": GatherShardGroup, "all_gather_shard_group": AllGatherShardGroup, "ask_shard": AskShard,
	"send_to_shard": SendToShard, "shard_group_info": ShardGroupInfo, "rescale_shard_group": RescaleShardGroup,
	"delete_shard_group": DeleteShardGroup, "pool_checkout": PoolCheckout, "pool_checkin": PoolCheckin, "pool_info": PoolInfo,
	"pg_join": PgJoin, "pg_leave": PgLeave, "pg_members": PgMembers, "pg_broadcast": PgBroadcast, "pg_first": PgFirst,
	"channel_publish": ChannelPublish, "channel_subscribe": ChannelSubscribe, "channel_next": ChannelNext,
	"channel_ack": ChannelAck, "channel_nack": ChannelNack, "channel_bind": ChannelBind, "channel_info": ChannelInfo,
	"lock_acquire": LockAcquire, "lock_renew": LockRenew, "lock_release": LockRelease, "kv_get": KvGet, "kv_put": KvPut,
	"kv_delete": KvDelete, "kv_list": KvList, "kv_increment": KvIncrement, "kv_compare_and_swap": KvCompareAndSwap,
	"kv_watch": KvWatch, "blob_put": BlobPut, "blob_get": BlobGet, "blob_head": BlobHead, "blob_delete": BlobDelete,
	"blob_list": BlobList, "http_fetch": HTTPFetch, "checkpoint": Checkpoint, "journal_sequence": JournalSequence,
	"is_replaying": IsReplaying, "workflow_start": WorkflowStart, "workflow_signal": WorkflowSignal,
	"workflow_query": WorkflowQuery, "workflow_result": WorkflowResult, "workflow_cancel": WorkflowCancel,
	"workflow_pause": WorkflowPause, "workflow_resume": WorkflowResume,
}

func TestEveryOperationSendsTheCataloguesArguments(t *testing.T) {
	text, err := os.ReadFile("../../host-api/src/main/resources/io/plexspaces/api/op/catalogue.json")
	if err != nil {
		t.Skip("the catalogue is not beside this module")
	}
	var operations []catalogued
	if err := json.Unmarshal(text, &operations); err != nil {
		t.Fatal(err)
	}
	before := wire.Host
	defer func() { wire.Host = before }()
	for _, o := range operations {
		var want []string
		var options []Option
		for _, a := range o.Arguments {
			want = append(want, a.Name)
			if a.Optional {
				options = append(options, With(a.Name, 1))
			}
		}
		var sent []string
		hasBody := false
		wire.Host = func(operation string, h map[string]any, body []byte) (map[string]any, []byte, error) {
			if operation == o.Name {
				for name := range h {
					sent = append(sent, name)
				}
				hasBody = body != nil
			}
			return map[string]any{}, nil, nil
		}
		f, isSpecial := special[o.Name]
		if !isSpecial {
			f = functions[o.Name]
		}
		if f == nil {
			t.Errorf("there is no function for %s", o.Name)
			continue
		}
		called(reflect.ValueOf(f), options)
		slices.Sort(want)
		slices.Sort(sent)
		if !slices.Equal(sent, want) {
			t.Errorf("%s sends %s, not %s", o.Name, strings.Join(sent, ", "), strings.Join(want, ", "))
		}
		if hasBody != (o.Body != "") {
			t.Errorf("%s sends a payload: %v", o.Name, hasBody)
		}
	}
	if len(operations) < len(functions) {
		t.Errorf("the catalogue has %d operations, fewer than functions", len(operations))
	}
}

func called(f reflect.Value, options []Option) {
	var in []reflect.Value
	for i := range f.Type().NumIn() {
		p := f.Type().In(i)
		switch {
		case f.Type().IsVariadic() && i == f.Type().NumIn()-1:
			for _, o := range options {
				in = append(in, reflect.ValueOf(o))
			}
		case p.Kind() == reflect.Slice && p.Elem().Kind() == reflect.Uint8:
			in = append(in, reflect.ValueOf([]byte{1}))
		case p.Kind() == reflect.Interface:
			in = append(in, reflect.ValueOf("x"))
		default:
			in = append(in, reflect.Zero(p))
		}
	}
	f.Call(in)
}

func TestAnOptionThatAnOperationDoesNotKnowIsRefusedByName(t *testing.T) {
	_, err := TsRead([]any{1}, With("patience", 1))
	if err == nil || !strings.Contains(err.Error(), `ts_read has no option "patience"`) {
		t.Fatal(err)
	}
}

func TestWildcardsAndBytesAreAsOnTheWire(t *testing.T) {
	got, err := wire.Marshal([]any{AnyInt, AnyBytes, nil, []byte{1, 2}, int64(1) << 62, 1.0})
	want := `[{"$any":"int"},{"$any":"bytes"},null,{"$bytes":"AQI="},4611686018427387904,1.0]`
	if err != nil || string(got) != want {
		t.Fatalf("%s %v", got, err)
	}
}
