// Calls a node from outside: a thin layer over its HTTP API, with fetch.
import { HostError, TimeoutError } from "../src/errors.js";
import { parse, stringify } from "../src/json.js";

export { HostError, TimeoutError };

const PARTS = 3;

export class PlexSpacesClient {
  #url;
  #token;
  #fetch;

  constructor(options = {}) {
    const { url = "http://127.0.0.1:8001", token, fetch: given = globalThis.fetch, ...unknown } = options;
    const [name] = Object.keys(unknown);
    if (name !== undefined) {
      throw new RangeError(`PlexSpacesClient: unknown option "${name}"; one of url, token, fetch`);
    }
    this.#url = String(url).replace(/\/+$/, "");
    this.#token = token;
    this.#fetch = given;
  }

  async ask(actor, op, payload = {}, options = {}) {
    const { timeoutMs = 30_000, idempotencyKey, signal } = options;
    const path = `${actorPath(actor)}/ask/${encodeURIComponent(op)}?timeout_ms=${timeoutMs}`;
    return this.#json("POST", path, { payload, idempotencyKey, signal });
  }

  async send(actor, op, payload = {}, options = {}) {
    const { idempotencyKey, signal } = options;
    const path = `${actorPath(actor)}/send/${encodeURIComponent(op)}`;
    return (await this.#json("POST", path, { payload, idempotencyKey, signal })).message_id;
  }

  async *stream(actor, op, payload = {}, options = {}) {
    const { timeoutMs = 30_000, signal } = options;
    const stop = new AbortController();
    const path = `${actorPath(actor)}/stream/${encodeURIComponent(op)}?timeout_ms=${timeoutMs}`;
    const response = await this.#request("POST", path, {
      payload,
      accept: "text/event-stream",
      signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]),
    });
    try {
      for await (const { event, data } of events(response.body)) {
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
      throw new HostError("UNAVAILABLE", "the connection ended before the stream did", { retryable: true });
    } finally {
      stop.abort();
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
    await this.#request("DELETE", `/api/v1/apps/${encodeURIComponent(app)}${suffix}`, { signal: options.signal });
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

  async #json(method, path, request) {
    const response = await this.#request(method, path, request);
    const type = response.headers.get("content-type") ?? "";
    if (type !== "" && !/[/+]json\b/.test(type)) {
      return new Uint8Array(await response.arrayBuffer());
    }
    const text = await response.text();
    return text === "" ? null : parse(text);
  }

  async #request(method, path, { payload, form, accept, idempotencyKey, signal }) {
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
    let response;
    try {
      response = await this.#fetch(this.#url + path, { method, headers, body, signal });
    } catch (error) {
      if (signal?.aborted) {
        throw error;
      }
      const why = error.cause?.message ?? error.message;
      throw new HostError("UNAVAILABLE", `the node at ${this.#url} does not answer: ${why}`, { retryable: true });
    }
    if (!response.ok) {
      throw await refused(response);
    }
    return response;
  }
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

async function refused(response) {
  const text = await response.text();
  try {
    return problem(parse(text), response.status);
  } catch {
    return new HostError("UNAVAILABLE", `the node answered ${response.status}: ${text.slice(0, 200)}`);
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
