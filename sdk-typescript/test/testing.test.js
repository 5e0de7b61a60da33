import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { HostError, TestNode } from "../testing/index.js";

const options = {
  main: new URL("fixtures/lab.ts", import.meta.url),
  app: "lab",
  children: { a: "worker", b: { type: "worker", durable: true, args: { n: 1 } } },
  links: { bank: ({ method, text }) => ({ status: 201, body: `${method} ${text}` }) },
};
let node;

beforeEach(async () => {
  node = await TestNode.start(options);
});

const values = () => [node.ask("a", "value"), node.ask("b", "value")];

test("actors have realms of their own, and async handlers are awaited", () => {
  assert.equal(node.ask("a", "add", { by: 2 }), 2);
  assert.equal(node.ask("worker/free", "add", { by: 7 }), 7);
  assert.deepEqual(values(), [2, 0]);
  assert.equal(node.ask("b", "ask_other", { target: "a", op: "add", payload: { by: 3 } }), 5);
  assert.deepEqual(node.state("b").config, { args: { n: 1 }, shard: null, restored: false });
  assert.throws(() => node.ask("a", "never"), /promise that nothing settles/);
});

test("a refused turn leaves nothing of its own", () => {
  node.send("worker/w", "note", {});
  const seen = node.tuples([null, null]);
  node.ask("a", "add", { by: 1 });
  assert.throws(() => node.ask("a", "add_and_refuse", { by: 5 }), (e) => e instanceof HostError && e.business);
  assert.equal(node.ask("a", "value"), 1);
  assert.equal("extra" in node.state("a"), false);
  assert.deepEqual(node.tuples([null, null]), seen);
  assert.deepEqual(node.state("b").seen, []);
});

test("a crash restarts a supervised actor; durable state comes back", () => {
  node.ask("a", "add", { by: 1 });
  node.ask("b", "add", { by: 1 });
  for (const target of ["a", "b"]) {
    assert.throws(() => node.ask(target, "break"), (e) => {
      assert.equal(e.code, "INTERNAL");
      assert.match(e.message, /^TypeError: /);
      assert.match(e.details.stack, /onBreak \(test\/fixtures\/lab\.ts:\d+:\d+\)$/);
      return true;
    });
  }
  assert.deepEqual(values(), [0, 1]);
  const inits = node.logs.filter((l) => l.message.startsWith("restored"));
  assert.deepEqual(
    inits.map((l) => [l.actor.slice(-1), l.message]),
    [["a", "restored false"], ["b", "restored false"], ["a", "restored false"], ["b", "restored true"]],
  );
  assert.throws(() => node.ask("a", "system"), { code: "UNAVAILABLE", retryable: true });
});

test("what was sent before an ask to the same actor comes first", () => {
  assert.equal(node.ask("a", "send_then_ask", { target: "b" }), 5);
});

test("actors that would wait for each other are refused, naming the cycle", () => {
  const payload = { target: "b", op: "ask_other", payload: { target: "a" } };
  assert.throws(() => node.ask("a", "ask_other", payload), {
    code: "ABORTED",
    message: /lab\/worker\/a -> lab\/worker\/b -> lab\/worker\/a/,
  });
});

test("time is virtual: it passes for who waits, and when the test says so", () => {
  assert.deepEqual(node.ask("a", "sleep", { ms: 5000 }), [5000, 5000]);
  const start = node.now;
  node.ask("a", "later", { ms: 100 });
  const id = node.ask("a", "later", { ms: 40, every: true });
  node.advance(39);
  assert.deepEqual(node.state("a").seen, []);
  node.advance(61);
  assert.deepEqual(node.state("a").seen, [
    { tick: true, due_ms: start + 40 },
    { tick: true, due_ms: start + 80 },
    { at: 100, due_ms: start + 100 },
  ]);
  node.ask("a", "cancel", { id });
  node.advance(1000);
  assert.equal(node.state("a").seen.length, 3);
  assert.throws(
    () => node.ask("b", "ask_other", { target: "a", op: "sleep", payload: { ms: 2000 }, timeoutMs: 500 }),
    { code: "DEADLINE_EXCEEDED" },
  );
});

test("a tuple goes to who waits for it, or nobody when the time is over", () => {
  const before = node.now;
  assert.equal(node.ask("a", "take_job", { timeoutMs: 300 }), null);
  assert.equal(node.now - before, 300);
  node.ask("b", "later", { ms: 50 });
  assert.throws(() => node.ask("a", "timer"), /setTimeout is not available in an actor.*host\.sendAfter/);
});

