// The conformance suite's actor in TypeScript: one operation for each behaviour that is compared
// between the languages.
import {
  BusinessError,
  type ErrorCode,
  host,
  HostError,
  type BigInteger,
  type Integer,
  type Json,
  PlexSpacesActor,
  registerActors,
  SystemError,
} from "@plexspaces/sdk";

interface State {
  data: Record<string, any>;
  remembered: any[];
}

type Args = Record<string, any>;
type Nested = Nested[];

/** Host operations by their wire names, through the SDK's public methods. */
const OPERATIONS: Record<string, (a: Args) => any> = {
  ask: (a) => host.ask(a.target, a.op, a.payload, a.timeout_ms),
  ask_all: (a) =>
    host
      .askAll(a.calls, a.timeout_ms)
      .map((o) =>
        o.error === undefined ? { ok: o.value } : { error: { code: o.error.code, message: o.error.message } },
      ),
  send: (a) => host.send(a.target, a.op, a.payload),
  ask_stream: (a) => [...host.askStream(a.target, a.op, a.payload, a.timeout_ms)],
  stream_next: (a) => host.askStream(a.target, a.op, a.payload, a.timeout_ms).next().value ?? null,
  stream_close: (a) => host.askStream(a.target, a.op, a.payload, a.timeout_ms).close(),
  defer_reply: () => host.deferReply(),
  reply: (a) => host.reply(a.token, a.value),
  forward: (a) => host.forward(a.target, a.op, a.payload),
  send_after: (a) => host.sendAfter(a.delay_ms, a.target, a.op, a.payload),
  send_every: (a) => host.sendEvery(a.period_ms, a.target, a.op, a.payload),
  schedule_cron: (a) => host.scheduleCron(a.expr, a.target, a.op, a.payload, { tz: a.tz }),
  cancel_timer: (a) => host.cancelTimer(a.id),
  spawn: (a) => host.spawn(a.type, a.args, { id: a.id, link: a.link }),
  stop: (a) => host.stop(a.id, a.reason),
  delete: (a) => host.delete(a.id),
  monitor: (a) => host.monitor(a.id),
  demonitor: (a) => host.demonitor(a.ref),
  link: (a) => host.link(a.id),
  unlink: (a) => host.unlink(a.id),
  register: (a) => host.register(a.name),
  resolve: (a) => host.resolve(a.name),
  actor_info: (a) => host.actorInfo(a.id),
  list_actors: (a) => host.listActors(a.type),
  now_ms: () => host.nowMs(),
  random: () => host.random(),
  uuid: () => host.uuid(),
  sleep: (a) => host.sleep(a.ms),
  log: (a) => host.log(a.level, a.message, a.fields),
  ts_write: (a) => host.ts.write(a.tuple, { ttlMs: a.ttl_ms, space: a.space }),
  ts_read: (a) => host.ts.read(a.pattern, { timeoutMs: a.timeout_ms, space: a.space }),
  ts_take: (a) => host.ts.take(a.pattern, { timeoutMs: a.timeout_ms, ifExists: a.if_exists, space: a.space }),
  ts_read_all: (a) => host.ts.readAll(a.pattern, { limit: a.limit, space: a.space }),
  ts_take_all: (a) => host.ts.takeAll(a.pattern, { limit: a.limit, space: a.space }),
  ts_count: (a) => host.ts.count(a.pattern, { space: a.space }),
  ts_write_once: (a) => host.ts.writeOnce(a.pattern, a.tuple, { ttlMs: a.ttl_ms, space: a.space }),
  ts_update: (a) => host.ts.update(a.pattern, a.tuple, { expected: a.expected, space: a.space }),
  ts_notify: (a) => host.ts.notify(a.pattern, a.op, { space: a.space }),
  ts_unsubscribe: (a) => host.ts.unsubscribe(a.id),
  ts_renew: (a) => host.ts.renew(a.lease, a.ttl_ms),
  ts_cancel: (a) => host.ts.cancel(a.lease),
  ts_transaction: () => host.ts.transaction(() => null),
  create_shard_group: (a) => host.createShardGroup(a as any),
  scatter_gather: (a) => host.scatterGather(a as any),
  broadcast_shard_group: (a) => host.broadcastShardGroup(a as any),
  barrier_shard_group: (a) => host.barrierShardGroup(a as any),
  reduce_shard_group: (a) => host.reduceShardGroup(a as any),
  all_reduce_shard_group: (a) => host.allReduceShardGroup(a as any),
  reduce_scatter_shard_group: (a) => host.reduceScatterShardGroup(a as any),
  scan_shard_group: (a) => host.scanShardGroup(a as any),
  gather_shard_group: (a) => host.gatherShardGroup(a as any),
  all_gather_shard_group: (a) => host.allGatherShardGroup(a as any),
  ask_shard: (a) => host.askShard(a.group_id, a.key, a.op, a.payload, a.timeout_ms),
  send_to_shard: (a) => host.sendToShard(a.group_id, a.key, a.op, a.payload),
  shard_group_info: (a) => host.shardGroupInfo(a.group_id),
  rescale_shard_group: (a) => host.rescaleShardGroup(a.group_id, a.shard_count),
  delete_shard_group: (a) => host.deleteShardGroup(a.group_id),
  pool_checkout: (a) => host.pool.checkout(a.pool, a.timeout_ms),
  pool_checkin: (a) => host.pool.checkin(a.pool, a.actor_id, a.checkout_id, a.healthy),
  pool_info: (a) => host.pool.info(a.pool),
  pg_join: (a) => host.pg.join(a.group),
  pg_leave: (a) => host.pg.leave(a.group),
  pg_members: (a) => host.pg.members(a.group),
  pg_broadcast: (a) => host.pg.broadcast(a.group, a.op, a.payload),
  pg_first: (a) => host.pg.first(a.group),
  channel_publish: (a) =>
    host.channel.publish(a.name, a.payload, { key: a.key, headers: a.headers, delayMs: a.delay_ms, ttlMs: a.ttl_ms }),
  channel_subscribe: (a) => host.channel.subscribe(a.name, { group: a.group, start: a.start }).id,
  channel_next: (a) => host.channel.subscribe(a.name).next(a.timeout_ms),
  channel_ack: (a) => host.channel.subscribe(a.name).ack(a.message),
  channel_nack: (a) => host.channel.subscribe(a.name).nack(a.message, a.requeue),
  channel_bind: (a) => host.channel.bind(a.name, a.op),
  channel_info: (a) => host.channel.info(a.name),
  lock_acquire: (a) => host.lock.acquire(a.key, a.lease_ms, a.wait_ms),
  lock_renew: (a) => host.lock.renew(a.key, a.lease_ms),
  lock_release: (a) => host.lock.release(a.key),
  kv_get: (a) => host.kv.get(a.key, { scope: a.scope }),
  kv_put: (a) => host.kv.put(a.key, a.value, { ttlMs: a.ttl_ms, scope: a.scope }),
  kv_delete: (a) => host.kv.delete(a.key, { scope: a.scope }),
  kv_list: (a) => host.kv.list(a.prefix, { limit: a.limit, scope: a.scope }),
  kv_increment: (a) => host.kv.increment(a.key, a.by, { scope: a.scope }),
  kv_compare_and_swap: (a) => host.kv.compareAndSwap(a.key, a.expected, a.value, { scope: a.scope }),
  kv_watch: (a) => host.kv.watch(a.prefix, a.op),
  blob_put: (a) => host.blob.put(a.name, a.bytes, { contentType: a.content_type }),
  blob_get: (a) => host.blob.get(a.name, { offset: a.offset, length: a.length }),
  blob_head: (a) => host.blob.head(a.name),
  blob_delete: (a) => host.blob.delete(a.name),
  blob_list: (a) => host.blob.list(a.prefix, { limit: a.limit }),
  http_fetch: (a) => host.httpFetch(a.link, a.method, a.path, a.bytes, a.headers),
  application_metrics_add: ({ id, ...metrics }) => host.applicationMetricsAdd(id, metrics),
  checkpoint: () => host.checkpoint(),
  journal_sequence: () => host.journalSequence(),
  is_replaying: () => host.isReplaying(),
  workflow_start: (a) => host.workflow.start(a.type, a.id, a.payload),
  workflow_signal: (a) => host.workflow.signal(a.id, a.name, a.payload),
  workflow_query: (a) => host.workflow.query(a.id, a.name, a.args),
  workflow_result: (a) => host.workflow.result(a.id, a.timeout_ms),
  workflow_cancel: (a) => host.workflow.cancel(a.id),
  workflow_pause: (a) => host.workflow.pause(a.id),
  workflow_resume: (a) => host.workflow.resume(a.id),
};

