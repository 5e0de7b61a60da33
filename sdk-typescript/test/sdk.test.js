import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import {
  ANY_INT,
  actor,
  actorApplicationId,
  BusinessError,
  handler,
  host,
  HostError,
  PlexSpacesActor,
  registerActors,
  SystemError,
  TimeoutError,
} from "../src/index.js";
import { registry, snakeCase } from "../src/actor.js";
import { parse, stringify } from "../src/json.js";
import { generator } from "../src/runtime.js";

const [DESCRIBE, INIT, HANDLE, SNAPSHOT, RESTORE, TERMINATE, RESUME] = [0, 1, 2, 3, 4, 5, 6];
const SEED = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/** Answers host operations from a table, and remembers what was asked. */
function fakeHost(answers) {
  const calls = [];
  globalThis.__plexspaces_host = (operation, header, body) => {
    calls.push({ operation, header: JSON.parse(header), body });
    const answer = answers[operation];
    return typeof answer === "function" ? answer(JSON.parse(header), body) : "0" + (answer ?? "");
  };
  return calls;
}

async function call(op, header = {}, body = "") {
  const text = await globalThis.__plexspaces_call(op, JSON.stringify(header), body);
  if (text[0] === "0") {
    return { ok: text.slice(1) };
  }
  return { error: JSON.parse(text.slice(1)) };
}

async function spawn(type, body = "{}") {
  const answer = await call(INIT, { type, actor_id: `app/${type}/k`, seed: SEED }, body);
  assert.equal(answer.error, undefined);
}

const ask = (op, payload) => call(HANDLE, { op, kind: "call" }, payload === undefined ? "" : stringify(payload));

class CounterActor extends PlexSpacesActor {
  static queries = ["get"];
  static casts = ["reset"];

  getDefaultState() {
    return { count: 0, step: 1 };
  }

  onInit(config) {
    this.state.step = config.args?.step ?? 1;
  }

  onIncrement({ by = 1 }) {
    this.state.count += by * this.state.step;
    return { count: this.state.count };
  }

  onGet() {
    return this.state.count;
  }

  onReset() {
    this.state.count = 0;
  }

  async onExecuteChain({ n }) {
    let sum = 0;
    for (let i = 1; i <= n; i++) {
      sum += await Promise.resolve(i);
    }
    return sum;
  }

  onRefuse() {
    throw new BusinessError("FAILED_PRECONDITION", "not now", { why: "closed" });
  }

  onRange() {
    throw new RangeError("page must be 1 or more");
  }

  async onCrash() {
    await null;
    return undefined.x;
  }

  onRecurse() {
    return this.onRecurse() + 1;
  }

  onFail() {
    throw new SystemError("the disk is gone", true);
  }

  onEcho(payload) {
    return payload;
  }

  onWho() {
    return [this.actorId, this.actorApplicationId(), this.siblingActorId("b"), this.siblingActorId("t/b")];
  }

  onKeep() {
    this.state.seen = new Map([["a", 1]]);
  }
}

beforeEach(() => {
  registry.clear();
  registerActors(CounterActor);
  fakeHost({});
});

test("describes types, operations and kinds", async () => {
  const description = JSON.parse((await call(DESCRIBE)).ok);
  assert.equal(description.abi, 1);
  const [counter] = description.types;
  assert.equal(counter.name, "counter");
  const kinds = Object.fromEntries(counter.operations.map((o) => [o.name, o.kind]));
  assert.equal(kinds.get, "query");
  assert.equal(kinds.reset, "cast");
  assert.equal(kinds.execute_chain, "call");
  assert.ok(!("init" in kinds) && !("terminate" in kinds));
});

test("keeps state, initialises from config, answers sync and async handlers", async () => {
  await spawn("counter", '{"args":{"step":10}}');
  assert.equal((await ask("increment", { by: 2 })).ok, '{"count":20}');
  assert.equal((await ask("increment")).ok, '{"count":30}');
  assert.equal((await ask("get")).ok, "30");
  assert.equal((await ask("reset")).ok, "null");
  assert.equal((await ask("execute_chain", { n: 4 })).ok, "10");
});

