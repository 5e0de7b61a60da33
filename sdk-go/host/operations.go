package host

// DeferReply is the operation defer_reply: a token with which the running message is answered later.
func DeferReply() (string, error) {
	return get[string]("defer_reply", nil, noBody, nil, nil)
}

// Reply is the operation reply: answers a deferred message.
func Reply(token string, value any) error {
	return do("reply", arguments{"token": token}, value, nil, nil)
}

// Forward is the operation forward: hands the running message on; the reply goes to the original asker.
// Options: content_type.
func Forward(target, op string, payload any, options ...Option) error {
	return do("forward", arguments{"target": target, "op": op}, payload, may{"content_type"}, options)
}

// SendAfter is the operation send_after: sends later; answers the timer's id.
// Options: content_type.
func SendAfter(delayMS int64, target, op string, payload any, options ...Option) (string, error) {
	return get[string]("send_after", arguments{"delay_ms": delayMS, "target": target, "op": op}, payload, may{"content_type"}, options)
}

// SendEvery is the operation send_every: sends again and again; answers the timer's id.
// Options: content_type.
func SendEvery(periodMS int64, target, op string, payload any, options ...Option) (string, error) {
	return get[string]("send_every", arguments{"period_ms": periodMS, "target": target, "op": op}, payload, may{"content_type"}, options)
}

// ScheduleCron is the operation schedule_cron: sends by a cron expression; answers the timer's id.
// Options: tz, content_type.
func ScheduleCron(expr, target, op string, payload any, options ...Option) (string, error) {
	return get[string]("schedule_cron", arguments{"expr": expr, "target": target, "op": op}, payload, may{"tz", "content_type"}, options)
}

// CancelTimer is the operation cancel_timer: ends a timer.
func CancelTimer(id string) error {
	return do("cancel_timer", arguments{"id": id}, noBody, nil, nil)
}

// Spawn is the operation spawn: starts a child of the caller; answers its address.
// Options: args, id, link.
func Spawn(actorType string, options ...Option) (string, error) {
	return get[string]("spawn", arguments{"type": actorType}, noBody, may{"args", "id", "link"}, options)
}

// Stop is the operation stop: stops an actor gracefully.
// Options: reason.
func Stop(id string, options ...Option) error {
	return do("stop", arguments{"id": id}, noBody, may{"reason"}, options)
}

// Delete is the operation delete: stops an actor and removes its journal.
func Delete(id string) error {
	return do("delete", arguments{"id": id}, noBody, nil, nil)
}

// Monitor is the operation monitor: a cast __DOWN__ on any exit; answers the reference.
func Monitor(id string) (string, error) {
	return get[string]("monitor", arguments{"id": id}, noBody, nil, nil)
}

// Demonitor is the operation demonitor: ends a monitor; idempotent.
func Demonitor(ref string) error {
	return do("demonitor", arguments{"ref": ref}, noBody, nil, nil)
}

// Link is the operation link: ties two actors: abnormal exits spread.
func Link(id string) error {
	return do("link", arguments{"id": id}, noBody, nil, nil)
}

// Unlink is the operation unlink: ends a link.
func Unlink(id string) error {
	return do("unlink", arguments{"id": id}, noBody, nil, nil)
}

// Register is the operation register: gives this actor a name in the app.
func Register(name string) error {
	return do("register", arguments{"name": name}, noBody, nil, nil)
}

// Resolve is the operation resolve: the address of the actor with this name, or null.
func Resolve(name string) (string, error) {
	return get[string]("resolve", arguments{"name": name}, noBody, nil, nil)
}

// ActorInfo is the operation actor_info: what is known of an actor.
func ActorInfo(id string) (map[string]any, error) {
	return get[map[string]any]("actor_info", arguments{"id": id}, noBody, nil, nil)
}

// ListActors is the operation list_actors: the app's actors.
// Options: type.
func ListActors(options ...Option) ([]map[string]any, error) {
	return get[[]map[string]any]("list_actors", nil, noBody, may{"type"}, options)
}