/** Drops what was not given, so that options are left out of the wire as an SDK's user leaves them out. */
function run(operation: string, args: Args = {}): any {
  const call = OPERATIONS[operation];
  if (call === undefined) {
    throw new BusinessError("INVALID_ARGUMENT", `the probe knows no operation "${operation}"`);
  }
  return call(args) ?? null;
}

class ProbeActor extends PlexSpacesActor<State> {
  static readonly queries = ["get", "remembered"];
  static readonly casts = ["remember"];

  getDefaultState(): State {
    return { data: {}, remembered: [] };
  }

  /** Gives back what it got. */
  onEcho(payload: any) {
    return payload;
  }

  onAdd({ a, b }: { a: BigInteger; b: BigInteger }): bigint {
    return BigInt(a) + BigInt(b);
  }

  onTyped({
    name,
    age,
    tags = [],
    nick = null,
  }: {
    name: string;
    age: Integer;
    tags?: string[];
    nick?: string | null;
  }): { name: string; age: Integer; tags: string[]; nick: string | null } {
    return { name, age, tags, nick };
  }

  onFail({ how, code = "FAILED_PRECONDITION", message = "as asked" }: { how: string; code?: string; message?: string }) {
    switch (how) {
      case "business":
        throw new BusinessError(code as ErrorCode, message);
      case "system":
        throw new SystemError(message, false);
      case "recoverable":
        throw new SystemError(message, true);
      case "value":
        throw new RangeError(message);
      case "crash":
        return (undefined as any).member;
      default:
        throw new BusinessError("INVALID_ARGUMENT", `cannot fail like "${how}"`);
    }
  }