test("knows its address in the constructor, and its siblings", async () => {
  class Early extends PlexSpacesActor {
    where = this.actorId;
    onWhere() {
      return this.where;
    }
  }
  registerActors(Early);
  await spawn("early");
  assert.equal((await ask("where")).ok, '"app/early/k"');
  await spawn("counter");
  assert.deepEqual(JSON.parse((await ask("who")).ok), ["app/counter/k", "app", "b", "app/t/b"]);
  assert.equal(actorApplicationId("shop/cart/a/b"), "shop");
});

test("a snapshot is laid over the defaults and what onInit did", async () => {
  await spawn("counter", '{"args":{"step":7}}');
  assert.equal((await call(SNAPSHOT)).ok, '{"count":0,"step":7}');
  assert.equal((await call(RESTORE, {}, '{"count":5}')).ok, "");
  assert.equal((await ask("increment")).ok, '{"count":12}');
});

test("errors have the code, the message and the blame that the contract says", async () => {
  await spawn("counter");
  const refused = (await ask("refuse")).error;
  assert.deepEqual(refused, {
    code: "FAILED_PRECONDITION",
    message: "not now",
    retryable: false,
    details: { why: "closed" },
    business: true,
  });
  const range = (await ask("range")).error;
  assert.equal(range.code, "INVALID_ARGUMENT");
  assert.equal(range.business, true);
  const crash = (await ask("crash")).error;
  assert.equal(crash.code, "INTERNAL");
  assert.equal(crash.business, undefined);
  assert.match(crash.message, /^TypeError: /);
  assert.match(crash.details.stack, /onCrash/);
  const deep = (await ask("recurse")).error;
  assert.equal(deep.code, "INTERNAL");
  assert.match(deep.message, /call stack/);
  assert.equal((await ask("fail")).error.code, "UNAVAILABLE");
});

test("a class with onRun is a workflow: signals are casts, queries queries, under their own names", async () => {
  class OrderFlow extends PlexSpacesActor {
    async onRun({ n }) {
      return n + 1;
    }
    onSignal_approveNow({ by }) {
      this.state.by = by;
    }
    onQuery_status() {
      return this.state.by ?? "nobody";
    }
  }
  registerActors(OrderFlow);
  const flow = JSON.parse((await call(DESCRIBE)).ok).types.find((t) => t.name === "order_flow");
  assert.equal(flow.behavior, "Workflow");
  assert.deepEqual(flow.operations, [
    { name: "run", kind: "call" },
    { name: "approveNow", kind: "cast" },
    { name: "status", kind: "query" },
  ]);
  await spawn("order_flow");
  assert.equal((await ask("run", { n: 1 })).ok, "2");
  await ask("approveNow", { by: "bob" });
  assert.equal((await ask("status")).ok, '"bob"');
});

test("a generator's values are answers of their own, and closing it runs its finally", async () => {
  class Ticker extends PlexSpacesActor {
    async *onTicks({ n }) {
      try {
        for (let i = 0; i < n; i++) {
          yield i;
        }
      } finally {
        this.state.closed = true;
      }
    }
    *inherited() {
      yield 1;
    }
    onClosed() {
      return this.state.closed ?? false;
    }
  }
  handler("marked")(Ticker.prototype.inherited, { kind: "method", name: "inherited" });
  registerActors(Ticker);
  const described = JSON.parse((await call(DESCRIBE)).ok).types.find((t) => t.name === "ticker");
  assert.deepEqual(described.operations.map((o) => [o.name, o.stream ?? false]), [
    ["ticks", true],
    ["marked", true],
    ["closed", false],
  ]);
  await spawn("ticker");
  assert.equal((await call(HANDLE, { op: "ticks", id: "m1", stream: true }, '{"n":5}')).ok, "10");
  assert.equal((await call(RESUME, { id: "m1" })).ok, "11");
  assert.equal((await call(RESUME, { id: "m1", close: true })).ok, "0");
  assert.equal((await ask("closed")).ok, "true");
  assert.equal((await call(RESUME, { id: "m1", close: true })).ok, "0");
  assert.equal((await call(RESUME, { id: "m1" })).error.code, "NOT_FOUND");
  assert.match((await ask("ticks", {})).error.message, /use host.askStream/);
});

