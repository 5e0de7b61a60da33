// A node in memory, on virtual time. Actors run one at a time, on the stack of whoever waits for
// them: an ask is a call, and an actor that waits for time or a tuple runs the others meanwhile.
import { fromWire, HostError, toWire } from "../src/errors.js";
import { parse, stringify } from "../src/json.js";
import { CHANGING } from "./effects.js";
import { operations } from "./operations.js";
import { endGroupsOf } from "./shards.js";
import { Program } from "./program.js";
import { requireSchema } from "./schema.js";
import { Spaces } from "./space.js";

const [DESCRIBE, INIT, HANDLE, SNAPSHOT, RESTORE, TERMINATE, RESUME] = [0, 1, 2, 3, 4, 5, 6];
const EPOCH = 1_700_000_000_000;
/** Errors that an actor inherits from the host, however it words them: no crash of its own. */
const INHERITED = new Set(["DEADLINE_EXCEEDED", "CANCELLED", "RESOURCE_EXHAUSTED", "UNAVAILABLE", "ABORTED"]);
const LONGEST_KEY = 512;
const OPTIONS = new Set(["main", "app", "children", "types", "env", "links", "seed", "now", "maxRestarts"]);

export class TestNode {
  /** What actors have logged. */
  logs = [];
  /** Targets that answer with an error, as if they were down or slow: `node.failing.set("a", {code, message})`. */
  failing = new Map();
  /** @internal */ actors = new Map();
  /** @internal */ names = new Map();
  /** @internal */ timers = [];
  /** @internal */ turns = [];
  /** @internal */ monitors = new Map();
  /** Open streams, at their producers. @internal */ streams = new Set();
  #program;
  #types = new Map();
  #children = new Map();
  #config;
  #queue = [];
  #ids = 0;
  #random;

  /** Starts a node with one app. */
  static async start(options) {
    for (const name of Object.keys(options)) {
      if (!OPTIONS.has(name)) {
        throw new RangeError(`TestNode.start: unknown option "${name}"; one of ${[...OPTIONS].join(", ")}`);
      }
    }
    const node = new TestNode(await Program.load(options.main), options);
    node.#boot();
    return node;
  }

