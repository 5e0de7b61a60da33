// What the test node answers to host calls. Each function gets the node, the running turn, the
// arguments and the payload's JSON. Deferred effects go to turn.effects, tentative ones push what
// undoes them to turn.undo.
import { HostError, toWire } from "../src/errors.js";
import { parse, stringify } from "../src/json.js";
import { Cron, zone } from "./cron.js";
import { shardOperations } from "./shards.js";
import { storageOperations } from "./storage.js";
import { equal, matches } from "./space.js";

const later = (turn, run, target) => turn.effects.push({ run, target });

function ask(node, turn, { target, op, timeout_ms = 5000 }, body) {
  const address = node.address(target);
  const failure = node.failing.get(target) ?? node.failing.get(address);
  if (failure !== undefined) {
    throw new HostError(failure.code, failure.message, failure);
  }
  return node.deliver(turn.actor.id, address, op, body, timeout_ms);
}

const MAX_TIMER_MS = 3652 * 86_400_000;

function timer(node, turn, first, { target, op, content_type }, body, following) {
  const id = node.id("timer");
  const from = turn.actor.id;
  const start = (due) => node.addTimer(due, () => fire(due), id, from);
  const fire = (due) => {
    node.post(from, target, op, content_type === undefined ? told(node, target, op, body, due) : body);
    if (following !== undefined) {
      start(following(due));
    }
  };
  if (content_type !== undefined || told(node, target, op, body, first) === body) {
    node.checkSent(target, op, body);
  }
  later(turn, () => start(first));
  return id;
}

/** Tells the receiver when it was due, where the payload has room for that. */
function told(node, target, op, body, due) {
  const text = body || "{}";
  const payload = parse(text);
  if (payload === null || typeof payload !== "object" || Array.isArray(payload) || payload instanceof Uint8Array || "due_ms" in payload) {
    return body;
  }
  const fields = text.trimEnd().slice(0, -1);
  const all = `${fields}${fields.trim() === "{" ? "" : ","}"due_ms":${due}}`;
  try {
    node.checkSent(target, op, all);
  } catch {
    return body; // an operation that takes no further fields
  }
  return all;
}

function millis(operation, args, name, least) {
  const ms = args[name];
  if (!(ms >= least && ms <= MAX_TIMER_MS)) {
    throw new HostError("INVALID_ARGUMENT", `${operation}: ${name} must be from ${least} to ${MAX_TIMER_MS} (ten years)`);
  }
  return Number(ms);
}

/** An ask comes after what the turn has sent to the same actor before. */
function release(node, turn, target) {
  const earlier = turn.effects.filter((e) => e.target === target);
  turn.effects = turn.effects.filter((e) => e.target !== target);
  earlier.forEach((e) => e.run());
}

/** Tuples that a turn sees: what is there, and what it has written itself. */
function visible(node, turn, space, pattern) {
  const own = turn.writes.filter((w) => (w.space ?? "") === (space ?? "") && matches(pattern, w.entry.tuple));
  return [...node.spaces.all(space, pattern), ...own.map((w) => w.entry)];
}

function write(node, turn, space, tuple, ttl) {
  const entry = node.spaces.make(tuple, ttl, turn.actor.id);
  const pending = { space, entry };
  turn.writes.push(pending);
  later(turn, () => {
    if (turn.writes.includes(pending)) {
      node.spaces.put(space, entry);
      (node.subscriptions ?? []).forEach((s) => {
        if ((s.space ?? "") === (space ?? "") && matches(s.pattern, tuple)) {
          node.post(null, s.actor, s.op, stringify({ tuple, subscription: s.id, sequence: ++s.sequence }));
        }
      });
    }
  });
  return entry;
}

function takeNow(node, turn, space, pattern) {
  const [found] = visible(node, turn, space, pattern);
  if (found === undefined) {
    return undefined;
  }
  remove(node, turn, space, found);
  return found.tuple;
}

function remove(node, turn, space, entry) {
  const own = turn.writes.findIndex((w) => w.entry === entry);
  if (own >= 0) {
    const [pending] = turn.writes.splice(own, 1);
    turn.undo.push(() => turn.writes.push(pending));
    return;
  }
  node.spaces.remove(space, entry);
  turn.undo.push(() => node.spaces.put(space, entry));
}

const limited = (list, limit) => (limit > 0 ? list.slice(0, limit) : list);

