// The guest's end of the calls that the host makes: describe, init, handle, snapshot, restore,
// terminate, resume_stream. Text in, text out: "0" and the result, or "1" and the error as JSON.
// The result of a streaming call is "1" and a value, or "0" at the stream's end.
import { construct, registry, unknownOperation } from "./actor.js";
import { BusinessError, HostError, toWire } from "./errors.js";
import { fitted, parse, stringify } from "./json.js";
import schemas from "./schemas.js";

/** Recorded in the module's description. */
export const SDK = "typescript/0.1.0";

const DESCRIBE = 0;
const INIT = 1;
const HANDLE = 2;
const SNAPSHOT = 3;
const RESTORE = 4;
const TERMINATE = 5;
const RESUME_STREAM = 6;
const END = "0";

/** The actor of this instance, once INIT has chosen its type. */
let current = null;
let entry = null;
/** The streams that this actor is in the middle of: iterators by the id of the message that began them. */
const streams = new Map();

function call(op, header, body) {
  try {
    const result = dispatch(op, header, body);
    if (isPromise(result)) {
      return result.then((v) => "0" + v, failed).catch(failed);
    }
    return "0" + result;
  } catch (error) {
    return failed(error);
  }
}

function failed(error) {
  try {
    return "1" + stringify(toWire(error));
  } catch {
    // The error's details have no JSON form; its code and message always do.
    const { code, message, retryable, business } = toWire(error);
    return "1" + stringify({ code, message, retryable, business });
  }
}

function dispatch(op, header, body) {
  switch (op) {
    case DESCRIBE:
      return describe();
    case INIT:
      return init(JSON.parse(header), body);
    case HANDLE:
      return handle(JSON.parse(header), body);
    case SNAPSHOT:
      return stringify(actor().state);
    case RESTORE:
      return restore(JSON.parse(header || "{}"), body);
    case TERMINATE:
      return after(actor().onTerminate(JSON.parse(header).reason), () => "");
    case RESUME_STREAM:
      return resume(JSON.parse(header));
    default:
      throw new HostError("UNIMPLEMENTED", `the SDK ${SDK} does not know the call ${op}`);
  }
}

function describe() {
  const types = [];
  for (const { name, type, behavior, operations } of registry.values()) {
    const list = [...operations.values()].map(({ op, kind, stream, method }) => {
      const described = { name: op, kind };
      if (stream) {
        described.stream = true;
      }
      return Object.assign(described, schemaOf(type, method));
    });
    types.push({ name, behavior, operations: list });
  }
  return stringify({ abi: 1, sdk: SDK, types });
}

/** What the build has read of a method's types, in its class or the nearest above that has it. */
function schemaOf(type, method) {
  for (let c = type; typeof c === "function" && c.name !== ""; c = Object.getPrototypeOf(c)) {
    if (Object.hasOwn(c.prototype ?? {}, method)) {
      return Object.hasOwn(schemas, c.name) ? schemas[c.name][method] : undefined;
    }
  }
  return undefined;
}

function init(header, body) {
  entry = registry.get(header.type);
  if (entry === undefined) {
    throw new HostError("NOT_FOUND", `the module has no actor type "${header.type}"`);
  }
  if (typeof header.seed === "string") {
    Math.random = generator(header.seed);
  }
  streams.clear();
  const config = body === "" ? {} : parse(body);
  current = construct(entry.type, { actor_id: header.actor_id, ...config });
  return after(current.onInit(config), () => "");
}

function handle(header, body) {
  const self = actor();
  const operation = entry.operations.get(header.op);
  if (operation === undefined) {
    if (header.op === "__EXIT__" || !/^__.*__$/.test(header.op)) {
      throw unknownOperation(entry, header.op);
    }
    return "null";
  }
  if (operation.stream !== (header.stream === true)) {
    throw new BusinessError(
      "INVALID_ARGUMENT",
      operation.stream
        ? `"${header.op}" answers with a stream: use host.askStream`
        : `"${header.op}" answers once, it is no stream: use host.ask`,
    );
  }
  const result = self[operation.method](payloadOf(body, operation), header);
  if (!operation.stream) {
    return after(result, stringify);
  }
  streams.set(header.id, result);
  return advance(header.id, result);
}

function resume({ id, close = false }) {
  const stream = streams.get(id);
  if (stream === undefined) {
    if (close) {
      return END;
    }
    throw new HostError("NOT_FOUND", `the actor has no stream "${id}": it was restarted, or the stream has ended`);
  }
  if (close) {
    streams.delete(id);
    return after(stream.return(), () => END);
  }
  return advance(id, stream);
}

/** Runs a stream to its next value, or its end. */
function advance(id, stream) {
  const ended = (error) => {
    streams.delete(id);
    // A no-op, unless it was the value that could not leave.
    return after(stream.return(), () => {
      throw error;
    });
  };
  const settled = ({ done, value }) => {
    if (done) {
      streams.delete(id);
      return END;
    }
    return "1" + stringify(value);
  };
  try {
    const step = stream.next();
    return isPromise(step) ? step.then(settled).catch(ended) : settled(step);
  } catch (error) {
    return ended(error);
  }
}

function payloadOf(body, operation) {
  if (body === "") {
    return {};
  }
  try {
    return fitted(schemaOf(entry.type, operation.method)?.input, parse(body), body);
  } catch (error) {
    throw new BusinessError("INVALID_ARGUMENT", `the payload is not valid JSON: ${error.message}`);
  }
}

/** Stored state is laid over the defaults; with `exact` it is all there is. */
function restore({ exact = false }, body) {
  const self = actor();
  const stored = parse(body);
  if (exact) {
    self.state = stored;
    return "";
  }
  const plain = (v) => v !== null && typeof v === "object" && !Array.isArray(v);
  self.state = plain(stored) && plain(self.state) ? { ...self.state, ...stored } : stored;
  return "";
}

function actor() {
  if (current === null) {
    throw new HostError("FAILED_PRECONDITION", "the actor has not been initialised");
  }
  return current;
}

function isPromise(value) {
  return value !== null && typeof value === "object" && typeof value.then === "function";
}

/** f of a value, or of what a promise becomes; no promise where there was none. */
function after(value, f) {
  return isPromise(value) ? value.then(f) : f(value);
}

/**
 * A generator of random numbers in [0, 1) from a hex seed of at least 16 bytes: sfc32 (Chris
 * Doty-Humphrey's Small Fast Counter), two outputs for 53 bits. Not for secrets.
 */
export function generator(hex) {
  const word = (i) => Number.parseInt(hex.slice(i * 8, i * 8 + 8), 16) | 0;
  let [a, b, c, counter] = [word(0), word(1), word(2), word(3)];
  if (![a, b, c, counter].every(Number.isInteger) || hex.length < 32) {
    throw new RangeError("the seed is not 16 bytes of hex or more");
  }
  const next = () => {
    const t = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) {
    next();
  }
  return () => ((next() >>> 5) * 67108864 + (next() >>> 6)) / 9007199254740992;
}

Object.defineProperty(globalThis, "__plexspaces_call", { value: call, configurable: true });
