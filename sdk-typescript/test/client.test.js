import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, beforeEach, test } from "node:test";
import { HostError, PlexSpacesClient, TimeoutError } from "../client/index.js";

/** A server that answers from a function, and remembers what it was asked. */
let server;
let url;
let answer;
let seen;

before(async () => {
  server = createServer(async (request, response) => {
    const chunks = [];
    for await (const c of request) {
      chunks.push(c);
    }
    seen.push({
      method: request.method,
      url: request.url,
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    });
    answer(response, request);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  url = `http://127.0.0.1:${server.address().port}`;
});

after(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  seen = [];
  answer = json(200, "null");
});

const json = (status, text, type = "application/json") => (response) => {
  response.writeHead(status, { "content-type": type });
  response.end(text);
};
const client = (more = {}) => new PlexSpacesClient({ url, ...more });

test("asks with payload, deadline, token and key, and reads 64-bit integers", async () => {
  answer = json(200, '{"n":9223372036854775807,"b":{"$bytes":"AQ=="}}');
  const reply = await client({ token: () => "t-1" }).ask(
    "shop/cart/a/b c",
    "add",
    { big: 2n ** 62n },
    { timeoutMs: 50, idempotencyKey: "k 1" },
  );
  assert.equal(reply.n, 9223372036854775807n);
  assert.deepEqual(reply.b, new Uint8Array([1]));
  const [{ method, url: path, headers, body }] = seen;
  assert.equal(`${method} ${path}`, "POST /api/v1/actors/shop/cart/a%2Fb%20c/ask/add?timeout_ms=50");
  assert.equal(body, '{"big":4611686018427387904}');
  assert.equal(headers.authorization, "Bearer t-1");
  assert.equal(headers["idempotency-key"], '"k 1"');
});

test("errors are typed and carry what the node said", async () => {
  answer = json(
    404,
    '{"code":"NOT_FOUND","detail":"no such page","retryable":false,"details":{"page":3}}',
    "application/problem+json",
  );
  await assert.rejects(client().ask("a/b/c", "x"), (e) => {
    assert.ok(e instanceof HostError);
    assert.deepEqual([e.code, e.message, e.retryable, e.status], ["NOT_FOUND", "no such page", false, 404]);
    assert.deepEqual(e.details, { page: 3 });
    return true;
  });
  answer = json(504, '{"code":"DEADLINE_EXCEEDED","detail":"late"}', "application/problem+json");
  await assert.rejects(client().ask("a/b/c", "x"), TimeoutError);
  answer = json(502, "<html>", "text/html");
  await assert.rejects(client().apps(), { code: "UNAVAILABLE", message: /answered 502: <html>/ });
  await assert.rejects(new PlexSpacesClient({ url: "http://127.0.0.1:1" }).apps(), {
    code: "UNAVAILABLE",
    message: /http:\/\/127.0.0.1:1 does not answer/,
  });
  await assert.rejects(client().ask("a/b", "x"), /"a\/b" is no address/);
  assert.throws(() => new PlexSpacesClient({ uri: url }), /unknown option "uri"/);
});

test("a stream yields values until its end, however they are cut", async () => {
  answer = (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const bytes = Buffer.from('id: 1\ndata: {"i":0}\n\n: alive\n\nid: 2\r\ndata: "é"\r\n\r\nevent: end\ndata:\n\n');
    let at = 0;
    const write = () => {
      if (at === bytes.length) {
        response.end();
      } else {
        response.write(bytes.subarray(at, ++at), write);
      }
    };
    write();
  };
  const values = [];
  for await (const v of client().stream("a/b/c", "s", { n: 2 })) {
    values.push(v);
  }
  assert.deepEqual(values, [{ i: 0 }, "é"]);
  assert.equal(seen[0].headers.accept, "text/event-stream");
  assert.match(seen[0].url, /\/stream\/s\?timeout_ms=30000$/);
});

test("a stream ends with the actor's error, or with one of its own when it breaks off", async () => {
  const stream = (text) => (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(text);
  };
  const read = async () => {
    for await (const v of client().stream("a/b/c", "s")) {
      assert.equal(v, 1);
    }
  };
  answer = stream('data: 1\n\nevent: error\ndata: {"code":"ABORTED","detail":"gone"}\n\n');
  await assert.rejects(read(), { code: "ABORTED", message: "gone" });
  answer = stream("data: 1\n\n");
  await assert.rejects(read(), { code: "UNAVAILABLE", retryable: false, message: /ended before/ });
  answer = (response) => {
    stream("")({ writeHead: (...a) => response.writeHead(...a), end: () => response.write("data: 1\n\n") });
    response.write("data: 2", () => response.destroy());
  };
  await assert.rejects(read(), { name: "HostError", code: "UNAVAILABLE", retryable: false, message: /ended before/ });
});

test("an answer that breaks off is a HostError, retryable where a second time does no harm", async () => {
  const calls = [
    [() => client().ask("a/b/c", "x"), false],
    [() => client().send("a/b/c", "x", {}, { idempotencyKey: "k" }), true],
    [() => client().apps(), true],
  ];
  const cut = (status) => (response) => {
    response.writeHead(status, { "content-type": "application/json", "content-length": 9 });
    response.write('{"a"', () => response.destroy());
  };
  for (const [how, message] of [
    [(response) => response.destroy(), /does not answer/],
    [cut(200), /broke off/],
    [cut(404), /broke off/],
  ]) {
    answer = how;
    for (const [call, retryable] of calls) {
      await assert.rejects(call, { name: "HostError", code: "UNAVAILABLE", retryable, message });
    }
  }
  answer = json(200, '{"a"');
  await assert.rejects(client().ask("a/b/c", "x"), { name: "HostError", code: "INTERNAL", message: /no JSON/ });
});

test("what never reached a node is retryable", async () => {
  const gone = createServer();
  await new Promise((ready) => gone.listen(0, "127.0.0.1", ready));
  const nobody = new PlexSpacesClient({ url: `http://127.0.0.1:${gone.address().port}` });
  await new Promise((closed) => gone.close(closed));
  await assert.rejects(nobody.ask("a/b/c", "x"), { code: "UNAVAILABLE", retryable: true });
  const odd = client({ fetch: () => Promise.reject(new TypeError("no idea")) });
  await assert.rejects(odd.ask("a/b/c", "x"), { code: "UNAVAILABLE", retryable: false, message: /no idea/ });
});

test("a node that does not answer in time is not waited for", async (t) => {
  const waits = [];
  const real = globalThis.setTimeout;
  t.mock.method(globalThis, "setTimeout", (run, ms) => {
    waits.push(ms);
    return real(run, 1);
  });
  const aborted = (signal) =>
    new Promise((_, refuse) => signal.addEventListener("abort", () => refuse(signal.reason)));
  const silent = (_, { signal }) => aborted(signal);
  const begins = (text, type) => (_, { signal }) => {
    const start = (body) => {
      body.enqueue(new TextEncoder().encode(text));
      aborted(signal).catch((e) => body.error(e));
    };
    return new Response(new ReadableStream({ start }), { headers: { "content-type": type } });
  };
  const late = { name: "TimeoutError", code: "DEADLINE_EXCEEDED", retryable: false };
  const hung = client({ fetch: silent });
  await assert.rejects(hung.ask("a/b/c", "x", {}, { timeoutMs: 2000 }), { ...late, message: /within 7000 ms/ });
  await assert.rejects(hung.ask("a/b/c", "x", {}, { idempotencyKey: "k" }), { ...late, retryable: true });
  await assert.rejects(hung.send("a/b/c", "x"), { ...late, message: /within 60000 ms/ });
  const hasty = client({ fetch: silent, timeoutMs: 3000 });
  await assert.rejects(hasty.apps(), { ...late, retryable: true, message: /within 3000 ms/ });
  const half = client({ fetch: begins("{", "application/json") });
  await assert.rejects(half.ask("a/b/c", "x"), { ...late, message: /within 35000 ms/ });
  const open = client({ fetch: begins("data: 1\n\n", "text/event-stream") });
  const values = open.stream("a/b/c", "s", {}, { timeoutMs: 4000 });
  assert.equal((await values.next()).value, 1);
  await assert.rejects(values.next(), { ...late, message: /within 9000 ms/ });
  assert.deepEqual(waits, [7000, 35_000, 60_000, 3000, 35_000, 9000, 9000, 9000]);
});

test("the caller's own signal ends a request with its own reason", async () => {
  answer = () => {};
  const signal = AbortSignal.timeout(20);
  await assert.rejects(client().ask("a/b/c", "x", {}, { signal }), (e) => e === signal.reason);
});

test("leaving a stream early closes its connection", async () => {
  const closed = new Promise((done) => {
    answer = (response) => {
      response.on("close", done);
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("data: 1\n\ndata: 2\n\n");
    };
  });
  for await (const v of client().stream("a/b/c", "s")) {
    assert.equal(v, 1);
    break;
  }
  await closed;
});

test("deploys, lists, looks and undeploys", async () => {
  answer = json(201, '{"app":"x"}');
  assert.deepEqual(await client().deploy({ wasm: new Uint8Array([0, 97]), config: 'name = "x"', app: "x" }), { app: "x" });
  assert.match(seen[0].headers["content-type"], /^multipart\/form-data/);
  for (const part of ['name="wasm"', 'name="config"', 'name = "x"', 'name="app"']) {
    assert.ok(seen[0].body.includes(part), part);
  }
  answer = json(200, "[]");
  await client().apps();
  await client().actors("x", { type: "t", limit: 5 });
  await client().status("x/t/k");
  await client().state("x/t/k");
  answer = json(202, '{"message_id":"m-1"}');
  assert.equal(await client().send("x/t/k", "go"), "m-1");
  answer = (response) => response.writeHead(204).end();
  await client().undeploy("x", { drain: "1s", purge: true });
  assert.deepEqual(
    seen.slice(1).map((s) => `${s.method} ${s.url}`),
    [
      "GET /api/v1/apps",
      "GET /api/v1/actors/x?type=t&limit=5",
      "GET /api/v1/actors/x/t/k/status",
      "GET /api/v1/actors/x/t/k/state",
      "POST /api/v1/actors/x/t/k/send/go",
      "DELETE /api/v1/apps/x?drain=1s&purge=true",
    ],
  );
});
