import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { TestNode } from "@plexspaces/sdk/testing";

let node;

beforeEach(async () => {
  node = await TestNode.start({
    main: new URL("../src/main.ts", import.meta.url),
    app: "bank-typescript",
    children: { bank: { type: "bank", durable: true }, audit: { type: "audit", durable: true } },
    types: { account: { durable: true } },
  });
  node.ask("account/alice", "open", { owner: "Alice", balance: 1000 });
  node.ask("account/bob", "open", { owner: "Bob" });
});

const balance = (key) => node.ask(`account/${key}`, "balance");
const transfer = (source, target, amount) =>
  node.ask("bank", "transfer", { source: `account/${source}`, target: `account/${target}`, amount });
const refusal = (code, message) => ({ code, business: true, message });

test("an account is opened once", () => {
  assert.deepEqual(node.ask("account/carol", "open", { owner: "Carol" }), { owner: "Carol", balance: 0 });
  assert.throws(
    () => node.ask("account/carol", "open", { owner: "Eve" }),
    refusal("ALREADY_EXISTS", /open already, for Carol/),
  );
});

test("money goes in and out", () => {
  assert.equal(node.ask("account/alice", "deposit", { amount: 50 }), 1050);
  assert.equal(node.ask("account/alice", "withdraw", { amount: 300 }), 750);
  assert.equal(balance("alice"), 750);
});

test("what cannot be is refused, and changes nothing", () => {
  assert.throws(
    () => node.ask("account/alice", "withdraw", { amount: 1001 }),
    refusal("FAILED_PRECONDITION", "insufficient funds: balance 1000, asked 1001"),
  );
  assert.throws(() => node.ask("account/alice", "deposit", { amount: 0 }), refusal("INVALID_ARGUMENT", /amount/));
  assert.throws(() => node.ask("account/nobody", "balance"), refusal("NOT_FOUND", /is not open/));
  assert.equal(balance("alice"), 1000);
});

test("a statement is a stream of entries", () => {
  node.ask("account/alice", "deposit", { amount: 5 });
  node.ask("account/alice", "withdraw", { amount: 3 });
  assert.deepEqual(
    [...node.stream("account/alice", "statement", { since: 1 })],
    [
      { n: 2, kind: "deposit", amount: 5, balance: 1005 },
      { n: 3, kind: "withdraw", amount: 3, balance: 1002 },
    ],
  );
  assert.equal(node.ask("bank", "statement_of", { account: "account/alice" }).length, 3);
});

test("a transfer moves money and is recorded", () => {
  assert.deepEqual(transfer("alice", "bob", 400), { id: "t1", source_balance: 600, target_balance: 400 });
  transfer("bob", "alice", 100);
  assert.deepEqual([balance("alice"), balance("bob")], [700, 300]);
  assert.equal(node.ask("bank", "transfers"), 2);
  const newest = { id: "t2", source: "account/bob", target: "account/alice", amount: 100 };
  assert.deepEqual(node.ask("audit", "entries", { limit: 1 }), [newest]);
  assert.deepEqual(node.tuples(["transfer", null, null, null, null]), [
    ["transfer", "t1", "account/alice", "account/bob", 400],
    ["transfer", "t2", "account/bob", "account/alice", 100],
  ]);
});

test("a transfer that fails half-way gives the money back", () => {
  assert.throws(() => transfer("alice", "nobody", 400), refusal("NOT_FOUND", /the deposit at account\/nobody failed/));
  assert.equal(balance("alice"), 1000);
  assert.throws(() => transfer("alice", "bob", 5000), refusal("FAILED_PRECONDITION", /insufficient funds/));
  assert.equal(node.ask("bank", "transfers"), 0);
  assert.deepEqual(node.ask("audit", "entries"), []);
});

test("a crash loses nothing that was answered", () => {
  transfer("alice", "bob", 400);
  for (const target of ["bank", "audit", "account/alice"]) {
    node.crash(target);
  }
  assert.equal(balance("alice"), 600);
  assert.equal(transfer("alice", "bob", 1).id, "t2");
  assert.equal(node.ask("audit", "entries").length, 2);
});

test("a deposit that may still happen is not given back", async () => {
  node = await TestNode.start({
    main: new URL("with-slow.ts", import.meta.url),
    app: "bank-typescript",
    children: { bank: { type: "bank", durable: true } },
    types: { account: { durable: true } },
  });
  node.ask("account/alice", "open", { owner: "Alice", balance: 1000 });
  assert.throws(
    () => node.ask("bank", "transfer", { source: "account/alice", target: "slow/x", amount: 30 }),
    refusal("DEADLINE_EXCEEDED", /nobody knows whether slow\/x got the 30 that account\/alice has paid/),
  );
  assert.equal(balance("alice"), 970);
  assert.equal(node.ask("bank", "transfers"), 0);
});
