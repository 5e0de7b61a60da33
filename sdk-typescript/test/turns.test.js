// How the test node judges turns: as a node does.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, test } from "node:test";
import { CHANGING } from "../testing/effects.js";
import { TestNode } from "../testing/index.js";

const CATALOGUE = new URL("../../host-api/src/main/resources/io/plexspaces/api/op/catalogue.json", import.meta.url);

let node;

beforeEach(async () => {
  node = await TestNode.start({
    main: new URL("fixtures/lab.ts", import.meta.url),
    app: "lab",
    children: { a: "worker", b: { type: "worker", durable: true } },
  });
});

const restarts = () => node.logs.filter((l) => l.actor === "lab/worker/a" && /^restored/.test(l.message)).length - 1;

test("the effects are the catalogue's", () => {
  const changing = JSON.parse(readFileSync(CATALOGUE, "utf8")).filter((o) => ["deferred", "tentative"].includes(o.effect));
  assert.deepEqual(changing.map((o) => o.name).sort(), [...CHANGING].sort());
});

test("a query changes nothing", () => {
  for (const actor of ["a", "b"]) {
    node.ask(actor, "add", { by: 4 });
    assert.deepEqual([node.ask(actor, "peek"), node.ask(actor, "peek")], [5, 5]);
    assert.throws(() => node.ask(actor, "peek", { how: "write" }), {
      code: "FAILED_PRECONDITION",
      message: "ts_write changes something, but the running handler is a query",
    });
    assert.throws(() => node.ask(actor, "peek", { how: "refuse" }), { code: "NOT_FOUND", business: true });
    node.send(actor, "peek");
    assert.equal(node.ask("a", "ask_other", { target: "b", op: "value" }), actor === "a" ? 0 : 4);
    assert.deepEqual([node.state(actor).value, node.state(actor).seen], [4, []]);
  }
  assert.deepEqual([node.tuples([null]), restarts()], [[], 0]);
  node.crash("b");
  assert.equal(node.ask("b", "value"), 4);
});

test("a query that streams changes nothing either", () => {
  const values = node.stream("a", "glance", { n: 2 });
  assert.deepEqual([values.next().value, values.next().value], [0, 0]);
  assert.throws(() => values.next(), { code: "FAILED_PRECONDITION", message: /ts_write changes something/ });
  assert.deepEqual(node.tuples([null]), []);
});

test("an error that a handler lets through is no crash", () => {
  for (const target of ["nobody", "ghost/x", "nowhere/worker/x"]) {
    for (const op of ["ask_other", "ask_all_through"]) {
      for (let i = 0; i < 12; i++) {
        assert.throws(() => node.ask("a", op, { target }), { code: "NOT_FOUND" });
      }
    }
  }
  assert.equal(restarts(), 0);
  assert.throws(() => node.ask("a", "own", { target: "a", code: "ABORTED" }), { message: "what I looked for" });
  assert.equal(restarts(), 0);
  assert.throws(() => node.ask("a", "own", { target: "nobody", code: "NOT_FOUND" }), { message: "what I looked for" });
  assert.equal(restarts(), 1);
});

test("a code of the host alone is no excuse", () => {
  assert.throws(() => node.ask("a", "system"), { code: "UNAVAILABLE" });
  assert.equal(restarts(), 1);
});

test("a stream ends with the turn that opened it", () => {
  assert.deepEqual(node.ask("a", "open", { target: "b" }), { i: 0 });
  assert.deepEqual(node.state("b").seen, ["closed"]);
  assert.throws(() => node.ask("a", "go_on"), { code: "NOT_FOUND", message: /there is no open stream ".*" here/ });
});

test("a stream in a stream lives as long as it", () => {
  const relay = (most) => node.stream("a", "relay", { target: "b", most });
  const values = relay(2);
  assert.deepEqual([values.next().value, values.next().value], [{ i: 0 }, { i: 1 }]);
  assert.deepEqual(node.state("b").seen, []);
  assert.throws(() => values.next(), { code: "FAILED_PRECONDITION", message: "enough" });
  assert.deepEqual(node.state("b").seen, ["closed"]);
  const again = relay();
  again.next();
  again.return();
  assert.equal(node.state("b").seen.length, 2);
  assert.equal([...relay()].length, 9);
  assert.equal(node.state("b").seen.length, 3);
});

test("a stream whose actor is gone has failed, and is not complete", () => {
  const values = node.stream("b", "ticks", { n: 9 });
  values.next();
  node.crash("b", "broken");
  assert.throws(() => values.next(), { code: "UNAVAILABLE", message: /lab\/worker\/b has ended.*broken/ });
  const relayed = node.stream("a", "relay", { target: "b" });
  relayed.next();
  node.crash("a", "broken");
  assert.deepEqual(node.state("b").seen, ["closed"]);
});

test("two parts are type and key, and more begin with the app", () => {
  assert.equal(node.ask("lab/worker/x/y", "add", { by: 3 }), 3);
  assert.equal(node.state("lab/worker/x/y").value, 3);
  for (const target of ["worker/x/y", "worker/x/y/z"]) {
    const refusal = { code: "NOT_FOUND", message: /there is no app "worker"/ };
    assert.throws(() => node.ask(target, "value"), refusal);
    assert.throws(() => node.ask("a", "ask_other", { target }), refusal);
  }
  for (const target of ["worker/", "lab/worker/", `worker/${"é".repeat(257)}`]) {
    assert.throws(() => node.ask("a", "ask_other", { target }), { code: "INVALID_ARGUMENT", message: /actor key/ });
  }
});

test("what is declared a number is one, however many digits it has", () => {
  const n = 2n ** 60n + 1n;
  const payload = { x: n, list: [n], pair: ["a", n], map: { m: n }, n, any: n, deep: { x: 1, next: { x: n } } };
  const { kinds, sum } = node.ask("a", "measures", payload);
  assert.deepEqual(kinds, [...Array(4).fill("number"), "bigint", "bigint", "number", "number"]);
  assert.equal(Number(sum), 2 ** 61);
});