const space = {
  ts_write: (node, turn, { tuple, ttl_ms, space: s }) => write(node, turn, s, tuple, ttl_ms).lease,
  ts_read: (node, turn, { pattern, timeout_ms = 0, space: s }) =>
    node.wait(timeout_ms, () => visible(node, turn, s, pattern)[0]?.tuple),
  ts_take: (node, turn, { pattern, timeout_ms = 0, space: s }) =>
    node.wait(timeout_ms, () => takeNow(node, turn, s, pattern)),
  ts_read_all: (node, turn, { pattern, limit = 0, space: s }) =>
    limited(visible(node, turn, s, pattern), limit).map((t) => t.tuple),
  ts_take_all(node, turn, { pattern, limit = 0, space: s }) {
    const found = limited(visible(node, turn, s, pattern), limit);
    found.forEach((t) => remove(node, turn, s, t));
    return found.map((t) => t.tuple);
  },
  ts_count: (node, turn, { pattern, space: s }) => visible(node, turn, s, pattern).length,
  ts_write_once(node, turn, { pattern, tuple, ttl_ms, space: s }) {
    const [found] = visible(node, turn, s, pattern);
    if (found !== undefined) {
      return { written: false, tuple: found.tuple };
    }
    const entry = node.spaces.make(tuple, ttl_ms, turn.actor.id);
    node.spaces.put(s, entry);
    turn.undo.push(() => node.spaces.remove(s, entry));
    return { written: true, tuple };
  },
  ts_update(node, turn, { pattern, tuple, expected, space: s }) {
    const found = visible(node, turn, s, pattern).find((t) => expected === undefined || equal(t.tuple, expected));
    if (found === undefined) {
      return null;
    }
    remove(node, turn, s, found);
    write(node, turn, s, tuple);
    return found.tuple;
  },
  ts_notify(node, turn, { pattern, op, space: s }) {
    const subscription = { id: node.id("sub"), actor: turn.actor.id, pattern, op, space: s, sequence: 0 };
    node.subscriptions = [...(node.subscriptions ?? []), subscription];
    turn.undo.push(() => drop(node, subscription.id));
    return subscription.id;
  },
  ts_unsubscribe(node, turn, { id }) {
    drop(node, id);
    return null;
  },
  ts_renew(node, turn, { lease, ttl_ms }) {
    later(turn, () => {
      const entry = node.spaces.find(lease)?.entry;
      if (entry !== undefined) {
        entry.expires = ttl_ms === "owner" ? Infinity : node.now + ttl_ms;
        entry.owner = ttl_ms === "owner" ? turn.actor.id : null;
      }
    });
    return null;
  },
  ts_cancel(node, turn, { lease }) {
    turn.writes = turn.writes.filter((w) => w.entry.lease !== lease);
    later(turn, () => {
      const found = node.spaces.find(lease);
      if (found !== null) {
        node.spaces.remove(found.space, found.entry);
      }
    });
    return null;
  },
  ts_transaction(node, turn, { action }) {
    if (action === "begin") {
      turn.savepoint = { undo: turn.undo.length, effects: turn.effects.length, writes: [...turn.writes] };
      return null;
    }
    const point = turn.savepoint;
    if (point === undefined) {
      throw new HostError("FAILED_PRECONDITION", "there is no transaction in this turn");
    }
    turn.savepoint = undefined;
    if (action === "abort") {
      turn.undo.splice(point.undo).reverse().forEach((undo) => undo());
      turn.effects.length = Math.min(turn.effects.length, point.effects);
      turn.writes = point.writes;
    }
    return null;
  },
};

function drop(node, id) {
  node.subscriptions = (node.subscriptions ?? []).filter((s) => s.id !== id);
}

const messaging = {
  ask,
  ask_all(node, turn, { calls, timeout_ms = 5000 }) {
    const asked = calls.map(({ target, op, payload = {} }) => {
      try {
        release(node, turn, node.address(target));
        return node.asked(turn.actor.id, target, op, stringify(payload), timeout_ms);
      } catch (error) {
        return { done: true, error };
      }
    });
    node.wait(timeout_ms, () => (asked.every((a) => a.done) ? true : undefined));
    return asked.map(({ done, text, error }, i) => {
      if (!done) {
        const late = new HostError("DEADLINE_EXCEEDED", `${node.address(calls[i].target)} did not reply in time`);
        turn.errors.push(late);
        return { error: toWire(late) };
      }
      if (error === undefined) {
        return { ok: parse(text) };
      }
      const wire = toWire(error);
      turn.errors.push(wire);
      return { error: wire };
    });
  },
  send(node, turn, { target, op }, body) {
    const address = node.address(target);
    node.checkSent(address, op, body);
    const id = node.id("m");
    later(turn, () => node.post(turn.actor.id, address, op, body), address);
    return id;
  },
  ask_stream(node, turn, { target, op }, body) {
    const stream = node.openStream(turn.actor.id, node.address(target), op, body);
    turn.streams.set(stream.id, stream);
    return stream.id;
  },
  stream_next(node, turn, { stream }) {
    const open = turn.streams.get(stream);
    if (open === undefined) {
      const why = "one that a turn opens ends with it, and one that has ended is gone";
      throw new HostError("NOT_FOUND", `there is no open stream "${stream}" here: ${why}`);
    }
    let text;
    try {
      text = node.nextOf(open);
    } finally {
      if (open.ended) {
        turn.streams.delete(stream);
      }
    }
    return text === null ? "0" : "1" + text;
  },
  stream_close(node, turn, { stream }) {
    const open = turn.streams.get(stream);
    if (open !== undefined) {
      turn.streams.delete(stream);
      node.closeStream(open);
    }
    return null;
  },
  send_after: (node, turn, args, body) =>
    timer(node, turn, node.now + millis("send_after", args, "delay_ms", 0), args, body),
  send_every(node, turn, args, body) {
    const period = millis("send_every", args, "period_ms", 10);
    return timer(node, turn, node.now + period, args, body, (due) => due + period);
  },
  schedule_cron(node, turn, args, body) {
    const cron = new Cron(args.expr);
    const offset = zone(args.tz ?? "UTC");
    return timer(node, turn, cron.next(node.now, offset), args, body, (due) => cron.next(due, offset));
  },
  cancel_timer(node, turn, { id }) {
    const owner = turn.actor.id;
    later(turn, () => {
      node.timers = node.timers.filter((t) => t.id !== id || t.owner !== owner);
    });
    return null;
  },
};

