import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { TestNode } from "@plexspaces/sdk/testing";

let node;

beforeEach(async () => {
  node = await TestNode.start({
    main: new URL("../src/main.__EXT__", import.meta.url),
    app: "__APP__",
    children: { board: { type: "board" } },
    types: { counter: { durable: true } },
  });
});

test("a counter counts", () => {
  assert.equal(node.ask("counter/apples", "increment"), 1);
  assert.equal(node.ask("counter/apples", "increment", { by: 2 }), 3);
  assert.equal(node.ask("counter/apples", "get"), 3);
  assert.deepEqual([...node.stream("counter/apples", "history")], [1, 2]);
});

test("it does not count backwards", () => {
  assert.throws(() => node.ask("counter/apples", "increment", { by: -1 }), {
    code: "INVALID_ARGUMENT",
    message: "by must be at least 1, it is -1",
  });
  assert.equal(node.ask("counter/apples", "get"), 0);
});

test("the board adds up", () => {
  node.ask("counter/apples", "increment", { by: 2 });
  node.ask("counter/pears", "increment", { by: 3 });
  assert.equal(node.ask("board", "total", { keys: ["apples", "pears", "plums"] }), 5);
});
