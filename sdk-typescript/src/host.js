import { given, invoke, options, payloadText, value } from "./call.js";
import { stringify } from "./json.js";
import { blob, bytesOf, channel, kv, lock, pg, pool, workflow } from "./services.js";
import { shards } from "./shards.js";
import { ts } from "./space.js";
import { ActorStream, outcomes } from "./stream.js";

const LEVELS = new Set(["trace", "debug", "info", "warn", "error"]);
const METRICS = ["messageCount", "counterMetrics", "gaugeMetrics", "latencyTotalsMs"];

/** The two ways to write a message: (op, payload, ..rest), or ({op, ..payload}, ..rest). */
function message(op, payload, ...rest) {
  if (typeof op === "object" && op !== null) {
    const { op: name, ...fields } = op;
    return [name, fields, payload, ...rest];
  }
  return [op, payload, ...rest];
}

const contentType = (operation, opts) => options(operation, opts, ["contentType"]);

/** What the host offers to an actor. Calls are synchronous: they return when the host has answered. */
export const host = {
  ask(target, ...args) {
    const [op, payload, timeoutMs, opts] = message(...args);
    const header = { target, op, timeout_ms: timeoutMs ?? 5000, ...contentType("host.ask", opts) };
    return value("ask", header, payloadText(payload));
  },

  askAll(calls, timeoutMs) {
    const wire = calls.map((call) => {
      const [target, op, payload = {}] = Array.isArray(call) ? call : [call.target, call.op, call.payload];
      return { target, op, payload };
    });
    return outcomes(value("ask_all", { calls: wire, timeout_ms: timeoutMs ?? 5000 }));
  },

  send(target, ...args) {
    const [op, payload, opts] = message(...args);
    return value("send", { target, op, ...contentType("host.send", opts) }, payloadText(payload));
  },

  askStream(target, ...args) {
    const [op, payload, timeoutMs, opts] = message(...args);
    const header = given({ target, op, timeout_ms: timeoutMs, ...contentType("host.askStream", opts) });
    return new ActorStream(value("ask_stream", header, payloadText(payload)), timeoutMs);
  },

  deferReply() {
    return value("defer_reply", {});
  },

  reply(token, result) {
    value("reply", { token }, stringify(result));
  },

  forward(target, ...args) {
    const [op, payload, opts] = message(...args);
    value("forward", { target, op, ...contentType("host.forward", opts) }, payloadText(payload));
  },

  sendAfter(delayMs, target, ...args) {
    const [op, payload, opts] = message(...args);
    const header = { delay_ms: delayMs, target, op, ...contentType("host.sendAfter", opts) };
    return value("send_after", header, payloadText(payload));
  },

  sendEvery(periodMs, target, ...args) {
    const [op, payload, opts] = message(...args);
    const header = { period_ms: periodMs, target, op, ...contentType("host.sendEvery", opts) };
    return value("send_every", header, payloadText(payload));
  },

  scheduleCron(expr, target, ...args) {
    const [op, payload, opts] = message(...args);
    const header = { expr, target, op, ...options("host.scheduleCron", opts, ["tz", "contentType"]) };
    return value("schedule_cron", header, payloadText(payload));
  },

  cancelTimer(id) {
    value("cancel_timer", { id });
  },

  spawn(type, args, opts) {
    return value("spawn", given({ type, args, ...options("host.spawn", opts, ["id", "link"]) }));
  },

  stop(id, reason) {
    value("stop", given({ id, reason }));
  },

  delete(id) {
    value("delete", { id });
  },

  monitor(id) {
    return value("monitor", { id });
  },

  demonitor(ref) {
    value("demonitor", { ref });
  },

  link(id) {
    value("link", { id });
  },

  unlink(id) {
    value("unlink", { id });
  },

  register(name) {
    value("register", { name });
  },

  resolve(name) {
    return value("resolve", { name });
  },

  actorInfo(id) {
    return value("actor_info", { id });
  },

  listActors(type) {
    return value("list_actors", given({ type }));
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

  log(level, text, fields) {
    if (!LEVELS.has(level)) {
      throw new RangeError(`host.log: unknown level ${JSON.stringify(level)}; one of ${[...LEVELS].join(", ")}`);
    }
    invoke("log", given({ level, message: text, fields }));
  },

  httpFetch(link, method, path, body, headers) {
    const data = body === undefined || body === null ? "" : stringify(bytesOf(body));
    return value("http_fetch", given({ link, method, path, headers }), data);
  },

  applicationMetricsAdd(id, metrics) {
    value("application_metrics_add", { id, ...options("host.applicationMetricsAdd", metrics, METRICS) });
  },

  checkpoint() {
    value("checkpoint", {});
  },

  journalSequence() {
    return value("journal_sequence", {});
  },

  isReplaying() {
    return value("is_replaying", {});
  },

  ...shards,
  ts,
  pool,
  pg,
  channel,
  lock,
  kv,
  blob,
  workflow,
};