test("a transaction commits what its function did, and is abandoned when it throws", async () => {
  const calls = fakeHost({ ts_take: '["a",1]', ts_write: '"l"' });
  assert.equal(
    host.ts.transaction((tx) => {
      const [, n] = tx.take(["a", ANY_INT]);
      tx.write(["a", n + 1]);
      return n;
    }),
    1,
  );
  assert.throws(() =>
    host.ts.transaction(() => {
      throw new RangeError("no");
    }),
  );
  assert.equal(await host.ts.transaction(async () => 7), 7);
  assert.deepEqual(calls.map((c) => c.header.action ?? c.operation), [
    "begin",
    "ts_take",
    "ts_write",
    "commit",
    "begin",
    "abort",
    "begin",
    "commit",
  ]);
  assert.deepEqual(calls[1].header.pattern, ["a", { $any: "int" }]);
});

test("what has no number is refused, not written as null", () => {
  assert.throws(() => stringify(NaN), /NaN has no JSON form/);
  assert.throws(() => stringify({ a: null, deep: [{ rate: -Infinity }] }), /-Infinity has no JSON form \(in "rate"\)/);
  assert.equal(stringify({ a: null, b: "null" }), '{"a":null,"b":"null"}');
});

test("an unknown operation is refused by name, a system cast without handler is dropped", async () => {
  await spawn("counter");
  const { error } = await ask("decrement");
  assert.match(error.message, /no operation "decrement"; it has increment, /);
  assert.equal(error.business, true);
  assert.equal((await ask("__DOWN__", {})).ok, "null");
  assert.equal((await ask("__EXIT__", {})).error.business, true);
});

test("a payload that is not JSON is refused", async () => {
  await spawn("counter");
  const { error } = await call(HANDLE, { op: "echo", kind: "call" }, "{nope");
  assert.equal(error.code, "INVALID_ARGUMENT");
  assert.equal(error.business, true);
});

test("state that would be lost is refused, not lost", async () => {
  await spawn("counter");
  await ask("keep");
  assert.match((await call(SNAPSHOT)).error.message, /a Map has no JSON form/);
});

test("terminate is told the reason", async () => {
  const seen = [];
  class Ending extends PlexSpacesActor {
    onTerminate(reason) {
      seen.push(reason);
    }
  }
  registerActors(Ending);
  await spawn("ending");
  await call(TERMINATE, { reason: "shutdown" });
  assert.deepEqual(seen, ["shutdown"]);
});

test("no text becomes a number, whatever it is", () => {
  const texts = ["\u0001int\u000142", "$int42", "$int_42", "$int", "$int__", '"$int42"'];
  for (const s of [...texts, texts.join("")]) {
    const value = { big: 2n ** 60n, none: null, s, list: [s, -(2n ** 62n)], [s]: { [s]: s } };
    const text = stringify(value);
    assert.equal(text, JSON.stringify(JSON.parse(text.replaceAll(/-?\d{17,}/g, '"$&"'))).replaceAll(/"(-?\d{17,})"/g, "$1"));
    assert.deepEqual(parse(text), value);
  }
  const forged = '{"a":{"\\u0024int":"42"},"b":{"$int":"x"},"c":{"\\u0024int\\u005f":"7"},"big":9007199254740993}';
  assert.deepEqual(parse(forged), { a: { $int: "42" }, b: { $int: "x" }, c: { $int_: "7" }, big: 9007199254740993n });
  assert.equal(stringify([1n, { toJSON: () => stringify([2n]) }]), '[1,"[2]"]');
});

test("long runs of a mark cost no more than other text", { timeout: 5000 }, () => {
  const s = "$int" + "_".repeat(100_000);
  assert.ok(parse(stringify({ s, big: 2n ** 60n })).s === s);
});