// TsWrite is the operation ts_write: writes a tuple; answers its lease.
// Options: ttl_ms, space.
func TsWrite(tuple []any, options ...Option) (string, error) {
	return get[string]("ts_write", arguments{"tuple": tuple}, noBody, may{"ttl_ms", "space"}, options)
}

// TsRead is the operation ts_read: a matching tuple, or null.
// Options: timeout_ms, space.
func TsRead(pattern []any, options ...Option) ([]any, error) {
	return get[[]any]("ts_read", arguments{"pattern": pattern}, noBody, may{"timeout_ms", "space"}, options)
}

// TsTake is the operation ts_take: takes a matching tuple, or null.
// Options: timeout_ms, if_exists, space.
func TsTake(pattern []any, options ...Option) ([]any, error) {
	return get[[]any]("ts_take", arguments{"pattern": pattern}, noBody, may{"timeout_ms", "if_exists", "space"}, options)
}

// TsReadAll is the operation ts_read_all: all matching tuples.
// Options: limit, space.
func TsReadAll(pattern []any, options ...Option) ([][]any, error) {
	return get[[][]any]("ts_read_all", arguments{"pattern": pattern}, noBody, may{"limit", "space"}, options)
}

// TsTakeAll is the operation ts_take_all: takes all matching tuples.
// Options: limit, space.
func TsTakeAll(pattern []any, options ...Option) ([][]any, error) {
	return get[[][]any]("ts_take_all", arguments{"pattern": pattern}, noBody, may{"limit", "space"}, options)
}

// TsCount is the operation ts_count: how many tuples match.
// Options: space.
func TsCount(pattern []any, options ...Option) (int64, error) {
	return get[int64]("ts_count", arguments{"pattern": pattern}, noBody, may{"space"}, options)
}

// TsWriteOnce is the operation ts_write_once: writes unless something matches; answers {written, tuple}.
// Options: ttl_ms, space.
func TsWriteOnce(pattern, tuple []any, options ...Option) (map[string]any, error) {
	return get[map[string]any]("ts_write_once", arguments{"pattern": pattern, "tuple": tuple}, noBody, may{"ttl_ms", "space"}, options)
}

// TsUpdate is the operation ts_update: replaces a matching tuple; answers the old one, or null.
// Options: expected, space.
func TsUpdate(pattern, tuple []any, options ...Option) ([]any, error) {
	return get[[]any]("ts_update", arguments{"pattern": pattern, "tuple": tuple}, noBody, may{"expected", "space"}, options)
}

// TsNotify is the operation ts_notify: a cast per matching write; answers the subscription.
// Options: space.
func TsNotify(pattern []any, op string, options ...Option) (string, error) {
	return get[string]("ts_notify", arguments{"pattern": pattern, "op": op}, noBody, may{"space"}, options)
}

// TsUnsubscribe is the operation ts_unsubscribe: ends a subscription.
func TsUnsubscribe(id string) error {
	return do("ts_unsubscribe", arguments{"id": id}, noBody, nil, nil)
}

// TsRenew is the operation ts_renew: renews a lease.
func TsRenew(lease string, ttlMS any) error {
	return do("ts_renew", arguments{"lease": lease, "ttl_ms": ttlMS}, noBody, nil, nil)
}

// TsCancel is the operation ts_cancel: ends a lease and its tuple.
func TsCancel(lease string) error {
	return do("ts_cancel", arguments{"lease": lease}, noBody, nil, nil)
}

// TsTransaction is the operation ts_transaction: begins, commits or aborts a transaction inside the turn: action is begin, commit or abort.
func TsTransaction(action string) error {
	return do("ts_transaction", arguments{"action": action}, noBody, nil, nil)
}

