// Pools, groups, channels, locks, storage and workflows: thin names over the wire's.
import { given, options, payloadText, value } from "./call.js";
import { stringify } from "./json.js";

const SCOPED = ["scope"];

export const pool = {
  checkout(name, timeoutMs) {
    return value("pool_checkout", given({ pool: name, timeout_ms: timeoutMs }));
  },
  checkin(name, actorId, checkoutId, healthy) {
    value("pool_checkin", given({ pool: name, actor_id: actorId, checkout_id: checkoutId, healthy }));
  },
  info(name) {
    return value("pool_info", { pool: name });
  },
};

export const pg = {
  join(group) {
    value("pg_join", { group });
  },
  leave(group) {
    value("pg_leave", { group });
  },
  members(group) {
    return value("pg_members", { group });
  },
  broadcast(group, op, payload) {
    return value("pg_broadcast", { group, op }, payloadText(payload));
  },
  first(group) {
    return value("pg_first", { group });
  },
};

/** What channel.subscribe returns. */
export class Subscription {
  /** @internal */
  constructor(id) {
    this.id = id;
  }

  next(timeoutMs) {
    return value("channel_next", given({ subscription: this.id, timeout_ms: timeoutMs }));
  }

  ack(message) {
    value("channel_ack", { subscription: this.id, message: idOf(message) });
  }

  nack(message, requeue) {
    value("channel_nack", given({ subscription: this.id, message: idOf(message), requeue }));
  }
}

function idOf(message) {
  return typeof message === "object" && message !== null ? message.id : message;
}

export const channel = {
  publish(name, payload, opts) {
    const header = options("channel.publish", opts, ["key", "headers", "delayMs", "ttlMs"]);
    return value("channel_publish", { name, ...header }, payloadText(payload));
  },
  subscribe(name, opts) {
    return new Subscription(
      value("channel_subscribe", { name, ...options("channel.subscribe", opts, ["group", "start"]) }),
    );
  },
  bind(name, op) {
    value("channel_bind", { name, op });
  },
  info(name) {
    return value("channel_info", { name });
  },
};

export const lock = {
  acquire(key, leaseMs, waitMs) {
    return value("lock_acquire", given({ key, lease_ms: leaseMs, wait_ms: waitMs }));
  },
  renew(key, leaseMs) {
    return value("lock_renew", given({ key, lease_ms: leaseMs }));
  },
  release(key) {
    value("lock_release", { key });
  },
};

export const kv = {
  get(key, opts) {
    return value("kv_get", { key, ...options("kv.get", opts, SCOPED) });
  },
  put(key, item, opts) {
    value("kv_put", { key, ...options("kv.put", opts, ["ttlMs", "scope"]) }, stringify(item));
  },
  delete(key, opts) {
    return value("kv_delete", { key, ...options("kv.delete", opts, SCOPED) });
  },
  list(prefix, opts) {
    return value("kv_list", given({ prefix, ...options("kv.list", opts, ["limit", "scope"]) }));
  },
  increment(key, by, opts) {
    return value("kv_increment", given({ key, by, ...options("kv.increment", opts, SCOPED) }));
  },
  compareAndSwap(key, expected, item, opts) {
    const header = { key, expected: expected ?? null, ...options("kv.compareAndSwap", opts, SCOPED) };
    return value("kv_compare_and_swap", header, stringify(item));
  },
  watch(prefix, op) {
    return value("kv_watch", { prefix, op });
  },
};

export const blob = {
  put(name, bytes, opts) {
    return value("blob_put", { name, ...options("blob.put", opts, ["contentType"]) }, stringify(bytesOf(bytes)));
  },
  get(name, opts) {
    return value("blob_get", { name, ...options("blob.get", opts, ["offset", "length"]) });
  },
  head(name) {
    return value("blob_head", { name });
  },
  delete(name) {
    return value("blob_delete", { name });
  },
  list(prefix, opts) {
    return value("blob_list", given({ prefix, ...options("blob.list", opts, ["limit"]) }));
  },
};

/** Bytes as they are; a text becomes UTF-8. */
export function bytesOf(data) {
  if (typeof data === "string") {
    return new TextEncoder().encode(data);
  }
  if (data instanceof Uint8Array) {
    return data;
  }
  throw new RangeError("bytes are a Uint8Array or a string");
}

export const workflow = {
  start(type, id, input) {
    return value("workflow_start", { type, id }, payloadText(input));
  },
  signal(id, name, payload) {
    value("workflow_signal", { id, name }, payloadText(payload));
  },
  query(id, name, args) {
    return value("workflow_query", given({ id, name, args }));
  },
  result(id, timeoutMs) {
    return value("workflow_result", given({ id, timeout_ms: timeoutMs }));
  },
  cancel(id) {
    value("workflow_cancel", { id });
  },
  pause(id) {
    value("workflow_pause", { id });
  },
  resume(id) {
    value("workflow_resume", { id });
  },
};
