// Calls a node from outside: a thin layer over its HTTP API, with fetch.
import { HostError, TimeoutError } from "../src/errors.js";
import { parse, stringify } from "../src/json.js";

export { HostError, TimeoutError };

const PARTS = 3;
/** How long the client waits after the time that it gave the node: the way there and back. */
const WAY_MS = 5000;
/** What timers can wait; longer ones would end at once. */
const LONGEST_MS = 2 ** 31 - 1;
/** What says that a connection never stood, so that the node cannot have the request. */
const CONNECTING = new Set(["connect", "getaddrinfo"]);

export class PlexSpacesClient {
  #url;
  #token;
  #fetch;
  #timeoutMs;

  constructor(options = {}) {
    const {
      url = "http://127.0.0.1:8001",
      token,
      timeoutMs = 60_000,
      fetch: given = globalThis.fetch,
      ...unknown
    } = options;
    const [name] = Object.keys(unknown);
    if (name !== undefined) {
      throw new RangeError(`PlexSpacesClient: unknown option "${name}"; one of url, token, timeoutMs, fetch`);
    }
    this.#timeoutMs = timeoutMs;
    this.#url = String(url).replace(/\/+$/, "");
    this.#token = token;
    this.#fetch = given;
  }

  async ask(actor, op, payload = {}, options = {}) {
    const { timeoutMs = 30_000, idempotencyKey, signal } = options;
    const path = `${actorPath(actor)}/ask/${encodeURIComponent(op)}?timeout_ms=${timeoutMs}`;
    return this.#json("POST", path, { payload, idempotencyKey, signal, timeoutMs: timeoutMs + WAY_MS });
  }

  async send(actor, op, payload = {}, options = {}) {
    const { idempotencyKey, signal } = options;
    const path = `${actorPath(actor)}/send/${encodeURIComponent(op)}`;
    return (await this.#json("POST", path, { payload, idempotencyKey, signal })).message_id;
  }

  async *stream(actor, op, payload = {}, options = {}) {
    const { timeoutMs = 30_000, signal } = options;
    const path = `${actorPath(actor)}/stream/${encodeURIComponent(op)}?timeout_ms=${timeoutMs}`;
    const clock = new Clock(signal, timeoutMs + WAY_MS, false, this.#url);
    try {
      const response = await this.#request("POST", path, { payload, accept: "text/event-stream", clock });
      for await (const { event, data } of events(clock.chunks(response.body))) {
        if (event === "end") {
          return;
        }
        if (event === "error") {
          throw problem(parse(data), 200);
        }
        if (event === "message") {
          yield parse(data);
        }
      }
      throw new HostError("UNAVAILABLE", CUT, { retryable: false });
    } finally {
      clock.stop();
    }
  }

  async deploy({ wasm, config, app, version, signal }) {
    const form = new FormData();
    form.set("wasm", new Blob([wasm]), "app.wasm");
    form.set("config", new Blob([config]), "app-config.toml");
    for (const [name, value] of Object.entries({ app, version })) {
      if (value !== undefined) {
        form.set(name, value);
      }
    }
    return this.#json("POST", "/api/v1/apps", { form, signal });
  }

  async undeploy(app, options = {}) {
    const query = new URLSearchParams();
    if (options.drain !== undefined) {
      query.set("drain", options.drain);
    }
    if (options.purge !== undefined) {
      query.set("purge", String(options.purge));
    }
    const suffix = query.size === 0 ? "" : `?${query}`;
    await this.#json("DELETE", `/api/v1/apps/${encodeURIComponent(app)}${suffix}`, { signal: options.signal });
  }

  async apps(options = {}) {
    return this.#json("GET", "/api/v1/apps", options);
  }

  async app(app, options = {}) {
    return this.#json("GET", `/api/v1/apps/${encodeURIComponent(app)}`, options);
  }

  async actors(app, options = {}) {
    const { type, limit, signal } = options;
    const query = new URLSearchParams();
    if (type !== undefined) {
      query.set("type", type);
    }
    if (limit !== undefined) {
      query.set("limit", String(limit));
    }
    const suffix = query.size === 0 ? "" : `?${query}`;
    return this.#json("GET", `/api/v1/actors/${encodeURIComponent(app)}${suffix}`, { signal });
  }

  async status(actor, options = {}) {
    return this.#json("GET", `${actorPath(actor)}/status`, options);
  }

  async state(actor, options = {}) {
    return this.#json("GET", `${actorPath(actor)}/state`, options);
  }

  async #json(method, path, { signal, timeoutMs = this.#timeoutMs, ...request }) {
    const again = method === "GET" || request.idempotencyKey !== undefined;
    const clock = new Clock(signal, timeoutMs, again, this.#url);
    try {
      const response = await this.#request(method, path, { ...request, clock });
      const type = response.headers.get("content-type") ?? "";
      if (type !== "" && !/[/+]json\b/.test(type)) {
        return new Uint8Array(await clock.body(response.arrayBuffer()));
      }
      const text = await clock.body(response.text());
      return text === "" ? null : this.#parsed(text);
    } finally {
      clock.stop();
    }
  }

  #parsed(text) {
    try {
      return parse(text);
    } catch (error) {
      throw new HostError("INTERNAL", `the node at ${this.#url} answered what is no JSON: ${error.message}`);
    }
  }

  async #request(method, path, { payload, form, accept, idempotencyKey, clock }) {
    const headers = {};
    if (this.#token !== undefined) {
      headers.authorization = `Bearer ${typeof this.#token === "function" ? await this.#token() : this.#token}`;
    }
    if (accept !== undefined) {
      headers.accept = accept;
    }
    if (idempotencyKey !== undefined) {
      headers["idempotency-key"] = JSON.stringify(idempotencyKey);
    }
    let body = form;
    if (payload !== undefined) {
      headers["content-type"] = "application/json";
      body = stringify(payload);
    }
    const fetched = this.#fetch(this.#url + path, { method, headers, body, signal: clock.signal });
    const response = await clock.answer(fetched);
    if (!response.ok) {
      throw refused(response.status, await clock.body(response.text()));
    }
    return response;
  }
}

