// Actors in the ways that people write them; a node runs the same file and the same requests.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { TestNode } from "../testing/index.js";

const STYLES = new URL("../../system-tests/src/test/styles/", import.meta.url);
const { requests } = JSON.parse(readFileSync(new URL("styles.json", STYLES), "utf8"));

test("actors of all styles do in the harness what they do on a node", async () => {
  const node = await TestNode.start({
    main: new URL("styles.js", STYLES),
    app: "styles",
    children: { main: { type: "chain", durable: true, args: { greeting: "hello" } }, helper: "helper" },
    types: { chain: { durable: true }, flow: { durable: true } },
  });
  assert.ok(requests.length > 15);
  for (const { target, op, payload, expect, error } of requests) {
    const ask = () => node.ask(target, op, payload);
    if (error === undefined) {
      assert.deepEqual(ask(), JSON.parse(JSON.stringify(expect).replaceAll("..ID", "styles")), `${op} of ${target}`);
    } else {
      assert.throws(ask, { code: error }, `${op} of ${target}`);
    }
  }
});
