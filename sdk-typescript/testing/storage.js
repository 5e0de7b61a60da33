import { HostError } from "../src/errors.js";
import { parse, stringify } from "../src/json.js";
import { equal } from "./space.js";

const lazily = (node, name) => (node[name] ??= new Map());
const later = (turn, run) => turn.effects.push({ run });

// ---- groups

function members(node, group) {
  return (lazily(node, "groups").get(group) ?? []).filter((id) => node.actors.has(id));
}

const groups = {
  pg_join(node, turn, { group }) {
    const before = members(node, group);
    if (!before.includes(turn.actor.id)) {
      node.groups.set(group, [...before, turn.actor.id]);
      turn.undo.push(() => leave(node, group, turn.actor.id));
    }
    return null;
  },
  pg_leave(node, turn, { group }) {
    const before = members(node, group);
    leave(node, group, turn.actor.id);
    turn.undo.push(() => node.groups.set(group, before));
    return null;
  },
  pg_members: (node, turn, { group }) => members(node, group),
  pg_first: (node, turn, { group }) => members(node, group)[0] ?? null,
  pg_broadcast(node, turn, { group, op }, body) {
    const all = members(node, group);
    later(turn, () => all.forEach((id) => node.post(turn.actor.id, id, op, body)));
    return all.length;
  },
};

function leave(node, group, id) {
  node.groups.set(group, members(node, group).filter((m) => m !== id));
}

// ---- locks

function heldLock(node, key) {
  const held = lazily(node, "locks").get(key);
  return held !== undefined && held.expires_ms > node.now && node.actors.has(held.holder) ? held : undefined;
}

const locks = {
  lock_acquire: (node, turn, { key, lease_ms, wait_ms = 0 }) =>
    node.wait(wait_ms, () => {
      if (heldLock(node, key) !== undefined) {
        return undefined;
      }
      node.fence = (node.fence ?? 0) + 1;
      const lock = { holder: turn.actor.id, fence: node.fence, expires_ms: node.now + lease_ms };
      node.locks.set(key, lock);
      turn.undo.push(() => node.locks.get(key) === lock && node.locks.delete(key));
      // One who waits for it wakes up when the lease ends.
      node.addTimer(lock.expires_ms, () => undefined);
      return { fence: lock.fence, expires_ms: lock.expires_ms };
    }),
  lock_renew(node, turn, { key, lease_ms }) {
    const held = heldLock(node, key);
    if (held?.holder !== turn.actor.id) {
      return null;
    }
    const before = held.expires_ms;
    held.expires_ms = node.now + lease_ms;
    turn.undo.push(() => {
      held.expires_ms = before;
    });
    return { fence: held.fence, expires_ms: held.expires_ms };
  },
  lock_release(node, turn, { key }) {
    const held = heldLock(node, key);
    if (held?.holder === turn.actor.id) {
      node.locks.delete(key);
      turn.undo.push(() => node.locks.set(key, held));
    }
    return null;
  },
};

// ---- keys and values

const named = (turn, key, scope) => (scope === "actor" ? `${turn.actor.id}\0${key}` : key);

function entry(node, name) {
  const found = lazily(node, "pairs").get(name);
  return found !== undefined && found.expires > node.now ? found : undefined;
}

/** Scope "actor" is undone with the turn; what belongs to the app stays. */
function store(node, turn, key, scope, value, ttlMs) {
  const name = named(turn, key, scope);
  const before = lazily(node, "pairs").get(name);
  if (value === undefined) {
    node.pairs.delete(name);
  } else {
    node.pairs.set(name, { value, expires: ttlMs === undefined ? Infinity : node.now + ttlMs });
  }
  if (scope === "actor") {
    turn.undo.push(() => (before === undefined ? node.pairs.delete(name) : node.pairs.set(name, before)));
    return;
  }
  for (const w of lazily(node, "watches").values()) {
    if (key.startsWith(w.prefix)) {
      node.post(null, w.actor, w.op, stringify({ key, value: value ?? null, watch: w.id }));
    }
  }
}

const keyValues = {
  kv_get: (node, turn, { key, scope }) => entry(node, named(turn, key, scope))?.value ?? null,
  kv_put(node, turn, { key, ttl_ms, scope }, body) {
    store(node, turn, key, scope, parse(body), ttl_ms);
    return null;
  },
  kv_delete(node, turn, { key, scope }) {
    const there = entry(node, named(turn, key, scope)) !== undefined;
    store(node, turn, key, scope, undefined);
    return there;
  },
  kv_list(node, turn, { prefix = "", limit = 0, scope }) {
    const own = named(turn, "", scope);
    const keys = [...lazily(node, "pairs").keys()]
      .filter((k) => entry(node, k) && (scope === "actor" ? k.startsWith(own) : !k.includes("\0")))
      .map((k) => k.slice(own.length))
      .filter((k) => k.startsWith(prefix))
      .sort();
    return limit > 0 ? keys.slice(0, limit) : keys;
  },
  kv_increment(node, turn, { key, by = 1, scope }) {
    const now = entry(node, named(turn, key, scope))?.value ?? 0;
    if (typeof now !== "number") {
      throw new HostError("FAILED_PRECONDITION", `the value of "${key}" is no number`);
    }
    store(node, turn, key, scope, now + by);
    return now + by;
  },
  kv_compare_and_swap(node, turn, { key, expected, scope }, body) {
    const now = entry(node, named(turn, key, scope))?.value ?? null;
    const swaps = equal(now, expected);
    if (swaps) {
      store(node, turn, key, scope, parse(body));
    }
    return swaps;
  },
  kv_watch(node, turn, { prefix, op }) {
    const id = node.id("watch");
    lazily(node, "watches").set(id, { id, prefix, op, actor: turn.actor.id });
    turn.undo.push(() => node.watches.delete(id));
    return id;
  },
};