const CUT = "the connection ended before the stream did";

/** How long a request may take, and what its failures are called. */
class Clock {
  #given;
  #timeoutMs;
  #again;
  #url;
  #stop = new AbortController();
  #late = false;
  #timer;

  /** `again`: whether a request that the node may have handled already does no harm a second time. */
  constructor(given, timeoutMs, again, url) {
    this.#given = given;
    this.#timeoutMs = Math.min(timeoutMs, LONGEST_MS);
    this.#again = again;
    this.#url = url;
    this.signal = given === undefined ? this.#stop.signal : AbortSignal.any([given, this.#stop.signal]);
    this.#start();
  }

  #start() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#late = true;
      this.#stop.abort();
    }, this.#timeoutMs);
  }

  /** Ends what still runs; of what has ended it is no more than the timer's end. */
  stop() {
    clearTimeout(this.#timer);
    this.#stop.abort();
  }

  /** The response, once its head is there. */
  async answer(fetched) {
    try {
      return await fetched;
    } catch (error) {
      const why = error.cause?.message || error.message;
      throw this.#failed(error, `the node at ${this.#url} does not answer: ${why}`, this.#again || neverSent(error));
    }
  }

  /** A body that is read whole. */
  async body(reading) {
    try {
      return await reading;
    } catch (error) {
      throw this.#failed(error, `the answer of the node at ${this.#url} broke off: ${error.message}`, this.#again);
    }
  }

  /** A body that is read as it comes: each of its pieces has the whole time. */
  async *chunks(body) {
    const reader = body.getReader();
    try {
      for (;;) {
        this.#start();
        const { done, value } = await reader.read();
        // How long the reader of the values takes is its own business.
        clearTimeout(this.#timer);
        if (done) {
          return;
        }
        yield value;
      }
    } catch (error) {
      throw this.#failed(error, `${CUT}: ${error.message}`, this.#again);
    }
  }

  #failed(error, message, retryable) {
    if (this.#given?.aborted) {
      return error;
    }
    if (!this.#late) {
      return new HostError("UNAVAILABLE", message, { retryable });
    }
    const late = new TimeoutError(`the node at ${this.#url} did not answer within ${this.#timeoutMs} ms`);
    late.retryable = retryable;
    return late;
  }
}

function neverSent({ cause }) {
  const tries = cause?.errors ?? [cause];
  return tries.every((e) => CONNECTING.has(e?.syscall) || e?.code === "UND_ERR_CONNECT_TIMEOUT");
}

/** `app/type/key` as a path; the key may have slashes. */
function actorPath(actor) {
  const parts = String(actor).split("/");
  if (parts.length < PARTS || parts.slice(0, PARTS).some((p) => p === "")) {
    throw new RangeError(`"${actor}" is no address: it is app/type/key`);
  }
  const [app, type, ...key] = parts;
  const dots = [app, type, key.join("/")].find((p) => p === "." || p === "..");
  if (dots !== undefined) {
    // The platform's URLs take these for steps in the path, however they are encoded.
    throw new RangeError(`"${actor}" cannot be a URL: "${dots}" would be a step in the path`);
  }
  return `/api/v1/actors/${[app, type, key.join("/")].map(encodeURIComponent).join("/")}`;
}

function refused(status, text) {
  try {
    return problem(parse(text), status);
  } catch {
    return new HostError("UNAVAILABLE", `the node answered ${status}: ${text.slice(0, 200)}`);
  }
}

function problem({ code, detail, title, retryable, details, business }, status) {
  const message = detail ?? title ?? `the node answered ${status}`;
  const error =
    code === "DEADLINE_EXCEEDED"
      ? new TimeoutError(message, details)
      : new HostError(code ?? "INTERNAL", message, { retryable, details, business });
  error.status = status;
  return error;
}

/** Server-sent events of a body, as the HTML standard reads them. */
async function* events(body) {
  const decoder = new TextDecoder();
  let rest = "";
  let event = "message";
  let data = [];
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    // A \r at the end may be half of a line's end.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    for (const line of lines) {
      if (line === "") {
        if (data.length > 0 || event !== "message") {
          yield { event, data: data.join("\n") };
        }
        event = "message";
        data = [];
        continue;
      }
      const colon = line.indexOf(":");
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "event") {
        event = value;
      } else if (field === "data") {
        data.push(value);
      }
    }
  }
}