// CreateShardGroup is the operation create_shard_group: creates a group of shards.
// Options: partition_strategy, placement, initial_state, detached.
func CreateShardGroup(groupID, actorType string, shardCount int64, options ...Option) (map[string]any, error) {
	return get[map[string]any]("create_shard_group", arguments{"group_id": groupID, "actor_type": actorType, "shard_count": shardCount}, noBody, may{"partition_strategy", "placement", "initial_state", "detached"}, options)
}

// ScatterGather is the operation scatter_gather: scatter and gather.
// Options: query, inputs, aggregation, k, timeout_ms, min_responses, min_acks.
func ScatterGather(groupID string, options ...Option) (map[string]any, error) {
	return get[map[string]any]("scatter_gather", arguments{"group_id": groupID}, noBody, may{"query", "inputs", "aggregation", "k", "timeout_ms", "min_responses", "min_acks"}, options)
}

// BroadcastShardGroup is the operation broadcast_shard_group: broadcast.
// Options: timeout_ms, min_responses, min_acks.
func BroadcastShardGroup(groupID string, message any, options ...Option) (map[string]any, error) {
	return get[map[string]any]("broadcast_shard_group", arguments{"group_id": groupID, "message": message}, noBody, may{"timeout_ms", "min_responses", "min_acks"}, options)
}

// BarrierShardGroup is the operation barrier_shard_group: barrier: none leaves before all entered.
// Options: timeout_ms, min_responses, min_acks.
func BarrierShardGroup(groupID string, options ...Option) (map[string]any, error) {
	return get[map[string]any]("barrier_shard_group", arguments{"group_id": groupID}, noBody, may{"timeout_ms", "min_responses", "min_acks"}, options)
}

// ReduceShardGroup is the operation reduce_shard_group: reduce.
// Options: timeout_ms, min_responses, min_acks.
func ReduceShardGroup(groupID string, mapFunction any, reduction string, options ...Option) (map[string]any, error) {
	return get[map[string]any]("reduce_shard_group", arguments{"group_id": groupID, "map_function": mapFunction, "reduction": reduction}, noBody, may{"timeout_ms", "min_responses", "min_acks"}, options)
}

// AllReduceShardGroup is the operation all_reduce_shard_group: reduce; every shard gets the result as the cast __ALLREDUCE__.
// Options: timeout_ms, min_responses, min_acks.
func AllReduceShardGroup(groupID string, mapFunction any, reduction string, options ...Option) (map[string]any, error) {
	return get[map[string]any]("all_reduce_shard_group", arguments{"group_id": groupID, "map_function": mapFunction, "reduction": reduction}, noBody, may{"timeout_ms", "min_responses", "min_acks"}, options)
}

// ReduceScatterShardGroup is the operation reduce_scatter_shard_group: reduce, each shard gets its part.
// Options: timeout_ms, min_responses, min_acks.
func ReduceScatterShardGroup(groupID string, mapFunction any, reduction string, options ...Option) (map[string]any, error) {
	return get[map[string]any]("reduce_scatter_shard_group", arguments{"group_id": groupID, "map_function": mapFunction, "reduction": reduction}, noBody, may{"timeout_ms", "min_responses", "min_acks"}, options)
}

// ScanShardGroup is the operation scan_shard_group: prefix reduction.
// Options: timeout_ms, min_responses, min_acks.
func ScanShardGroup(groupID string, mapFunction any, reduction string, options ...Option) (map[string]any, error) {
	return get[map[string]any]("scan_shard_group", arguments{"group_id": groupID, "map_function": mapFunction, "reduction": reduction}, noBody, may{"timeout_ms", "min_responses", "min_acks"}, options)
}

// GatherShardGroup is the operation gather_shard_group: gather.
// Options: timeout_ms, min_responses, min_acks.
func GatherShardGroup(groupID string, query any, options ...Option) (map[string]any, error) {
	return get[map[string]any]("gather_shard_group", arguments{"group_id": groupID, "query": query}, noBody, may{"timeout_ms", "min_responses", "min_acks"}, options)
}

