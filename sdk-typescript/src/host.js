import { fromWire } from "./errors.js";
import { parse, stringify } from "./json.js";

/**
 * One host operation: text in, text out.
 *
 * @param {string} operation its wire name
 * @param {object} header named arguments
 * @param {string} [body] a payload as JSON text
 * @returns {string} the result as JSON text
 */
function invoke(operation, header, body = "") {
  const call = globalThis.__plexspaces_host;
  if (typeof call !== "function") {
    throw new TypeError(`host.${operation} works only inside an actor that runs on a node`);
  }
  const answer = call(operation, stringify(header), body);
  if (answer.charCodeAt(0) === 48 /* 0 */) {
    return answer.slice(1);
  }
  throw fromWire(parse(answer.slice(1)));
}

function value(operation, header, body) {
  const text = invoke(operation, header, body);
  return text === "" ? null : parse(text);
}

/** Refuses options that nobody would read, and gives the wire their names. */
function options(operation, given, names) {
  const header = {};
  for (const name of Object.keys(given ?? {})) {
    const wire = names[name];
    if (wire === undefined) {
      throw new RangeError(`${operation}: unknown option "${name}"; one of ${Object.keys(names).join(", ")}`);
    }
    if (given[name] !== undefined) {
      header[wire] = given[name];
    }
  }
  return header;
}

const READ_OPTIONS = { timeoutMs: "timeout_ms", space: "space" };
const TAKE_OPTIONS = { ...READ_OPTIONS, ifExists: "if_exists" };
const WRITE_OPTIONS = { ttlMs: "ttl_ms", space: "space" };
const LIST_OPTIONS = { limit: "limit", space: "space" };
const LEVELS = new Set(["trace", "debug", "info", "warn", "error"]);

/** The tuple space of the app. */
const ts = {
  write(tuple, opts) {
    return value("ts_write", { tuple, ...options("ts.write", opts, WRITE_OPTIONS) });
  },
  read(pattern, opts) {
    return value("ts_read", { pattern, ...options("ts.read", opts, READ_OPTIONS) });
  },
  take(pattern, opts) {
    return value("ts_take", { pattern, ...options("ts.take", opts, TAKE_OPTIONS) });
  },
  readAll(pattern, opts) {
    return value("ts_read_all", { pattern, ...options("ts.readAll", opts, LIST_OPTIONS) });
  },
  count(pattern, opts) {
    return value("ts_count", { pattern, ...options("ts.count", opts, { space: "space" }) });
  },
  writeOnce(pattern, tuple, opts) {
    return value("ts_write_once", { pattern, tuple, ...options("ts.writeOnce", opts, WRITE_OPTIONS) });
  },
};

/** What the host offers to an actor. Calls are synchronous: they return when the host has answered. */
export const host = {
  ask(target, op, payload, timeoutMs) {
    if (typeof op === "object" && op !== null) {
      const { op: name, ...rest } = op;
      return host.ask(target, name, rest, payload);
    }
    const header = { target, op, timeout_ms: timeoutMs ?? 5000 };
    return value("ask", header, stringify(payload === undefined ? {} : payload));
  },

  askAll(calls, timeoutMs) {
    const wire = calls.map((call) => {
      const [target, op, payload = {}] = Array.isArray(call) ? call : [call.target, call.op, call.payload];
      return { target, op, payload };
    });
    const results = value("ask_all", { calls: wire, timeout_ms: timeoutMs ?? 5000 });
    return results.map((r) => ("error" in r ? { error: fromWire(r.error) } : { value: r.ok }));
  },

  send(target, op, payload) {
    return value("send", { target, op }, stringify(payload === undefined ? {} : payload));
  },

  register(name) {
    value("register", { name });
  },

  resolve(name) {
    return value("resolve", { name });
  },

  nowMs() {
    return value("now_ms", {});
  },

  random() {
    return value("random", {});
  },

  uuid() {
    return value("uuid", {});
  },

  sleep(ms) {
    value("sleep", { ms });
  },

  log(level, message, fields) {
    if (!LEVELS.has(level)) {
      throw new RangeError(`host.log: unknown level ${JSON.stringify(level)}; one of ${[...LEVELS].join(", ")}`);
    }
    invoke("log", fields === undefined ? { level, message } : { level, message, fields });
  },

  ts,
};
