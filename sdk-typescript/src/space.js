import { given, options, value } from "./call.js";

/** Matches any whole number in a pattern. */
export const ANY_INT = Object.freeze({ $any: "int" });
/** Matches any number in a pattern. */
export const ANY_FLOAT = Object.freeze({ $any: "float" });
/** Matches any string in a pattern. */
export const ANY_STR = Object.freeze({ $any: "str" });
/** Matches true and false in a pattern. */
export const ANY_BOOL = Object.freeze({ $any: "bool" });
/** Matches any bytes in a pattern. */
export const ANY_BYTES = Object.freeze({ $any: "bytes" });

const WAITING = ["timeoutMs", "space"];
const LEASED = ["ttlMs", "space"];
const LISTED = ["limit", "space"];

/** The tuple space of the app. */
export const ts = {
  write(tuple, opts) {
    return value("ts_write", { tuple, ...options("ts.write", opts, LEASED) });
  },
  read(pattern, opts) {
    return value("ts_read", { pattern, ...options("ts.read", opts, WAITING) });
  },
  take(pattern, opts) {
    return value("ts_take", { pattern, ...options("ts.take", opts, [...WAITING, "ifExists"]) });
  },
  readAll(pattern, opts) {
    return value("ts_read_all", { pattern, ...options("ts.readAll", opts, LISTED) });
  },
  takeAll(pattern, opts) {
    return value("ts_take_all", { pattern, ...options("ts.takeAll", opts, LISTED) });
  },
  count(pattern, opts) {
    return value("ts_count", { pattern, ...options("ts.count", opts, ["space"]) });
  },
  writeOnce(pattern, tuple, opts) {
    return value("ts_write_once", { pattern, tuple, ...options("ts.writeOnce", opts, LEASED) });
  },
  update(pattern, tuple, opts) {
    return value("ts_update", { pattern, tuple, ...options("ts.update", opts, ["expected", "space"]) });
  },
  notify(pattern, op, opts) {
    return value("ts_notify", { pattern, op, ...options("ts.notify", opts, ["space"]) });
  },
  unsubscribe(id) {
    value("ts_unsubscribe", given({ id }));
  },
  renew(lease, ttlMs) {
    value("ts_renew", given({ lease, ttl_ms: ttlMs }));
  },
  cancel(lease) {
    value("ts_cancel", given({ lease }));
  },
  transaction(body) {
    value("ts_transaction", { action: "begin" });
    let result;
    try {
      result = body(ts);
    } catch (error) {
      abandon();
      throw error;
    }
    if (result !== null && typeof result === "object" && typeof result.then === "function") {
      return result.then(
        (v) => {
          value("ts_transaction", { action: "commit" });
          return v;
        },
        (error) => {
          abandon();
          throw error;
        },
      );
    }
    value("ts_transaction", { action: "commit" });
    return result;
  },
};

/** Ends a transaction that has failed; why it failed matters more than that it could not be ended. */
function abandon() {
  try {
    value("ts_transaction", { action: "abort" });
  } catch {
    // The turn's end ends it at the latest.
  }
}
