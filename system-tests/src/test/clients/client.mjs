// What @plexspaces/sdk/client does with a real node. Run by ClientsTest: client.mjs URL TOKEN WASM CONFIG SDK
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [url, token, wasm, config, sdk] = process.argv.slice(2);
const { HostError, PlexSpacesClient, TimeoutError } = await import(pathToFileURL(`${sdk}/client/index.js`));
const client = new PlexSpacesClient({ url, token: async () => token });
const APP = "clients-typescript";
const probe = (key) => `${APP}/probe/${key}`;

async function failure(call, kind = HostError) {
  try {
    await call();
  } catch (error) {
    assert.ok(error instanceof kind, String(error.stack));
    return error;
  }
  throw new assert.AssertionError({ message: "it did not fail" });
}

async function collected(values) {
  const all = [];
  for await (const v of values) {
    all.push(v);
  }
  return all;
}

async function waitUntil(isTrue) {
  for (let i = 0; i < 200; i++) {
    if (await isTrue()) {
      return;
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  assert.fail("it did not come to be");
}

const checks = {
  async deploysAndLists() {
    assert.equal((await failure(() => client.app(APP))).code, "NOT_FOUND");
    const request = { app: APP, wasm: readFileSync(wasm), config: readFileSync(config, "utf8") };
    assert.equal((await client.deploy(request)).app, APP);
    assert.match(JSON.stringify(await client.apps()), /clients-typescript/);
    assert.match((await failure(() => client.deploy(request))).code, /ALREADY_EXISTS|FAILED_PRECONDITION/);
  },
  async asksAndSends() {
    assert.equal(await client.ask(probe("a"), "add", { a: 2n ** 53n, b: 1 }), 2n ** 53n + 1n);
    const payload = { b: Uint8Array.of(0, 255), n: null, u: "é😀" };
    assert.deepEqual(await client.ask(probe("a"), "echo", payload), payload);
    assert.equal(await client.ask(probe("a"), "get", { key: "none" }), null);
    assert.equal(typeof (await client.send(probe("a"), "remember", { value: 1 })), "string");
    assert.deepEqual(await client.ask(probe("a"), "remembered"), [1]);
    assert.deepEqual((await client.state(probe("a"))).remembered, [1]);
    assert.ok(await client.status(probe("a")));
    assert.ok(await client.actors(APP, { type: "probe", limit: 10 }));
  },
  async keysAreAnyText() {
    for (const key of ["ü 😀", "a/b?c#d&e=f%20", "../x", "...", "x".repeat(300)]) {
      await client.ask(probe(key), "set", { key: "k", value: key });
      assert.equal(await client.ask(probe(key), "get", { key: "k" }), key);
    }
    await failure(() => client.ask(probe(".."), "get", { key: "k" }), RangeError);
  },
  async errorsAreTheNodes() {
    const ask = (op, payload) => failure(() => client.ask(probe("errors"), op, payload));
    const refused = await ask("fail", { how: "business", code: "ABORTED", message: "no" });
    assert.deepEqual([refused.code, refused.message, refused.retryable, refused.status], ["ABORTED", "no", true, 409]);
    const final = await ask("fail", { how: "business", message: "no" });
    assert.deepEqual([final.code, final.retryable], ["FAILED_PRECONDITION", false]);
    assert.equal((await ask("fail", { how: "crash" })).code, "INTERNAL");
    const wrong = await ask("typed", { name: 1, age: 2 });
    assert.equal(wrong.code, "INVALID_ARGUMENT");
    assert.match(wrong.message, /"name"/);
    assert.deepEqual(wrong.details.fields.map((f) => f.path), ["name"]);
    assert.equal((await ask("nope")).code, "NOT_FOUND");
    await failure(() => client.ask("no/address", "x"), RangeError);
  },
  async streamsComeValueByValue() {
    const stream = (payload) => client.stream(probe("streams"), "stream", payload);
    assert.deepEqual(await collected(stream({ n: 3 })), [{ i: 0 }, { i: 1 }, { i: 2 }]);
    const values = stream({ n: 9, fail_at: 1 });
    assert.deepEqual((await values.next()).value, { i: 0 });
    const failed = await failure(() => values.next());
    assert.deepEqual([failed.code, failed.message], ["FAILED_PRECONDITION", "failed at 1"]);
    for await (const { i } of stream({ n: 1_000_000 })) {
      assert.equal(i, 0);
      break;
    }
    await waitUntil(async () => (await client.ask(probe("streams"), "get", { key: "closed" })) === true);
  },
  async aKeyMakesARetryTheSameRequest() {
    const idempotencyKey = 'retry "1" \\ of 1';
    const uuid = (options) => client.ask(probe("retries"), "host", { operation: "uuid" }, options);
    for (let i = 0; i < 2; i++) {
      await client.send(probe("retries"), "remember", { value: "once" }, { idempotencyKey: "s1" });
      await waitUntil(async () => (await client.ask(probe("retries"), "remembered"))[0] === "once");
    }
    const first = await uuid({ idempotencyKey });
    assert.equal(await uuid({ idempotencyKey }), first);
    assert.notEqual(await uuid(), first);
    const other = await failure(() => client.ask(probe("retries"), "host", { operation: "random" }, { idempotencyKey }));
    assert.equal(other.code, "INVALID_ARGUMENT");
    assert.deepEqual(await client.ask(probe("retries"), "remembered"), ["once"]);
  },
  async waitsEnd() {
    const nap = { operation: "sleep", args: { ms: 1500 } };
    const late = await failure(() => client.ask(probe("slow"), "host", nap, { timeoutMs: 50 }), TimeoutError);
    assert.deepEqual([late.code, late.retryable], ["DEADLINE_EXCEEDED", true]);
    const signal = AbortSignal.timeout(100);
    const aborted = await failure(() => client.ask(probe("slower"), "host", nap, { signal }), DOMException);
    assert.equal(aborted.name, "TimeoutError");
    const gone = await failure(() => new PlexSpacesClient({ url: "http://127.0.0.1:1" }).apps());
    assert.deepEqual([gone.code, gone.retryable], ["UNAVAILABLE", true]);
  },
  async tokensAreNeeded() {
    for (const bad of [undefined, "no.such.token"]) {
      const refused = await failure(() => new PlexSpacesClient({ url, token: bad }).apps());
      assert.deepEqual([refused.code, refused.status], ["UNAUTHENTICATED", 401]);
    }
  },
  async undeploys() {
    await client.undeploy(APP, { purge: true });
    assert.equal((await failure(() => client.ask(probe("a"), "remembered"))).code, "NOT_FOUND");
  },
};

for (const [name, check] of Object.entries(checks)) {
  await check();
  console.log("ok", name);
}