  /** @internal */
  constructor(program, options) {
    this.#program = program;
    this.#config = { app: "app", env: {}, types: {}, links: {}, seed: 1, now: EPOCH, ...options };
    this.now = this.#config.now;
    this.spaces = new Spaces(() => this.now);
    this.app = this.#config.app;
    this.links = this.#config.links;
    this.#random = mulberry(this.#config.seed);
    for (const [id, child] of Object.entries(this.#config.children ?? {})) {
      this.#children.set(id, typeof child === "string" ? { type: child } : child);
    }
  }

  #boot() {
    const guest = this.#program.start(
      (operation, header) => {
        if (operation === "log") {
          this.logs.push({ actor: null, ...JSON.parse(header) });
          return "0";
        }
        throw new TypeError(`host.${operation} works in handlers only, not at the top of a module`);
      },
      () => this.now,
    );
    const description = JSON.parse(this.#value(guest.call(DESCRIBE)));
    if (this.#program.note !== undefined) {
      this.logs.push({ actor: null, level: "warn", message: this.#program.note });
    }
    for (const type of description.types) {
      this.#types.set(type.name, new Map(type.operations.map((o) => [o.name, o])));
    }
    this.description = description;
    for (const [id, { type }] of this.#children) {
      this.#known(type);
      this.activate(`${this.app}/${type}/${id}`);
    }
    this.settle();
  }

  // ---- what tests call

  /** Asks an actor, as a client does; the reply, or the error thrown. */
  ask(target, op, payload = {}, { timeoutMs = 30_000 } = {}) {
    const reply = this.deliver(null, target, op, stringify(payload), timeoutMs);
    this.settle();
    return parse(reply);
  }

  /** Sends to an actor and lets everything run that can run without time passing. */
  send(target, op, payload = {}) {
    const body = stringify(payload);
    this.#accept(this.activate(this.address(target)), op, body, false);
    this.post(null, target, op, body);
    this.settle();
  }

  /** The values of a streaming operation; leave the loop early to close it. */
  *stream(target, op, payload = {}) {
    const stream = this.openStream(null, target, op, stringify(payload));
    try {
      for (;;) {
        const text = this.nextOf(stream);
        this.settle();
        if (text === null) {
          return;
        }
        yield parse(text);
      }
    } finally {
      this.closeStream(stream);
    }
  }

  /** Lets virtual time pass; timers that become due run in order, each at its time. */
  advance(ms) {
    const until = this.now + ms;
    this.settle();
    while (this.#fire(until)) {
      this.settle();
    }
    this.now = Math.max(this.now, until);
    this.settle();
  }

  /** The declared state of an actor in memory. */
  state(target) {
    const actor = this.#inMemory(target);
    return parse(this.#value(actor.guest.call(SNAPSHOT)));
  }

  /** Tuples that match, oldest first. */
  tuples(pattern, space) {
    return this.spaces.all(space, pattern).map((t) => t.tuple);
  }

  /** Ends an actor as a fault would; a supervised or durable one comes back with what it keeps. */
  crash(target, reason = "crashed by the test") {
    this.fail(this.#inMemory(target), reason);
    this.settle();
  }

  /** Ends an actor gracefully. */
  stop(target, reason = "normal") {
    this.end(this.#inMemory(target), reason);
    this.settle();
  }

  /** Runs everything that can run without time passing. */
  settle() {
    while (this.step()) {
      // Each step is one message.
    }
  }

  // ---- actors

  /** The address of a target: a child id, `type/key`, or `app/type/key`, whose key may have slashes. */
  address(target) {
    const parts = String(target).split("/");
    if (parts.length === 1) {
      const child = this.#children.get(target);
      if (child !== undefined) {
        return `${this.app}/${child.type}/${target}`;
      }
      const known = [...this.actors.values()].find((a) => a.key === target && a.supervised);
      if (known === undefined) {
        throw new HostError("NOT_FOUND", `there is no child "${target}"; there are ${[...this.#children.keys()].join(", ")}`);
      }
      return known.id;
    }
    if (parts.length > 2 && parts[0] !== this.app) {
      throw new HostError("NOT_FOUND", `there is no app "${parts[0]}": a test node runs one app, "${this.app}"`);
    }
    const key = parts.slice(parts.length > 2 ? 2 : 1).join("/");
    if (key === "" || Buffer.byteLength(key) > LONGEST_KEY) {
      throw new HostError("INVALID_ARGUMENT", `actor key "${key}" is not valid: 1 to ${LONGEST_KEY} bytes of UTF-8`);
    }
    return parts.length > 2 ? String(target) : `${this.app}/${target}`;
  }

  #known(type) {
    const operations = this.#types.get(type);
    if (operations === undefined) {
      throw new HostError("NOT_FOUND", `the module has no actor type "${type}"; it has ${[...this.#types.keys()].join(", ")}`);
    }
    return operations;
  }

  #inMemory(target) {
    const actor = this.actors.get(this.address(target));
    return actor ?? this.activate(this.address(target));
  }

  /** Brings an actor into memory. `more`: args, initial state, link, supervised. */
  activate(address, more = {}) {
    const id = this.address(address);
    const known = this.actors.get(id);
    if (known !== undefined) {
      return known;
    }
    const [, type, ...rest] = id.split("/");
    const key = rest.join("/");
    const operations = this.#known(type);
    const child = this.#children.get(key)?.type === type ? this.#children.get(key) : undefined;
    const kept = this.keptState?.get(id);
    const settings = { ...this.#config.types[type], ...child, ...more };
    const actor = {
      id,
      type,
      key,
      operations,
      settings,
      supervised: child !== undefined || more.supervised === true,
      mailbox: [],
      busy: false,
      turn: 0,
      links: new Set(),
      restarts: 0,
    };
    this.actors.set(id, actor);
    try {
      this.#fill(actor, kept);
    } catch (error) {
      this.actors.delete(id);
      throw error;
    }
    return actor;
  }

  /** The guest of an actor: fresh, initialised, with the state that it keeps. */
  #fill(actor, kept) {
    actor.guest = this.#program.start(
      (operation, header, body) => this.host(actor, operation, header, body),
      () => this.now,
    );
    const config = {
      app_id: this.app,
      type: actor.type,
      key: actor.key,
      args: actor.settings.args ?? {},
      env: this.#config.env,
      restored: kept !== undefined,
      ...actor.settings.config,
    };
    const seed = Array.from({ length: 8 }, () => Math.floor(this.#random() * 2 ** 32).toString(16).padStart(8, "0"));
    this.turnOf(actor, "init", {}, () =>
      actor.guest.call(INIT, { type: actor.type, actor_id: actor.id, seed: seed.join("") }, stringify(config)),
    );
    if (actor.settings.initialState !== undefined && kept === undefined) {
      this.#value(actor.guest.call(RESTORE, {}, stringify(actor.settings.initialState)));
    }
    if (kept !== undefined) {
      this.#value(actor.guest.call(RESTORE, {}, kept));
    }
  }

  /** An exit that nobody wanted: told to those who watch, then the actor comes back. */
  fail(actor, reason) {
    if (actor.busy) {
      actor.doomed = reason;
      return;
    }
    actor.restarts++;
    this.#gone(actor, `error: ${reason}`);
    const most = this.#config.maxRestarts ?? 10;
    if (actor.restarts > most) {
      this.actors.delete(actor.id);
      this.logs.push({ actor: actor.id, level: "error", message: `restarted more than ${most} times: given up` });
      return;
    }
    const kept = actor.settings.durable ? this.keptState?.get(actor.id) : undefined;
    if (actor.supervised) {
      this.#fill(actor, kept);
    } else {
      this.actors.delete(actor.id);
    }
  }

  /** A graceful exit. */
  end(actor, reason, { forget = false } = {}) {
    this.#value(actor.guest.call(TERMINATE, { reason }));
    this.actors.delete(actor.id);
    if (forget) {
      this.keptState?.delete(actor.id);
    }
    this.#gone(actor, reason);
  }

  #gone(actor, reason) {
    for (const [ref, m] of [...this.monitors]) {
      if (m.watched === actor.id) {
        this.monitors.delete(ref);
        this.post(null, m.watcher, "__DOWN__", stringify({ monitor_ref: ref, down_from: actor.id, down_reason: reason }));
      }
    }
    for (const stream of [...this.streams].filter((s) => s.actor === actor)) {
      stream.lost = new HostError("UNAVAILABLE", `${actor.id} has ended, and its streams with it: ${reason}`);
      this.#over(stream, true);
      this.#closeAll(stream.inner);
    }
    const abnormal = reason !== "normal" && reason !== "shutdown";
    for (const other of [...actor.links]) {
      actor.links.delete(other);
      const survivor = this.actors.get(other);
      survivor?.links.delete(actor.id);
      if (survivor !== undefined && abnormal) {
        this.#exit(survivor, actor.id, reason);
      }
    }
    this.names.forEach((holder, name) => holder === actor.id && this.names.delete(name));
    this.spaces.dropOwnedBy(actor.id);
    endGroupsOf(this, actor.id);
    this.released?.(actor.id);
  }

  #exit(survivor, from, reason) {
    if (survivor.operations.has("__EXIT__")) {
      this.post(null, survivor.id, "__EXIT__", stringify({ exit_from: from, exit_reason: reason }));
    } else {
      this.fail(survivor, `linked to ${from}: ${reason}`);
    }
  }

  // ---- messages

  id(prefix) {
    return `${prefix}-${++this.#ids}`;
  }

  random() {
    return this.#random();
  }

  /** Puts a message into a mailbox. */
  post(from, target, op, body) {
    const message = { id: this.id("m"), from, op, body };
    this.#queue.push({ target: this.address(target), message });
    return message.id;
  }

  /** Asks without waiting: what it answers gets `text` or `error` once somebody has run it. */
  asked(from, target, op, body, timeoutMs) {
    const address = this.address(target);
    this.#refuseFailing(target, address);
    const deadline = Math.min(this.turns.at(-1)?.deadline ?? Infinity, this.now + timeoutMs);
    this.#accept(this.activate(address), op, body, false);
    const reply = { done: false };
    this.#queue.push({ target: address, message: { id: this.id("m"), from, op, body, deadline, reply } });
    return reply;
  }

  /** What a node refuses before a handler sees it. */
  #accept({ type, operations }, op, body, stream) {
    const operation = operations.get(op);
    if (operation === undefined) {
      const message = `type "${type}" has no operation "${op}"; it has ${[...operations.keys()].join(", ")}`;
      throw new HostError("NOT_FOUND", message);
    }
    if ((operation.stream === true) !== stream) {
      const message = stream
        ? `operation "${op}" of type "${type}" answers once and is no stream: use ask`
        : `operation "${op}" of type "${type}" streams its values: open it with ask_stream`;
      throw new HostError("INVALID_ARGUMENT", message);
    }
    this.#check(operation, body);
  }

  #check(operation, body) {
    if (operation?.input !== undefined) {
      requireSchema(operation.name, operation.input, body === "" ? {} : parse(body));
    }
  }