// ---- channels

function channelOf(node, name) {
  const all = lazily(node, "channels");
  if (!all.has(name)) {
    all.set(name, { name, messages: [], binds: [] });
  }
  return all.get(name);
}

function subscription(node, id) {
  const found = lazily(node, "subscribed").get(id);
  if (found === undefined) {
    throw new HostError("NOT_FOUND", `there is no subscription "${id}"`);
  }
  return found;
}

const channels = {
  channel_publish(node, turn, { name, key = null, headers = {}, delay_ms = 0, ttl_ms }, body) {
    const id = node.id("msg");
    const due = node.now + delay_ms;
    const message = { id, key, headers, payload: parse(body), due, expires: ttl_ms === undefined ? Infinity : due + ttl_ms };
    later(turn, () => {
      const channel = channelOf(node, name);
      channel.messages.push(message);
      const tell = () => channel.binds.forEach((b) => node.post(turn.actor.id, b.actor, b.op, body));
      if (delay_ms > 0) {
        node.addTimer(due, tell);
      } else {
        tell();
      }
    });
    return id;
  },
  channel_subscribe(node, turn, { name, group, start = "unacked" }) {
    const id = node.id("sub");
    const channel = channelOf(node, name);
    const shared = lazily(node, "readers");
    const reader = `${name}\0${group ?? id}`;
    if (!shared.has(reader)) {
      shared.set(reader, { from: start === "new" ? channel.messages.length : 0, taken: new Set(), acked: new Set() });
    }
    node.subscribed = lazily(node, "subscribed").set(id, { channel, ...{ state: shared.get(reader) } });
    return id;
  },
  channel_next: (node, turn, { subscription: id, timeout_ms = 0 }) =>
    node.wait(timeout_ms, () => {
      const { channel, state } = subscription(node, id);
      const found = channel.messages
        .slice(state.from)
        .find((m) => !state.taken.has(m.id) && !state.acked.has(m.id) && m.due <= node.now && m.expires > node.now);
      if (found === undefined) {
        return undefined;
      }
      state.taken.add(found.id);
      turn.undo.push(() => state.taken.delete(found.id));
      const { key, headers, payload } = found;
      return { id: found.id, key, headers, payload };
    }),
  channel_ack(node, turn, { subscription: id, message }) {
    const { state } = subscription(node, id);
    state.acked.add(message);
    turn.undo.push(() => state.acked.delete(message));
    return null;
  },
  channel_nack(node, turn, { subscription: id, message, requeue = true }) {
    const { state } = subscription(node, id);
    state.taken.delete(message);
    if (!requeue) {
      state.acked.add(message);
    }
    return null;
  },
  channel_bind(node, turn, { name, op }) {
    channelOf(node, name).binds.push({ actor: turn.actor.id, op });
    return null;
  },
  channel_info: (node, turn, { name }) => ({ name, messages: channelOf(node, name).messages.length }),
};

// ---- blobs and service links

function asBytes(content) {
  if (content instanceof Uint8Array) {
    return content;
  }
  return new TextEncoder().encode(typeof content === "string" ? content : stringify(content));
}

function bytesOf(body) {
  return body === "" ? new Uint8Array() : parse(body);
}

const blobs = {
  blob_put(node, turn, { name, content_type = "application/octet-stream" }, body) {
    const bytes = bytesOf(body);
    const etag = node.id("etag");
    lazily(node, "blobs").set(name, { bytes, etag, content_type });
    return { etag, size: bytes.length };
  },
  blob_get(node, turn, { name, offset = 0, length }) {
    const { bytes } = lazily(node, "blobs").get(name) ?? {};
    if (bytes === undefined) {
      throw new HostError("NOT_FOUND", `there is no blob "${name}"`);
    }
    return bytes.slice(offset, length === undefined ? undefined : offset + length);
  },
  blob_head(node, turn, { name }) {
    const blob = lazily(node, "blobs").get(name);
    return blob === undefined ? null : { etag: blob.etag, size: blob.bytes.length, content_type: blob.content_type };
  },
  blob_delete: (node, turn, { name }) => lazily(node, "blobs").delete(name),
  blob_list(node, turn, { prefix = "", limit = 0 }) {
    const names = [...lazily(node, "blobs").keys()].filter((n) => n.startsWith(prefix)).sort();
    return limit > 0 ? names.slice(0, limit) : names;
  },
  http_fetch(node, turn, { link, method, path, headers = {} }, body) {
    const fake = node.links[link];
    if (fake === undefined) {
      throw new HostError("NOT_FOUND", `there is no service link "${link}": give TestNode.start one in "links"`);
    }
    const data = body === "" ? null : bytesOf(body);
    const text = data === null ? null : new TextDecoder().decode(data);
    const answer = fake({ method, path, headers, body: data, text });
    const { status = 200, headers: given = {}, body: content = new Uint8Array() } = answer;
    return { status, headers: given, body: asBytes(content) };
  },
};

export const storageOperations = { ...groups, ...locks, ...keyValues, ...channels, ...blobs };