  onNested({ depth }: { depth: Integer }) {
    let list: Nested = [];
    for (let i = 1; i < depth; i++) {
      list = [list];
    }
    return list;
  }

  onText({ n }: { n: Integer }): string {
    return "é".repeat(n);
  }

  onSet({ key, value }: { key: string; value: any }) {
    this.state.data[key] = value;
  }

  onGet({ key }: { key: string }) {
    return this.state.data[key] ?? null;
  }

  onSetAndFail({ key, value }: { key: string; value: any }) {
    this.state.data[key] = value;
    throw new BusinessError("FAILED_PRECONDITION", "set and failed");
  }

  onRemember({ value }: { value: any }) {
    this.state.remembered.push(value);
  }

  onRemembered() {
    return this.state.remembered;
  }

  onHost({ operation, args }: { operation: string; args?: Record<string, any> }) {
    return run(operation, args);
  }

  onCatch({ operation, args }: { operation: string; args?: Record<string, any> }) {
    try {
      run(operation, args);
      return { code: null };
    } catch (e) {
      if (e instanceof HostError) {
        return { code: e.code, message: e.message, retryable: e.retryable };
      }
      throw e;
    }
  }

  *onStream({
    n,
    fail_at = -1,
    pause_ms = 0,
  }: {
    n: Integer;
    fail_at?: Integer;
    pause_ms?: Integer;
  }): Generator<{ i: Integer }> {
    let ended = false;
    try {
      for (let i = 0; i < n; i++) {
        if (pause_ms > 0 && i > 0) {
          host.sleep(pause_ms);
        }
        if (i === fail_at) {
          ended = true;
          throw new BusinessError("FAILED_PRECONDITION", `failed at ${i}`);
        }
        yield { i };
      }
      ended = true;
    } finally {
      if (!ended) {
        this.state.data.closed = true;
      }
    }
  }

  onCollect({ target, op, payload = {}, limit }: { target: string; op: string; payload?: any; limit: Integer }) {
    const values: Json[] = [];
    for (const value of host.askStream(target, op, payload)) {
      values.push(value);
      if (values.length === limit) {
        break;
      }
    }
    return values;
  }

  onRandoms({ n }: { n: Integer }): number[] {
    return Array.from({ length: n }, () => Math.random());
  }

  onClock(): Integer {
    return Date.now();
  }

  onSpin() {
    for (;;) {
      // Until somebody stops it.
    }
  }

  onRecurse(): Integer {
    return this.onRecurse() + 1;
  }

  onAllocate() {
    const kept: Uint8Array[] = [];
    for (;;) {
      kept.push(new Uint8Array(1 << 16).fill(kept.length));
    }
  }

  onPrint({ text }: { text: string }) {
    console.log(text);
    host.log("info", text);
  }

  onNan() {
    return NaN;
  }

  onBytes({ n }: { n: Integer }): Uint8Array {
    return Uint8Array.from({ length: n }, (_, i) => i % 256);
  }

  onMeasure({ data }: { data: Uint8Array }): Integer {
    return data.length;
  }
}

registerActors(ProbeActor);
