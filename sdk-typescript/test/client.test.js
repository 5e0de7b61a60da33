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
  await assert.rejects(read(), { code: "UNAVAILABLE", message: /ended before/ });
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