test("a transaction that throws leaves the tuples as they were", async () => {
  const lab = await TestNode.start(options);
  lab.spaces.put("", lab.spaces.make(["job", 1]));
  lab.spaces.put("", lab.spaces.make(["job", 2]));
  assert.equal(lab.ask("a", "move"), 1);
  assert.throws(() => lab.ask("a", "move"), { code: "INVALID_ARGUMENT" });
  assert.deepEqual(lab.tuples(["job", null]), [["job", 2]]);
  assert.deepEqual(lab.tuples(["done", null]), [["done", 1]]);
  assert.deepEqual(lab.ask("b", "take_job", { timeoutMs: 0 }), ["job", 2]);
});

test("monitors hear of every exit, links of abnormal ones", () => {
  const ref = node.ask("a", "watch", { target: "b" });
  node.crash("b", "pulled the plug");
  assert.deepEqual(node.state("a").seen, [
    { monitor_ref: ref, down_from: "lab/worker/b", down_reason: "error: pulled the plug" },
  ]);
  node.ask("a", "watch", { target: "worker/nobody" });
  assert.equal(node.state("a").seen[1].down_reason, "noproc");
  node.ask("worker/x", "add", { by: 1 });
  node.ask("worker/y", "add", { by: 1 });
  node.ask("worker/x", "link", { target: "worker/y" });
  node.crash("worker/y");
  assert.equal(node.ask("worker/x", "value"), 0);
});

test("locks, keys, groups, channels and links work as their names say", () => {
  assert.equal(node.ask("a", "locked", { ms: 0 }), 1);
  assert.equal(node.ask("b", "locked", { ms: 10 }), null);
  assert.equal(node.ask("b", "locked", { ms: 5000 }), 2);
  assert.deepEqual(node.ask("a", "kv"), [null, { a: 1 }, 5, true, ["k", "n"]]);
  node.ask("a", "join");
  assert.deepEqual(node.ask("b", "join"), ["lab/worker/a", "lab/worker/b"]);
  assert.equal(node.ask("a", "shout"), 2);
  assert.deepEqual(node.state("b").seen, [{ shout: 1 }]);
  node.ask("a", "publish", { n: 1 });
  node.ask("a", "publish", { n: 2 });
  assert.deepEqual([node.ask("b", "consume"), node.ask("a", "consume"), node.ask("a", "consume")], [{ n: 1 }, { n: 2 }, null]);
  assert.deepEqual(node.ask("a", "fetch"), [201, "POST hi"]);
});

test("shards are asked in order, and a barrier lets all go together", () => {
  const [count, sum, all, one] = node.ask("a", "shards");
  assert.deepEqual([count, sum, all, one], [3, 9, [3, 3, 3], 3]);
  assert.deepEqual(node.state("worker/g-2").seen, [3]);
  assert.equal(node.state("worker/g-1").config.shard, 1);
  assert.equal(node.tuples(["met", null]).length, 3);
});

test("streams end a turn with each value, and are closed by who leaves them", () => {
  const seen = [];
  for (const { i } of node.stream("a", "ticks", { n: 5 })) {
    seen.push([i, node.state("a").value]);
    if (i === 1) break;
  }
  assert.deepEqual(seen, [[0, 0], [1, 1]]);
  assert.deepEqual(node.state("a").seen, ["closed"]);
  assert.deepEqual(node.ask("b", "first", { target: "a" }), { i: 0 });
  assert.deepEqual(node.state("a").seen, ["closed", "closed"]);
});

test("equal seeds give equal runs", async () => {
  const other = await TestNode.start(options);
  const numbers = node.ask("a", "numbers");
  assert.deepEqual(other.ask("a", "numbers"), numbers);
  const third = await TestNode.start({ ...options, seed: 2 });
  assert.notDeepEqual(third.ask("a", "numbers"), numbers);
});

test("a target can be made to fail, and mistakes are named", async () => {
  node.failing.set("b", { code: "UNAVAILABLE", message: "is restarting" });
  assert.throws(() => node.ask("a", "ask_other", { target: "b" }), { code: "UNAVAILABLE", message: "is restarting" });
  assert.throws(() => node.ask("c", "value"), /there is no child "c"; there are a, b/);
  assert.throws(() => node.ask("a", "nope"), /has no operation "nope"/);
  await assert.rejects(TestNode.start({ ...options, childs: {} }), /unknown option "childs"/);
  await assert.rejects(TestNode.start({ main: "nowhere.ts" }), /there is no .*nowhere\.ts/);
});