// AllGatherShardGroup is the operation all_gather_shard_group: gather; every shard gets all.
// Options: timeout_ms, min_responses, min_acks.
func AllGatherShardGroup(groupID string, query any, options ...Option) (map[string]any, error) {
	return get[map[string]any]("all_gather_shard_group", arguments{"group_id": groupID, "query": query}, noBody, may{"timeout_ms", "min_responses", "min_acks"}, options)
}

// AskShard is the operation ask_shard: asks the shard of a key.
// Options: timeout_ms.
func AskShard(groupID string, key any, op string, payload any, options ...Option) (any, error) {
	return get[any]("ask_shard", arguments{"group_id": groupID, "key": key, "op": op}, payload, may{"timeout_ms"}, options)
}

// SendToShard is the operation send_to_shard: sends to the shard of a key.
func SendToShard(groupID string, key any, op string, payload any) (string, error) {
	return get[string]("send_to_shard", arguments{"group_id": groupID, "key": key, "op": op}, payload, nil, nil)
}

// ShardGroupInfo is the operation shard_group_info: what is known of a group.
func ShardGroupInfo(groupID string) (map[string]any, error) {
	return get[map[string]any]("shard_group_info", arguments{"group_id": groupID}, noBody, nil, nil)
}

// RescaleShardGroup is the operation rescale_shard_group: changes the number of shards.
func RescaleShardGroup(groupID string, shardCount int64) (map[string]any, error) {
	return get[map[string]any]("rescale_shard_group", arguments{"group_id": groupID, "shard_count": shardCount}, noBody, nil, nil)
}

// DeleteShardGroup is the operation delete_shard_group: ends a group.
func DeleteShardGroup(groupID string) error {
	return do("delete_shard_group", arguments{"group_id": groupID}, noBody, nil, nil)
}

// PoolCheckout is the operation pool_checkout: borrows a worker: {actor_id, checkout_id}, or null.
// Options: timeout_ms.
func PoolCheckout(pool string, options ...Option) (map[string]any, error) {
	return get[map[string]any]("pool_checkout", arguments{"pool": pool}, noBody, may{"timeout_ms"}, options)
}

// PoolCheckin is the operation pool_checkin: gives a worker back.
// Options: healthy.
func PoolCheckin(pool, actorID, checkoutID string, options ...Option) error {
	return do("pool_checkin", arguments{"pool": pool, "actor_id": actorID, "checkout_id": checkoutID}, noBody, may{"healthy"}, options)
}

// PoolInfo is the operation pool_info: what is known of a pool.
func PoolInfo(pool string) (map[string]any, error) {
	return get[map[string]any]("pool_info", arguments{"pool": pool}, noBody, nil, nil)
}

// PgJoin is the operation pg_join: joins a process group.
func PgJoin(group string) error {
	return do("pg_join", arguments{"group": group}, noBody, nil, nil)
}

// PgLeave is the operation pg_leave: leaves a process group.
func PgLeave(group string) error {
	return do("pg_leave", arguments{"group": group}, noBody, nil, nil)
}

// PgMembers is the operation pg_members: the members of a process group.
func PgMembers(group string) ([]string, error) {
	return get[[]string]("pg_members", arguments{"group": group}, noBody, nil, nil)
}

// PgBroadcast is the operation pg_broadcast: sends to all members; answers how many.
func PgBroadcast(group, op string, payload any) (int64, error) {
	return get[int64]("pg_broadcast", arguments{"group": group, "op": op}, payload, nil, nil)
}

// PgFirst is the operation pg_first: the longest-serving member, or null.
func PgFirst(group string) (string, error) {
	return get[string]("pg_first", arguments{"group": group}, noBody, nil, nil)
}

// ChannelPublish is the operation channel_publish: publishes to a channel; answers the message's id.
// Options: key, headers, delay_ms, ttl_ms.
func ChannelPublish(name string, payload any, options ...Option) (string, error) {
	return get[string]("channel_publish", arguments{"name": name}, payload, may{"key", "headers", "delay_ms", "ttl_ms"}, options)
}

