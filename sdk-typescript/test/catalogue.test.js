// Every operation of the host API has a method, which sends exactly the arguments of the catalogue.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { host } from "../src/index.js";

const CATALOGUE = JSON.parse(
  readFileSync(new URL("../../host-api/src/main/resources/io/plexspaces/api/op/catalogue.json", import.meta.url), "utf8"),
);
const bytes = new Uint8Array([1]);
const group = { groupId: "g" };
const round = { ...group, timeoutMs: 1, minResponses: 1, minAcks: 1 };
const reduction = { ...round, mapFunction: "f", reduction: "sum" };
const typed = { contentType: "a/b" };

/** For each operation the call with all of its arguments, and one with as few as can be. */
const CALLS = {
  ask: [() => host.ask("t", "o", 1, 9, typed), () => host.ask("t", "o")],
  ask_all: [() => host.askAll([["t", "o"]], 9), () => host.askAll([])],
  send: [() => host.send("t", "o", 1, typed), () => host.send("t", "o")],
  ask_stream: [() => host.askStream("t", "o", 1, 9, typed), () => host.askStream("t", "o")],
  stream_next: [() => host.askStream("t", "o", 1, 9).next(), () => host.askStream("t", "o").next()],
  stream_close: [() => host.askStream("t", "o").return()],
  defer_reply: [() => host.deferReply()],
  reply: [() => host.reply("k", 1)],
  forward: [() => host.forward("t", "o", 1, typed), () => host.forward("t", "o")],
  send_after: [() => host.sendAfter(1, "t", "o", 1, typed), () => host.sendAfter(1, "t", "o")],
  send_every: [() => host.sendEvery(1, "t", "o", 1, typed), () => host.sendEvery(1, "t", "o")],
  schedule_cron: [
    () => host.scheduleCron("* * * * *", "t", "o", 1, { tz: "UTC", ...typed }),
    () => host.scheduleCron("* * * * *", "t", "o"),
  ],
  cancel_timer: [() => host.cancelTimer("i")],
  spawn: [() => host.spawn("t", {}, { id: "i", link: true }), () => host.spawn("t")],
  stop: [() => host.stop("i", "normal"), () => host.stop("i")],
  delete: [() => host.delete("i")],
  monitor: [() => host.monitor("i")],
  demonitor: [() => host.demonitor("r")],
  link: [() => host.link("i")],
  unlink: [() => host.unlink("i")],
  register: [() => host.register("n")],
  resolve: [() => host.resolve("n")],
  actor_info: [() => host.actorInfo("i")],
  list_actors: [() => host.listActors("t"), () => host.listActors()],
  now_ms: [() => host.nowMs()],
  random: [() => host.random()],
  uuid: [() => host.uuid()],
  sleep: [() => host.sleep(1)],
  log: [() => host.log("info", "m", {}), () => host.log("info", "m")],
  ts_write: [() => host.ts.write([1], { ttlMs: "owner", space: "s" }), () => host.ts.write([1])],
  ts_read: [() => host.ts.read([1], { timeoutMs: 1, space: "s" }), () => host.ts.read([1])],
  ts_take: [() => host.ts.take([1], { timeoutMs: 1, ifExists: true, space: "s" }), () => host.ts.take([1])],
  ts_read_all: [() => host.ts.readAll([1], { limit: 1, space: "s" }), () => host.ts.readAll([1])],
  ts_take_all: [() => host.ts.takeAll([1], { limit: 1, space: "s" }), () => host.ts.takeAll([1])],
  ts_count: [() => host.ts.count([1], { space: "s" }), () => host.ts.count([1])],
  ts_write_once: [() => host.ts.writeOnce([1], [1], { ttlMs: 1, space: "s" }), () => host.ts.writeOnce([1], [1])],
  ts_update: [() => host.ts.update([1], [1], { expected: [1], space: "s" }), () => host.ts.update([1], [1])],
  ts_notify: [() => host.ts.notify([1], "o", { space: "s" }), () => host.ts.notify([1], "o")],
  ts_unsubscribe: [() => host.ts.unsubscribe("i")],
  ts_renew: [() => host.ts.renew("l", 1)],
  ts_cancel: [() => host.ts.cancel("l")],
  ts_transaction: [() => host.ts.transaction(() => 1)],
  create_shard_group: [
    () =>
      host.createShardGroup({
        groupId: "g",
        actorType: "t",
        shardCount: 2,
        partitionStrategy: "hash",
        placement: { strategy: "local" },
        initialState: {},
        detached: true,
      }),
    () => host.createShardGroup({ groupId: "g", actorType: "t", shardCount: 2 }),
  ],
  scatter_gather: [
    () => host.scatterGather({ ...round, query: 1, inputs: [], aggregation: "top_k", k: 2 }),
    () => host.scatterGather(group),
  ],
  broadcast_shard_group: [
    () => host.broadcastShardGroup({ ...round, message: 1 }),
    () => host.broadcastShardGroup({ ...group, message: 1 }),
  ],
  barrier_shard_group: [() => host.barrierShardGroup(round), () => host.barrierShardGroup(group)],
  reduce_shard_group: [() => host.reduceShardGroup(reduction)],
  all_reduce_shard_group: [() => host.allReduceShardGroup(reduction)],
  reduce_scatter_shard_group: [() => host.reduceScatterShardGroup(reduction)],
  scan_shard_group: [() => host.scanShardGroup(reduction)],
  gather_shard_group: [() => host.gatherShardGroup({ ...round, query: 1 })],
  all_gather_shard_group: [() => host.allGatherShardGroup({ ...round, query: 1 })],
  ask_shard: [() => host.askShard("g", "k", "o", 1, 9), () => host.askShard("g", "k", "o")],
  send_to_shard: [() => host.sendToShard("g", "k", "o", 1)],
  shard_group_info: [() => host.shardGroupInfo("g")],
  rescale_shard_group: [() => host.rescaleShardGroup("g", 3)],
  delete_shard_group: [() => host.deleteShardGroup("g")],
  pool_checkout: [() => host.pool.checkout("p", 1), () => host.pool.checkout("p")],
  pool_checkin: [() => host.pool.checkin("p", "a", "c", false), () => host.pool.checkin("p", "a", "c")],
  pool_info: [() => host.pool.info("p")],
  pg_join: [() => host.pg.join("g")],
  pg_leave: [() => host.pg.leave("g")],
  pg_members: [() => host.pg.members("g")],
  pg_broadcast: [() => host.pg.broadcast("g", "o", 1)],
  pg_first: [() => host.pg.first("g")],
  channel_publish: [
    () => host.channel.publish("n", 1, { key: "k", headers: {}, delayMs: 1, ttlMs: 1 }),
    () => host.channel.publish("n", 1),
  ],
  channel_subscribe: [
    () => host.channel.subscribe("n", { group: "g", start: "new" }),
    () => host.channel.subscribe("n"),
  ],
  channel_next: [() => host.channel.subscribe("n").next(1), () => host.channel.subscribe("n").next()],
  channel_ack: [() => host.channel.subscribe("n").ack({ id: "m" })],
  channel_nack: [() => host.channel.subscribe("n").nack("m", false), () => host.channel.subscribe("n").nack("m")],
  channel_bind: [() => host.channel.bind("n", "o")],
  channel_info: [() => host.channel.info("n")],
  lock_acquire: [() => host.lock.acquire("k", 1, 2), () => host.lock.acquire("k", 1)],
  lock_renew: [() => host.lock.renew("k", 1)],
  lock_release: [() => host.lock.release("k")],
  kv_get: [() => host.kv.get("k", { scope: "actor" }), () => host.kv.get("k")],
  kv_put: [() => host.kv.put("k", 1, { ttlMs: 1, scope: "actor" }), () => host.kv.put("k", 1)],
  kv_delete: [() => host.kv.delete("k", { scope: "actor" }), () => host.kv.delete("k")],
  kv_list: [() => host.kv.list("p", { limit: 1, scope: "actor" }), () => host.kv.list()],
  kv_increment: [() => host.kv.increment("k", 2, { scope: "actor" }), () => host.kv.increment("k")],
  kv_compare_and_swap: [
    () => host.kv.compareAndSwap("k", 1, 2, { scope: "actor" }),
    () => host.kv.compareAndSwap("k", null, 2),
  ],
  kv_watch: [() => host.kv.watch("p", "o")],
  blob_put: [() => host.blob.put("b", bytes, typed), () => host.blob.put("b", bytes)],
  blob_get: [() => host.blob.get("b", { offset: 1, length: 2 }), () => host.blob.get("b")],
  blob_head: [() => host.blob.head("b")],
  blob_delete: [() => host.blob.delete("b")],
  blob_list: [() => host.blob.list("p", { limit: 1 }), () => host.blob.list()],
  http_fetch: [() => host.httpFetch("l", "GET", "/", "x", { a: "b" }), () => host.httpFetch("l", "GET", "/")],
  application_metrics_add: [
    () =>
      host.applicationMetricsAdd("i", { messageCount: 1, counter_metrics: {}, gaugeMetrics: {}, latencyTotalsMs: {} }),
    () => host.applicationMetricsAdd("i", {}),
  ],
  checkpoint: [() => host.checkpoint()],
  journal_sequence: [() => host.journalSequence()],
  is_replaying: [() => host.isReplaying()],
  workflow_start: [() => host.workflow.start("t", "i", 1)],
  workflow_signal: [() => host.workflow.signal("i", "n", 1)],
  workflow_query: [() => host.workflow.query("i", "n", {}), () => host.workflow.query("i", "n")],
  workflow_result: [() => host.workflow.result("i", 1), () => host.workflow.result("i")],
  workflow_cancel: [() => host.workflow.cancel("i")],
  workflow_pause: [() => host.workflow.pause("i")],
  workflow_resume: [() => host.workflow.resume("i")],
};