const lifecycle = {
  spawn(node, turn, { type, args, id, link = false }) {
    const key = id ?? node.id(type);
    const address = node.address(`${node.app}/${type}/${key}`);
    if (node.actors.has(address)) {
      throw new HostError("ALREADY_EXISTS", `the actor ${address} is there already`);
    }
    const child = node.activate(address, { args, supervised: true });
    turn.undo.push(() => node.actors.delete(address));
    if (link) {
      connect(turn.actor, child);
    }
    return address;
  },
  stop(node, turn, { id, reason = "normal" }) {
    const address = node.address(id);
    later(turn, () => ending(node, address, reason, false));
    return null;
  },
  delete(node, turn, { id }) {
    const address = node.address(id);
    later(turn, () => ending(node, address, "normal", true));
    return null;
  },
  monitor(node, turn, { id }) {
    const ref = node.id("mon");
    const watched = node.address(id);
    if (node.actors.has(watched)) {
      node.monitors.set(ref, { watcher: turn.actor.id, watched });
      turn.undo.push(() => node.monitors.delete(ref));
    } else {
      const down = stringify({ monitor_ref: ref, down_from: watched, down_reason: "noproc" });
      later(turn, () => node.post(null, turn.actor.id, "__DOWN__", down));
    }
    return ref;
  },
  demonitor(node, turn, { ref }) {
    node.monitors.delete(ref);
    return null;
  },
  link(node, turn, { id }) {
    const other = node.actors.get(node.address(id));
    if (other === undefined) {
      throw new HostError("NOT_FOUND", `there is no actor ${id} to link to`);
    }
    connect(turn.actor, other);
    turn.undo.push(() => disconnect(turn.actor, other));
    return null;
  },
  unlink(node, turn, { id }) {
    const other = node.actors.get(node.address(id));
    if (other !== undefined) {
      disconnect(turn.actor, other);
    }
    return null;
  },
  register(node, turn, { name }) {
    const holder = node.names.get(name);
    if (holder !== undefined && holder !== turn.actor.id) {
      throw new HostError("ALREADY_EXISTS", `the name "${name}" belongs to ${holder}`);
    }
    node.names.set(name, turn.actor.id);
    turn.undo.push(() => holder === undefined && node.names.delete(name));
    return null;
  },
  resolve: (node, turn, { name }) => node.names.get(name) ?? null,
  actor_info(node, turn, { id }) {
    const actor = node.actors.get(node.address(id));
    if (actor === undefined) {
      throw new HostError("NOT_FOUND", `there is no actor ${id} in memory`);
    }
    return known(actor);
  },
  list_actors: (node, turn, { type }) =>
    [...node.actors.values()].filter((a) => type === undefined || a.type === type).map(known),
};

function known({ id, type, key, restarts }) {
  return { id, type, key, restarts };
}

function ending(node, address, reason, forget) {
  const actor = node.actors.get(address);
  if (actor !== undefined) {
    node.end(actor, reason, { forget });
  }
}

function connect(a, b) {
  a.links.add(b.id);
  b.links.add(a.id);
}

function disconnect(a, b) {
  a.links.delete(b.id);
  b.links.delete(a.id);
}

const local = {
  now_ms: (node) => node.now,
  random: (node) => node.random(),
  uuid(node) {
    const hex = Array.from({ length: 32 }, () => Math.floor(node.random() * 16).toString(16));
    hex[12] = "4";
    hex[16] = "89ab"[Math.floor(node.random() * 4)];
    const at = hex.join("");
    return [at.slice(0, 8), at.slice(8, 12), at.slice(12, 16), at.slice(16, 20), at.slice(20)].join("-");
  },
  sleep(node, turn, { ms }) {
    node.wait(ms, () => undefined);
    return null;
  },
  log(node, turn, { level, message, fields }) {
    node.logs.push({ actor: turn.actor.id, level, message, ...(fields === undefined ? {} : { fields }) });
    return null;
  },
  application_metrics_add(node, turn, metrics) {
    later(turn, () => {
      node.metrics = [...(node.metrics ?? []), metrics];
    });
    return null;
  },
  checkpoint: () => null,
  journal_sequence: (node, turn) => turn.actor.turn,
  is_replaying: () => false,
};

/** @type {Record<string, (node: any, turn: any, args: any, body: string) => any>} */
export const operations = { ...messaging, ...lifecycle, ...local, ...space, ...storageOperations, ...shardOperations };