test("integers keep 64 bits and bytes are bytes, both ways", () => {
  const text = '{"a":9223372036854775807,"b":-9007199254740993,"c":12,"d":"9223372036854775807","e":1e20,"f":0.12345678901234567}';
  const value = parse(text);
  assert.equal(value.a, 9223372036854775807n);
  assert.equal(value.b, -9007199254740993n);
  assert.equal(value.d, "9223372036854775807");
  assert.equal(value.e, 1e20);
  assert.equal(value.f, 0.12345678901234567);
  assert.equal(stringify({ a: value.a, s: '"q"\\', n: [1n] }), '{"a":9223372036854775807,"s":"\\"q\\"\\\\","n":[1]}');
  for (const n of [0, 1, 2, 3, 4, 255]) {
    const bytes = Uint8Array.from({ length: n }, (_, i) => (i * 37) & 255);
    assert.deepEqual(parse(stringify({ x: bytes })).x, bytes);
  }
  assert.equal(stringify(new Uint8Array([1, 2])), '{"$bytes":"AQI="}');
  assert.deepEqual(parse('{"$int":"5","n":9223372036854775807}'), { $int: "5", n: 9223372036854775807n });
});

test("everybody else's JSON is left alone", () => {
  assert.equal(JSON.stringify(new Uint8Array([7])), '{"0":7}');
  assert.equal(JSON.stringify(new Map()), "{}");
  assert.throws(() => JSON.stringify(1n), TypeError);
});

test("host calls have the wire form of the contract", () => {
  const calls = fakeHost({
    ask: '{"v":1}',
    ask_all: '[{"ok":1},{"error":{"code":"NOT_FOUND","message":"gone"}}]',
    send: '"m-1"',
    resolve: "null",
    now_ms: "12",
    ts_write: '"l-1"',
    ts_take: '["a",1]',
    ts_write_once: '{"written":true,"tuple":["a"]}',
  });
  assert.deepEqual(host.ask("a/b/c", "go", { x: 1 }), { v: 1 });
  assert.deepEqual(host.ask("b/c", { op: "go", x: 1 }, 50), { v: 1 });
  const [first, second] = host.askAll([["a", "go"], { target: "b", op: "go", payload: 2 }]);
  assert.equal(first.value, 1);
  assert.equal(second.error.code, "NOT_FOUND");
  assert.equal(host.send("x", "tick"), "m-1");
  assert.equal(host.resolve("n"), null);
  assert.equal(host.nowMs(), 12);
  assert.equal(host.ts.write(["a", 1], { ttlMs: 10 }), "l-1");
  assert.deepEqual(host.ts.take(["a", null], { timeoutMs: -1, ifExists: true }), ["a", 1]);
  assert.equal(host.ts.writeOnce(["a"], ["a"]).written, true);
  host.log("info", "hello", { n: 1 });
  assert.deepEqual(calls.map((c) => [c.operation, c.header, c.body]), [
    ["ask", { target: "a/b/c", op: "go", timeout_ms: 5000 }, '{"x":1}'],
    ["ask", { target: "b/c", op: "go", timeout_ms: 50 }, '{"x":1}'],
    [
      "ask_all",
      { calls: [{ target: "a", op: "go", payload: {} }, { target: "b", op: "go", payload: 2 }], timeout_ms: 5000 },
      "",
    ],
    ["send", { target: "x", op: "tick" }, "{}"],
    ["resolve", { name: "n" }, ""],
    ["now_ms", {}, ""],
    ["ts_write", { tuple: ["a", 1], ttl_ms: 10 }, ""],
    ["ts_take", { pattern: ["a", null], timeout_ms: -1, if_exists: true }, ""],
    ["ts_write_once", { pattern: ["a"], tuple: ["a"] }, ""],
    ["log", { level: "info", message: "hello", fields: { n: 1 } }, ""],
  ]);
});