  /** Refuses a payload of the wrong form where it is sent. */
  checkSent(target, op, body) {
    const [, type] = this.address(target).split("/");
    this.#check(this.#known(type).get(op), body);
  }

  #refuseFailing(...targets) {
    for (const target of targets) {
      const failure = this.failing.get(target);
      if (failure !== undefined) {
        throw fromWire(failure);
      }
    }
  }

  /** Handles one queued message whose actor is free; false if there is none. */
  step() {
    const at = this.#queue.findIndex(({ target }) => !this.actors.get(target)?.busy);
    if (at < 0) {
      return false;
    }
    const [{ target, message }] = this.#queue.splice(at, 1);
    this.#tell(target, message);
    return true;
  }

  /** Runs a message: its asker gets the answer; what becomes of one without is in the log. */
  #tell(target, { id, from, op, body, deadline = Infinity, reply }) {
    try {
      const actor = this.activate(target);
      const kind = actor.operations.get(op)?.kind ?? "cast";
      if (!actor.operations.has(op) && /^__.*__$/.test(op)) {
        return;
      }
      const text = this.turnOf(actor, op, { deadline, from, kind }, () =>
        actor.guest.call(HANDLE, { op, kind, id, from, content_type: "application/json" }, body),
      );
      if (reply !== undefined) {
        Object.assign(reply, { done: true, text });
      }
    } catch (error) {
      if (reply !== undefined) {
        Object.assign(reply, { done: true, error });
        return;
      }
      this.#note(target, op, error);
    }
  }

  /** An error that nobody is told of. */
  #note(actor, op, { code, message }) {
    this.logs.push({ actor, level: "error", message: `${op}: ${message}`, fields: { code } });
  }

  /** Runs a handler for one who waits: the reply's JSON, or the error thrown. */
  deliver(from, target, op, body, timeoutMs) {
    this.#refuseFailing(target);
    const actor = this.#callee(target);
    this.#accept(actor, op, body, false);
    const kind = actor.operations.get(op)?.kind ?? "call";
    const outer = this.turns.at(-1)?.deadline ?? Infinity;
    const deadline = Math.min(outer, this.now + timeoutMs);
    const header = { op, kind, id: this.id("m"), from, content_type: "application/json" };
    const reply = this.turnOf(actor, op, { deadline, from, kind }, () => actor.guest.call(HANDLE, header, body));
    if (this.now > deadline) {
      throw new HostError("DEADLINE_EXCEEDED", `${target} did not answer ${op} within ${timeoutMs} ms`);
    }
    return reply;
  }

  /** The actor to run now; one that waits for us already is a cycle. */
  #callee(target) {
    const address = this.address(target);
    const running = this.turns.map((t) => t.actor.id);
    if (running.includes(address)) {
      const cycle = [...running.slice(running.indexOf(address)), address].join(" -> ");
      throw new HostError("ABORTED", `these would wait for each other: ${cycle}`);
    }
    const actor = this.activate(address);
    this.#release(actor.id);
    return actor;
  }

  /** What was sent to an actor before it is asked comes first. */
  #release(target) {
    const turn = this.turns.at(-1);
    if (turn !== undefined) {
      const earlier = turn.effects.filter((e) => e.target === target);
      turn.effects = turn.effects.filter((e) => e.target !== target);
      earlier.forEach((e) => e.run());
    }
    for (let i; (i = this.#queue.findIndex((q) => q.target === target)) >= 0; ) {
      const [{ message }] = this.#queue.splice(i, 1);
      this.#tell(target, message);
    }
  }

  /**
   * One turn: everything of it happens, or nothing of its own does.
   *
   * @param {{deadline?: number, from?: string | null, kind?: string, producing?: object}} [more]
   *   `producing`: the stream of which the turn is a part
   * @returns {string} the result's text
   */
  turnOf(actor, op, { deadline = Infinity, from = null, kind, producing }, run) {
    const before = op === "init" ? null : this.#value(actor.guest.call(SNAPSHOT));
    const turn = {
      ...{ actor, op, from, deadline, effects: [], undo: [], writes: [], errors: [] },
      readOnly: kind === "query",
      // Open streams that the handler reads: a streaming handler's live as long as its own stream.
      streams: producing?.inner ?? new Map(),
    };
    this.turns.push(turn);
    actor.busy = true;
    let result;
    let failure = null;
    try {
      result = this.#value(run());
      if (!turn.readOnly && (op !== "init" || actor.settings.durable)) {
        this.#keep(actor);
      }
    } catch (error) {
      failure = error;
    } finally {
      this.turns.pop();
      actor.busy = false;
    }
    if (producing === undefined || failure !== null || result[0] !== "1") {
      this.#closeAll(turn.streams);
    }
    if (failure === null) {
      if (turn.readOnly && producing === undefined) {
        this.#value(actor.guest.call(RESTORE, { exact: true }, before));
      }
      turn.effects.forEach((e) => e.run());
      this.#doom(actor);
      return result;
    }
    turn.undo.reverse().forEach((undo) => undo());
    if (before !== null) {
      this.#value(actor.guest.call(RESTORE, { exact: true }, before));
      if (!failure.business && !inherited(turn, failure)) {
        actor.doomed = undefined;
        this.fail(actor, failure.message);
      }
    }
    this.#doom(actor);
    throw failure;
  }

  /** Ends an actor that was to end while it ran. */
  #doom(actor) {
    const reason = actor.doomed;
    actor.doomed = undefined;
    if (reason !== undefined) {
      this.fail(actor, reason);
    }
  }

  /** The state as it is after a turn; that it has a JSON form is checked for all actors. */
  #keep(actor) {
    const state = this.#value(actor.guest.call(SNAPSHOT));
    if (actor.settings.durable) {
      this.keptState ??= new Map();
      this.keptState.set(actor.id, state);
    }
  }

  #value(answer) {
    if (answer[0] === "0") {
      return answer.slice(1);
    }
    const wire = parse(answer.slice(1));
    if (typeof wire.details?.stack === "string") {
      wire.details.stack = this.#program.original(wire.details.stack);
    }
    throw fromWire(wire);
  }

  // ---- streams

  openStream(from, target, op, body) {
    const actor = this.#callee(target);
    this.#accept(actor, op, body, true);
    const kind = actor.operations.get(op)?.kind ?? "call";
    const stream = { id: this.id("m"), from, actor, op, kind, body, begun: false, ended: false, inner: new Map() };
    this.streams.add(stream);
    return stream;
  }

  /** The next value's JSON, or null at the end. Each value ends a turn of the producer. */
  nextOf(stream) {
    if (stream.lost !== undefined) {
      throw stream.lost;
    }
    if (stream.ended) {
      return null;
    }
    const { actor, op, kind, id, from, body } = stream;
    try {
      this.#callee(actor.id);
      const text = this.turnOf(actor, op, { from, kind, producing: stream }, () =>
        stream.begun
          ? actor.guest.call(RESUME, { id })
          : actor.guest.call(HANDLE, { op, kind, id, from, stream: true, content_type: "application/json" }, body),
      );
      stream.begun = true;
      this.#over(stream, text[0] !== "1");
      return stream.ended ? null : text.slice(1);
    } catch (error) {
      this.#over(stream, true);
      throw error;
    }
  }

  #over(stream, ended) {
    stream.ended = ended;
    if (ended) {
      this.streams.delete(stream);
    }
  }

  #closeAll(streams) {
    const open = [...streams.values()];
    streams.clear();
    open.forEach((s) => this.closeStream(s));
  }

  /** Ends a stream early; what its cleanup fails with is in the log, for its reader has gone. */
  closeStream(stream) {
    const { actor, op, kind, id, begun, ended } = stream;
    this.#over(stream, true);
    if (begun && !ended && this.actors.get(actor.id) === actor) {
      try {
        this.turnOf(actor, op, { kind, producing: stream }, () => actor.guest.call(RESUME, { id, close: true }));
      } catch (error) {
        this.#note(actor.id, op, error);
      }
    }
  }

  // ---- time

  /** Adds a timer; its `run` is called at its time. */
  addTimer(at, run, id = this.id("timer"), owner = undefined) {
    this.timers.push({ id, at, run, owner, n: ++this.#ids });
    this.timers.sort((a, b) => a.at - b.at || a.n - b.n);
    return id;
  }

  #fire(until) {
    const [next] = this.timers;
    if (next === undefined || next.at > until) {
      return false;
    }
    this.timers.shift();
    this.now = Math.max(this.now, next.at);
    next.run();
    return true;
  }

  /**
   * Waits within a turn until `poll` gives something; others run meanwhile, and time passes when
   * nobody can.
   *
   * @param timeoutMs -1 waits until the turn's deadline
   * @returns what poll gave, or null when the time is over
   */
  wait(timeoutMs, poll) {
    const deadline = this.turns.at(-1)?.deadline ?? Infinity;
    // At the deadline itself a wait may still end by its own time.
    const own = timeoutMs < 0 ? Infinity : this.now + timeoutMs;
    const until = Math.min(deadline, own);
    for (;;) {
      const found = poll();
      if (found !== undefined) {
        return found;
      }
      if (this.now < until && (this.step() || this.#fire(until))) {
        continue;
      }
      if (until === Infinity) {
        const waiting = this.turns.map((t) => `${t.actor.id} (${t.op})`).join(", ");
        throw new HostError("ABORTED", `nothing can end this wait: no message and no timer is left; waiting are ${waiting}`);
      }
      this.now = Math.max(this.now, until);
      if (deadline < own && timeoutMs >= 0) {
        const { actor, op } = this.turns.at(-1);
        throw new HostError("DEADLINE_EXCEEDED", `the deadline of ${op} passed while ${actor.id} waited`);
      }
      return null;
    }
  }

  // ---- host calls

  /** @internal */
  host(actor, operation, header, body) {
    const turn = this.turns.at(-1);
    try {
      const handler = operations[operation];
      if (handler === undefined) {
        throw new HostError("UNIMPLEMENTED", `the host operation "${operation}" is not supported by this version`);
      }
      if (turn?.readOnly && CHANGING.has(operation)) {
        const message = `${operation} changes something, but the running handler is a query`;
        throw new HostError("FAILED_PRECONDITION", message);
      }
      const answer = handler(this, turn ?? { actor, effects: [], undo: [], writes: [], errors: [], streams: new Map() }, parse(header), body);
      return operation === "stream_next" || operation === "ask" ? "0" + answer : "0" + stringify(answer);
    } catch (error) {
      const wire = toWire(error);
      if (!(error instanceof HostError)) {
        wire.message = `the test node failed in ${operation}: ${error.stack}`;
      }
      turn?.errors.push(wire);
      return "1" + stringify(wire);
    }
  }
}

/** Whether an error came to the turn from the host: let through, or a kind of its own. */
function inherited({ errors }, { code, message }) {
  return errors.some((e) => e.code === code && (INHERITED.has(code) || e.message === message));
}

/** A small generator of numbers in [0, 1): mulberry32, by Tommy Ettinger, in the public domain. */
function mulberry(seed) {
  let a = seed | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
