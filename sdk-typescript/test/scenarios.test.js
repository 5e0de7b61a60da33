// What every host operation does: the scenarios that a node and all harnesses share.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { HostError, TestNode } from "../testing/index.js";

const API = new URL("../../host-api/src/", import.meta.url);
const read = (file) => JSON.parse(readFileSync(new URL(file, API), "utf8"));
const { scenarios } = read("test/resources/io/plexspaces/api/op/scenarios.json");
const catalogue = read("main/resources/io/plexspaces/api/op/catalogue.json");
/** What the harness answers as a node of this version does. */
const ABSENT = [
  ...["defer_reply", "reply", "forward", "pool_checkout", "pool_checkin", "pool_info"],
  ...["start", "signal", "query", "result", "cancel", "pause", "resume"].map((n) => `workflow_${n}`),
];
/** Tested in testing.test.js: blobs are bytes. */
const ELSEWHERE = ["blob_put", "blob_get", "blob_head", "blob_delete", "blob_list"];

const start = () =>
  TestNode.start({
    main: new URL("fixtures/scenarios.ts", import.meta.url),
    app: "shop",
    children: { main: { type: "lab", durable: true } },
    types: { lab: { durable: true }, plain: { durable: true } },
    links: {
      prices: ({ method, path, text }) => ({ status: 201, headers: { "x-kind": "fake" }, body: `${method} ${path} ${text}` }),
      down: () => {
        throw new HostError("UNAVAILABLE", "the service does not answer");
      },
    },
  });

/** A value with what earlier steps saved. */
function filled(value, saved) {
  if (Array.isArray(value)) {
    return value.map((v) => filled(v, saved));
  }
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, filled(v, saved)]));
  }
  if (typeof value === "string" && value.startsWith("$") && !value.startsWith("$#")) {
    const [name, field] = value.slice(1).split(".");
    return field === undefined ? saved[name] : saved[name][field];
  }
  return value;
}

function fits(expected, got) {
  if (typeof expected === "string" && expected.startsWith("*")) {
    return expected === "*" || typeof got === expected.slice(1);
  }
  if (Array.isArray(expected)) {
    return Array.isArray(got) && expected.length === got.length && expected.every((e, i) => fits(e, got[i]));
  }
  if (expected === null || typeof expected !== "object") {
    return expected === got;
  }
  if (got === null || typeof got !== "object" || Array.isArray(got)) {
    return false;
  }
  if ("!" in expected) {
    return expected["!"] === got["!"];
  }
  const { "...": more, ...fields } = expected;
  const names = Object.keys(fields);
  return (more || names.length === Object.keys(got).length) && names.every((k) => k in got && fits(fields[k], got[k]));
}

function take(node, step, saved) {
  if ("advance" in step) {
    return node.advance(step.advance);
  }
  const isTurn = "do" in step;
  const { refuse = false } = step;
  const payload = filled(isTurn ? { calls: step.calls, refuse } : (step.payload ?? {}), saved);
  if (step.within !== undefined) {
    node.advance(step.within);
  }
  const ask = () => node.ask(isTurn ? step.do : step.ask, isTurn ? "do" : step.op, payload);
  const code = refuse ? "FAILED_PRECONDITION" : step.error;
  if (code !== undefined) {
    return assert.throws(ask, (e) => {
      assert.equal(e.code, code, e.message);
      return e.message.includes(step.naming ?? "");
    });
  }
  const got = ask();
  if ("expect" in step) {
    const text = `${JSON.stringify(step)}\ngot ${JSON.stringify(got)}`;
    assert.ok(fits(filled(step.expect, saved), got), text);
  }
  for (const [name, call] of Object.entries(step.save ?? {})) {
    saved[name] = got[call];
  }
  return undefined;
}

for (const { name, operations, steps } of scenarios.filter((s) => !s.operations.some((o) => ABSENT.includes(o)))) {
  test(name, async () => {
    const node = await start();
    const saved = {};
    assert.ok(operations.length > 0);
    steps.forEach((step) => take(node, step, saved));
  });
}

test("what an Integer does not hold is refused, not given as another type", async () => {
  const node = await start();
  for (const by of [2n ** 53n + 1n, -(2n ** 53n)]) {
    assert.throws(() => node.ask("lab/a", "add", { by }), { code: "INVALID_ARGUMENT", message: /by/ });
  }
  assert.equal(node.ask("lab/a", "add", { by: Number.MAX_SAFE_INTEGER }), Number.MAX_SAFE_INTEGER);
});

test("every operation has a scenario, or is absent as on a node", async () => {
  const tried = scenarios.flatMap((s) => s.operations);
  const all = [...new Set([...tried, ...ABSENT, ...ELSEWHERE])].sort();
  assert.deepEqual(all, catalogue.map((o) => o.name).sort());
  assert.deepEqual(catalogue.filter((o) => o.available && ABSENT.includes(o.name)), []);
  const node = await start();
  for (const name of ABSENT) {
    const [answer] = node.ask("lab/a", "do", { calls: [[name, {}]] });
    assert.deepEqual(answer, {
      "!": "UNIMPLEMENTED",
      message: `the host operation "${name}" is not supported by this version`,
    });
  }
});