// ChannelSubscribe is the operation channel_subscribe: subscribes; answers the subscription.
// Options: group, start.
func ChannelSubscribe(name string, options ...Option) (string, error) {
	return get[string]("channel_subscribe", arguments{"name": name}, noBody, may{"group", "start"}, options)
}

// ChannelNext is the operation channel_next: the subscription's next message, or null.
// Options: timeout_ms.
func ChannelNext(subscription string, options ...Option) (map[string]any, error) {
	return get[map[string]any]("channel_next", arguments{"subscription": subscription}, noBody, may{"timeout_ms"}, options)
}

// ChannelAck is the operation channel_ack: a message has been handled.
func ChannelAck(subscription, message string) error {
	return do("channel_ack", arguments{"subscription": subscription, "message": message}, noBody, nil, nil)
}

// ChannelNack is the operation channel_nack: a message has not been handled.
// Options: requeue.
func ChannelNack(subscription, message string, options ...Option) error {
	return do("channel_nack", arguments{"subscription": subscription, "message": message}, noBody, may{"requeue"}, options)
}

// ChannelBind is the operation channel_bind: messages of a channel become casts.
func ChannelBind(name, op string) error {
	return do("channel_bind", arguments{"name": name, "op": op}, noBody, nil, nil)
}

// ChannelInfo is the operation channel_info: what is known of a channel.
func ChannelInfo(name string) (map[string]any, error) {
	return get[map[string]any]("channel_info", arguments{"name": name}, noBody, nil, nil)
}

// LockAcquire is the operation lock_acquire: takes a lock: {fence, expires_ms}, or null.
// Options: wait_ms.
func LockAcquire(key string, leaseMS int64, options ...Option) (map[string]any, error) {
	return get[map[string]any]("lock_acquire", arguments{"key": key, "lease_ms": leaseMS}, noBody, may{"wait_ms"}, options)
}

// LockRenew is the operation lock_renew: renews a lock.
func LockRenew(key string, leaseMS int64) (map[string]any, error) {
	return get[map[string]any]("lock_renew", arguments{"key": key, "lease_ms": leaseMS}, noBody, nil, nil)
}

// LockRelease is the operation lock_release: gives a lock back.
func LockRelease(key string) error {
	return do("lock_release", arguments{"key": key}, noBody, nil, nil)
}

// KvGet is the operation kv_get: the value of a key, or null.
// Options: scope.
func KvGet(key string, options ...Option) (any, error) {
	return get[any]("kv_get", arguments{"key": key}, noBody, may{"scope"}, options)
}

// KvPut is the operation kv_put: sets the value of a key.
// Options: ttl_ms, scope.
func KvPut(key string, value any, options ...Option) error {
	return do("kv_put", arguments{"key": key}, value, may{"ttl_ms", "scope"}, options)
}

// KvDelete is the operation kv_delete: removes a key; answers whether it was there.
// Options: scope.
func KvDelete(key string, options ...Option) (bool, error) {
	return get[bool]("kv_delete", arguments{"key": key}, noBody, may{"scope"}, options)
}

// KvList is the operation kv_list: keys that begin with a prefix.
// Options: prefix, limit, scope.
func KvList(options ...Option) ([]string, error) {
	return get[[]string]("kv_list", nil, noBody, may{"prefix", "limit", "scope"}, options)
}

// KvIncrement is the operation kv_increment: adds to a counter; answers its value.
// Options: by, scope.
func KvIncrement(key string, options ...Option) (int64, error) {
	return get[int64]("kv_increment", arguments{"key": key}, noBody, may{"by", "scope"}, options)
}

// KvCompareAndSwap is the operation kv_compare_and_swap: sets a value where the old one is as expected.
// Options: scope.
func KvCompareAndSwap(key string, expected, value any, options ...Option) (bool, error) {
	return get[bool]("kv_compare_and_swap", arguments{"key": key, "expected": expected}, value, may{"scope"}, options)
}