test("a refused host call is thrown as an error that can be caught or passed on", () => {
  fakeHost({ ask: () => '1{"code":"DEADLINE_EXCEEDED","message":"too slow","retryable":true}' });
  assert.throws(() => host.ask("a", "b"), (e) => e instanceof TimeoutError && e instanceof HostError && e.retryable);
  fakeHost({ ask: () => '1{"code":"NOT_FOUND","message":"no page","retryable":false,"business":true}' });
  assert.throws(() => host.ask("a", "b"), { code: "NOT_FOUND", business: true, message: "no page" });
});

test("unknown options and levels are refused by name", () => {
  assert.throws(() => host.ts.write(["a"], { ttl: 5 }), /unknown option "ttl"; one of ttlMs, space/);
  assert.throws(() => host.log("fatal", "x"), /unknown level "fatal"/);
  assert.throws(() => new BusinessError("NOPE", "x"), /unknown code "NOPE"/);
});

test("type names are snake_case without a trailing Actor", () => {
  assert.equal(snakeCase("QualityFSM"), "quality_fsm");
  for (const [type, name] of [
    [class QualityFSMActor extends PlexSpacesActor {}, "quality_fsm"],
    [class Actor extends PlexSpacesActor {}, "actor"],
    [class Factor extends PlexSpacesActor {}, "factor"],
    [
      class X extends PlexSpacesActor {
        static actorType = "my-x";
      },
      "my-x",
    ],
  ]) {
    registry.clear();
    registerActors(type);
    assert.deepEqual([...registry.keys()], [name]);
  }
});

test("mistakes in a class are refused when it is registered", () => {
  assert.throws(() => registerActors(class A {}), /A does not extend PlexSpacesActor/);
  class Twice extends PlexSpacesActor {
    onDo_it() {}
    onDoIt() {}
  }
  assert.throws(() => registerActors(Twice), /onDo_it and onDoIt both handle "do_it"/);
  class Lost extends PlexSpacesActor {
    static queries = ["nope"];
  }
  assert.throws(() => registerActors(Lost), /static queries names "nope"/);
  class Flow extends PlexSpacesActor {
    onSignal_go() {}
  }
  assert.throws(() => registerActors(Flow), /onSignal_go belongs to a workflow, which needs onRun/);
  class Spring extends PlexSpacesActor {
    static casts = ["flow"];
    *onFlow() {}
  }
  assert.throws(() => registerActors(Spring), /onFlow yields values, but "flow" is a cast/);
  const other = { CounterActor: class CounterActor extends PlexSpacesActor {} }.CounterActor;
  assert.throws(() => registerActors(other), /two classes are the actor type "counter"/);
});

test("decorators register and name, in both of their forms", async () => {
  class Standard extends PlexSpacesActor {
    look() {
      return 1;
    }
  }
  handler("peek", "query")(Standard.prototype.look, { kind: "method", name: "look" });
  actor({ type: "std" })(Standard, { kind: "class" });
  class Legacy extends PlexSpacesActor {
    look() {
      return 2;
    }
  }
  handler()(Legacy.prototype, "look", Object.getOwnPropertyDescriptor(Legacy.prototype, "look"));
  actor(Legacy);
  assert.equal(registry.get("std").operations.get("peek").kind, "query");
  await spawn("legacy");
  assert.equal((await ask("look")).ok, "2");
  assert.throws(() => actor({ typ: "x" }), /unknown option "typ"/);
  assert.throws(() => handler("x", "get"), /unknown kind "get"/);
});

test("randomness repeats with its seed and differs with another", async () => {
  const original = Math.random;
  try {
    await spawn("counter");
    const a = [Math.random(), Math.random(), Math.random()];
    await spawn("counter");
    assert.deepEqual([Math.random(), Math.random(), Math.random()], a);
  } finally {
    Math.random = original;
  }
  const one = generator(SEED);
  const two = generator("ff" + SEED.slice(2));
  let sum = 0;
  for (let i = 0; i < 1000; i++) {
    const x = one();
    assert.ok(x >= 0 && x < 1);
    assert.notEqual(x, two());
    sum += x;
  }
  assert.ok(Math.abs(sum / 1000 - 0.5) < 0.05);
});
