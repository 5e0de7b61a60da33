// The guest's end of the calls that the host makes: describe, init, handle, snapshot, restore,
// terminate. Text in, text out: "0" and the result, or "1" and the error as JSON.
import { construct, registry, unknownOperation } from "./actor.js";
import { BusinessError, HostError, toWire } from "./errors.js";
import { parse, stringify } from "./json.js";

/** Recorded in the module's description. */
export const SDK = "typescript/0.1.0";

const DESCRIBE = 0;
const INIT = 1;
const HANDLE = 2;
const SNAPSHOT = 3;
const RESTORE = 4;
const TERMINATE = 5;

/** The actor of this instance, once INIT has chosen its type. */
let current = null;
let entry = null;

function call(op, header, body) {
  try {
    const result = dispatch(op, header, body);
    if (result !== null && typeof result === "object" && typeof result.then === "function") {
      return result.then((v) => "0" + v, failed);
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
      return restore(body);
    case TERMINATE:
      return after(actor().onTerminate(JSON.parse(header).reason), () => "");
    default:
      throw new HostError("UNIMPLEMENTED", `the SDK ${SDK} does not know the call ${op}`);
  }
}

function describe() {
  const types = [];
  for (const { name, operations } of registry.values()) {
    const list = [...operations.values()].map(({ op, kind }) => ({ name: op, kind }));
    types.push({ name, behavior: "GenServer", operations: list });
  }
  return stringify({ abi: 1, sdk: SDK, types });
}

function init(header, body) {
  entry = registry.get(header.type);
  if (entry === undefined) {
    throw new HostError("NOT_FOUND", `the module has no actor type "${header.type}"`);
  }
  if (typeof header.seed === "string") {
    Math.random = generator(header.seed);
  }
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
  return after(self[operation.method](payloadOf(body), header), stringify);
}

function payloadOf(body) {
  if (body === "") {
    return {};
  }
  try {
    return parse(body);
  } catch (error) {
    throw new BusinessError("INVALID_ARGUMENT", `the payload is not valid JSON: ${error.message}`);
  }
}

function restore(body) {
  const self = actor();
  const stored = parse(body);
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

/** f of a value, or of what a promise becomes; no promise where there was none. */
function after(value, f) {
  if (value !== null && typeof value === "object" && typeof value.then === "function") {
    return value.then(f);
  }
  return f(value);
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