// KvWatch is the operation kv_watch: a cast per change; answers the watch.
func KvWatch(prefix, op string) (string, error) {
	return get[string]("kv_watch", arguments{"prefix": prefix, "op": op}, noBody, nil, nil)
}

// BlobPut is the operation blob_put: stores a blob: {etag, size}.
// Options: content_type.
func BlobPut(name string, body []byte, options ...Option) (map[string]any, error) {
	return get[map[string]any]("blob_put", arguments{"name": name}, body, may{"content_type"}, options)
}

// BlobGet is the operation blob_get: reads a blob or a range of it.
// Options: offset, length.
func BlobGet(name string, options ...Option) ([]byte, error) {
	return get[[]byte]("blob_get", arguments{"name": name}, noBody, may{"offset", "length"}, options)
}

// BlobHead is the operation blob_head: answers {etag, size, content_type}, or null.
func BlobHead(name string) (map[string]any, error) {
	return get[map[string]any]("blob_head", arguments{"name": name}, noBody, nil, nil)
}

// BlobDelete is the operation blob_delete: removes a blob; answers whether it was there.
func BlobDelete(name string) (bool, error) {
	return get[bool]("blob_delete", arguments{"name": name}, noBody, nil, nil)
}

// BlobList is the operation blob_list: names that begin with a prefix.
// Options: prefix, limit.
func BlobList(options ...Option) ([]string, error) {
	return get[[]string]("blob_list", nil, noBody, may{"prefix", "limit"}, options)
}

// HTTPFetch is the operation http_fetch: calls a service link: {status, headers, body}.
// Options: headers.
func HTTPFetch(link, method, path string, body []byte, options ...Option) (map[string]any, error) {
	return get[map[string]any]("http_fetch", arguments{"link": link, "method": method, "path": path}, body, may{"headers"}, options)
}

// Checkpoint is the operation checkpoint: writes a full state with this turn.
func Checkpoint() error {
	return do("checkpoint", nil, noBody, nil, nil)
}

// JournalSequence is the operation journal_sequence: the number of the last committed turn.
func JournalSequence() (int64, error) {
	return get[int64]("journal_sequence", nil, noBody, nil, nil)
}

// IsReplaying is the operation is_replaying: whether a run is being replayed.
func IsReplaying() (bool, error) {
	return get[bool]("is_replaying", nil, noBody, nil, nil)
}

// WorkflowStart is the operation workflow_start: starts a run; answers its id.
func WorkflowStart(actorType, id string, payload any) (string, error) {
	return get[string]("workflow_start", arguments{"type": actorType, "id": id}, payload, nil, nil)
}

// WorkflowSignal is the operation workflow_signal: signals a run.
func WorkflowSignal(id, name string, payload any) error {
	return do("workflow_signal", arguments{"id": id, "name": name}, payload, nil, nil)
}

// WorkflowQuery is the operation workflow_query: reads a run.
// Options: args.
func WorkflowQuery(id, name string, options ...Option) (any, error) {
	return get[any]("workflow_query", arguments{"id": id, "name": name}, noBody, may{"args"}, options)
}

// WorkflowResult is the operation workflow_result: waits for a run's result.
// Options: timeout_ms.
func WorkflowResult(id string, options ...Option) (any, error) {
	return get[any]("workflow_result", arguments{"id": id}, noBody, may{"timeout_ms"}, options)
}

// WorkflowCancel is the operation workflow_cancel: cancels a run.
func WorkflowCancel(id string) error {
	return do("workflow_cancel", arguments{"id": id}, noBody, nil, nil)
}

// WorkflowPause is the operation workflow_pause: pauses a run.
func WorkflowPause(id string) error {
	return do("workflow_pause", arguments{"id": id}, noBody, nil, nil)
}

// WorkflowResume is the operation workflow_resume: lets a paused run go on.
func WorkflowResume(id string) error {
	return do("workflow_resume", arguments{"id": id}, noBody, nil, nil)
}
