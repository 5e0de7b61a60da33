import { HostError } from "./errors.js";

/** What the constructor of an actor may know: set by the runtime while it makes one. */
let pending = null;

/** @internal */
export function construct(type, config) {
  pending = config;
  try {
    return new type();
  } finally {
    pending = null;
  }
}

/** The app of an address: the part before the first slash. */
export function actorApplicationId(id) {
  const slash = id.indexOf("/");
  return slash < 0 ? "" : id.slice(0, slash);
}

/** The base class of actors. */
export class PlexSpacesActor {
  constructor() {
    /** The address, app/type/key. */
    this.actorId = pending?.actor_id ?? "";
    this.state = this.getDefaultState();
  }

  getDefaultState() {
    return {};
  }

  onInit(_config) {}

  onTerminate(_reason) {}

  actorApplicationId(id = this.actorId) {
    return actorApplicationId(id);
  }

  /** The target for another actor of this app: a child id as it is, type/key with the app before it. */
  siblingActorId(name) {
    return name.includes("/") ? `${this.actorApplicationId()}/${name}` : name;
  }

  siblingActorTarget(name) {
    return this.siblingActorId(name);
  }
}

const KINDS = new Set(["call", "cast", "query"]);
const LIFECYCLE = new Set(["onInit", "onTerminate"]);
const RUN = "run";
const STREAMS = new Set(["GeneratorFunction", "AsyncGeneratorFunction"]);
const HANDLER = Symbol.for("plexspaces.handler");
const TYPE = Symbol.for("plexspaces.type");
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/;

/** Actor types by name, in the order of their registration. */
export const registry = new Map();

/**
 * Makes classes the actor types of this module.
 *
 * @param {...Function} classes
 */
export function registerActors(...classes) {
  for (const type of classes) {
    const entry = describe(type);
    const known = registry.get(entry.name);
    if (known !== undefined && known.type !== type) {
      throw new TypeError(`two classes are the actor type "${entry.name}": give one a static actorType`);
    }
    registry.set(entry.name, entry);
  }
}

/** Class decorator: `@actor`, or `@actor({ type: "name" })`. Registers the class as well. */
export function actor(classOrOptions, _context) {
  if (typeof classOrOptions === "function") {
    registerActors(classOrOptions);
    return undefined;
  }
  const { type, ...unknown } = classOrOptions ?? {};
  const [name] = Object.keys(unknown);
  if (name !== undefined) {
    throw new TypeError(`@actor: unknown option "${name}"; there is only "type"`);
  }
  return (decorated) => {
    if (type !== undefined) {
      Object.defineProperty(decorated, TYPE, { value: type });
    }
    registerActors(decorated);
    return undefined;
  };
}

/** Method decorator: `@handler()`, `@handler("op")`, `@handler("op", "query")`. */
export function handler(op, kind = "call") {
  if (typeof op === "function" || (op !== null && typeof op === "object")) {
    throw new TypeError("@handler needs parentheses: @handler()");
  }
  requireKind(kind, `@handler(${JSON.stringify(op)})`);
  return (target, context, descriptor) => {
    // Standard decorators get the method itself; TypeScript's older ones the prototype and a name.
    const method = typeof target === "function" ? target : descriptor?.value;
    const name = typeof target === "function" ? context.name : context;
    if (typeof method !== "function") {
      throw new TypeError(`@handler is for methods; "${String(name)}" is none`);
    }
    method[HANDLER] = { op: op ?? String(name), kind };
    return undefined;
  };
}

/** QualityFSMActor is quality_fsm, executeChain is execute_chain. */
export function snakeCase(name) {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1_$2")
    .toLowerCase();
}

function describe(type) {
  if (typeof type !== "function" || !(type.prototype instanceof PlexSpacesActor)) {
    throw new TypeError(`${type?.name ?? String(type)} does not extend PlexSpacesActor`);
  }
  const given = Object.hasOwn(type, TYPE) ? type[TYPE] : Object.hasOwn(type, "actorType") ? type.actorType : undefined;
  const name = given ?? snakeCase(type.name).replace(/_actor$/, "");
  if (typeof name !== "string" || !NAME.test(name)) {
    throw new TypeError(`class ${type.name}: ${JSON.stringify(name)} cannot name an actor type`);
  }
  const operations = new Map();
  for (const method of methodsOf(type)) {
    const operation = operationOf(type, method);
    if (operation === null) {
      continue;
    }
    const other = operations.get(operation.op);
    if (other !== undefined) {
      throw new TypeError(
        `class ${type.name}: ${other.method} and ${operation.method} both handle "${operation.op}"`,
      );
    }
    operations.set(operation.op, operation);
  }
  mark(type, "queries", "query", operations);
  mark(type, "casts", "cast", operations);
  for (const { op, kind, stream, method } of operations.values()) {
    if (stream && kind === "cast") {
      throw new TypeError(`class ${type.name}: ${method} yields values, but "${op}" is a cast, which has no reply`);
    }
  }
  return { name, type, operations, behavior: behaviorOf(type, operations) };
}

/** A class with signals or queries of a workflow, or with onRun, is one. */
function behaviorOf(type, operations) {
  const flows = [...operations.values()].filter((o) => o.flow);
  if (flows.length > 0 && !operations.has(RUN)) {
    throw new TypeError(`class ${type.name}: ${flows[0].method} belongs to a workflow, which needs onRun`);
  }
  return operations.get(RUN)?.method === "onRun" ? "Workflow" : "GenServer";
}

/** Whether the method is a generator: its values are a stream. */
function isStream(method) {
  return STREAMS.has(Object.prototype.toString.call(method).slice(8, -1));
}

/** Names of methods, the class's own first, each once. */
function methodsOf(type) {
  const names = new Set();
  for (let p = type.prototype; p !== PlexSpacesActor.prototype; p = Object.getPrototypeOf(p)) {
    for (const name of Object.getOwnPropertyNames(p)) {
      if (typeof Object.getOwnPropertyDescriptor(p, name).value === "function" && name !== "constructor") {
        names.add(name);
      }
    }
  }
  return names;
}

function operationOf(type, method) {
  const run = type.prototype[method];
  const stream = isStream(run);
  const marked = run[HANDLER];
  if (marked !== undefined) {
    return { ...marked, stream, method };
  }
  if (LIFECYCLE.has(method) || !/^on[A-Z_]/.test(method)) {
    return null;
  }
  const flow = /^on(Signal|Query)_(.+)$/.exec(method);
  if (flow !== null) {
    if (stream) {
      throw new TypeError(`class ${type.name}: ${method} answers once, it cannot be a generator`);
    }
    return { op: flow[2], kind: flow[1] === "Signal" ? "cast" : "query", stream, method, flow: true };
  }
  const rest = method.slice(2);
  return { op: rest.startsWith("__") ? rest : snakeCase(rest), kind: "call", stream, method };
}

function mark(type, list, kind, operations) {
  for (const op of type[list] ?? []) {
    const operation = operations.get(op);
    if (operation === undefined) {
      throw new TypeError(`class ${type.name}: static ${list} names "${op}", which no method handles`);
    }
    operation.kind = kind;
  }
}

function requireKind(kind, where) {
  if (!KINDS.has(kind)) {
    throw new TypeError(`${where}: unknown kind ${JSON.stringify(kind)}; one of ${[...KINDS].join(", ")}`);
  }
}

/** @internal */
export function unknownOperation(entry, op) {
  const known = [...entry.operations.keys()].join(", ");
  return new HostError("NOT_FOUND", `actor type "${entry.name}" has no operation "${op}"; it has ${known || "none"}`, {
    business: true,
  });
}