/** The last call of an operation that a function makes. */
function sent(operation, run) {
  let seen;
  globalThis.__plexspaces_host = (name, header, body) => {
    if (name === operation) {
      seen = { header: JSON.parse(header), body };
    }
    return name === "ask_all" ? "0[]" : name === "stream_next" ? "00" : '0"id"';
  };
  run();
  assert.ok(seen, `${operation} was not called`);
  return seen;
}

for (const { name, arguments: args, body } of CATALOGUE) {
  test(`host sends ${name} as the catalogue says`, () => {
    const [full, least = full] = CALLS[name] ?? assert.fail(`no method for ${name}`);
    const all = sent(name, full);
    assert.deepEqual(Object.keys(all.header).sort(), args.map((a) => a.name).sort());
    for (const { name: argument, type } of args) {
      const v = all.header[argument];
      const actual = Array.isArray(v) ? "array" : Number.isInteger(v) ? "integer" : typeof v;
      assert.ok(type === "any" || type === actual, `${argument} is ${actual}, not ${type}`);
    }
    assert.equal(all.body !== "", body !== undefined, "body");
    const few = sent(name, least).header;
    const optional = new Set(args.filter((a) => a.optional).map((a) => a.name));
    const given = new Set([...Object.keys(few), ...optional]);
    assert.deepEqual([...given].sort(), args.map((a) => a.name).sort());
    if (least !== full) {
      const extra = Object.keys(few).filter((n) => optional.has(n) && n !== "timeout_ms");
      assert.deepEqual(extra, [], "optional arguments that were not given");
    }
  });
}

test("the catalogue has every operation that the SDK sends", () => {
  assert.deepEqual(Object.keys(CALLS).sort(), CATALOGUE.map((o) => o.name).sort());
});
