// JSON as the host API knows it: bytes are {"$bytes": base64}, integers keep 64 bits. The engine's
// own JSON does the work; the slower ways are taken only for values that need them.

/** A string, or a whole number with its fraction and exponent. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const ESCAPE = /\\u([0-9a-fA-F]{4})/g;
const MAYBE_BIG = /\d{16}/;
const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/**
 * @param {string} text
 * @returns {any} integers beyond 2^53 as bigint, bytes as Uint8Array
 */
export function parse(text) {
  const bytes = text.includes('"$bytes"');
  if (!bytes && !MAYBE_BIG.test(text)) {
    return JSON.parse(text);
  }
  // Escapes could spell it as well.
  const tag = unused(text.replace(ESCAPE, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))));
  let big = false;
  const tagged = text.replace(TOKEN, (token) => {
    if (token.length < 16 || token[0] === '"' || !/^-?\d+$/.test(token) || Number.isSafeInteger(Number(token))) {
      return token;
    }
    big = true;
    return `{"${tag}":"${token}"}`;
  });
  if (!bytes && !big) {
    return JSON.parse(text);
  }
  return JSON.parse(tagged, (_key, value) => {
    if (value === null || typeof value !== "object" || Array.isArray(value)) {
      return value;
    }
    const names = Object.keys(value);
    if (names.length !== 1 || typeof value[names[0]] !== "string") {
      return value;
    }
    if (names[0] === "$bytes") {
      return fromBase64(value.$bytes);
    }
    return big && names[0] === tag ? BigInt(value[tag]) : value;
  });
}

const MARK = "$int";
const RUNS = /\$int(_*)/g;
const MARKED = /"\$int(_*)(-?\d+)"/g;

/**
 * A parsed payload whose integers are numbers where its schema says number: a handler that declares
 * `by: number` never gets a bigint.
 *
 * @param {any} schema
 * @param {string} text what was parsed
 */
export function fitted(schema, value, text) {
  return schema === undefined || !MAYBE_BIG.test(text) ? value : fit(schema, value, schema.$defs ?? {});
}

function fit(schema, value, defs) {
  if (schema === undefined || schema === true || (typeof value !== "bigint" && !isPlain(value))) {
    return value;
  }
  if (schema.$ref !== undefined) {
    return fit(defs[schema.$ref.slice("#/$defs/".length)], value, defs);
  }
  if (schema.anyOf !== undefined) {
    if (typeof value === "bigint" && schema.anyOf.some((option) => option.type === "integer")) {
      return value;
    }
    return schema.anyOf.reduce((v, option) => fit(option, v, defs), value);
  }
  if (typeof value === "bigint") {
    return [schema.type].flat().includes("number") ? Number(value) : value;
  }
  if (Array.isArray(value)) {
    value.forEach((v, i) => {
      value[i] = fit(schema.prefixItems?.[i] ?? schema.items, v, defs);
    });
    return value;
  }
  for (const [name, v] of Object.entries(value)) {
    const of = Object.hasOwn(schema.properties ?? {}, name) ? schema.properties[name] : schema.additionalProperties;
    const fits = fit(of || undefined, v, defs);
    if (fits !== v) {
      value[name] = fits;
    }
  }
  return value;
}

function isPlain(value) {
  return value !== null && typeof value === "object" && !ArrayBuffer.isView(value);
}

/** What marks an integer that JSON.parse and JSON.stringify cannot hold; `text` does not have it. */
function unused(text) {
  let longest = -1;
  for (const [, run] of text.matchAll(RUNS)) {
    longest = Math.max(longest, run.length);
  }
  return MARK + "_".repeat(longest + 1);
}

/** Above zero while stringify runs: the hooks below leave everybody else's JSON alone. */
let encoding = 0;
/** How many bigints were written, and what is before each. */
let bigs = 0;
let mark = "";

hook(Uint8Array, (bytes) => ({ $bytes: toBase64(bytes) }));
hook(BigInt, (n) => {
  bigs++;
  return mark + n;
});
for (const type of [Map, Set, WeakMap, WeakSet]) {
  hook(type, () => {
    throw new TypeError(
      `a ${type.name} has no JSON form and would be lost: use a plain object or an array in state and messages`,
    );
  });
}

/**
 * @param {unknown} value undefined is written as null
 * @returns {string}
 * @throws {TypeError} for what has no JSON form
 */
export function stringify(value) {
  encoding++;
  const outer = { bigs, mark };
  bigs = 0;
  mark = unused("");
  try {
    let text = JSON.stringify(value);
    if (text === undefined) {
      if (value === undefined) {
        return "null";
      }
      throw new TypeError(`a ${typeof value} has no JSON form`);
    }
    const written = bigs;
    // JSON.stringify writes null for NaN and the infinities.
    if (text.includes("null")) {
      JSON.stringify(value, refuseNoNumber);
    }
    if (written === 0) {
      return text;
    }
    if (text.split(mark).length - 1 !== written) {
      // Some string of the value has it.
      mark = unused(text);
      text = JSON.stringify(value);
    }
    const { length } = mark;
    return text.replace(MARKED, (whole, run, n) => (MARK.length + run.length === length ? n : whole));
  } finally {
    encoding--;
    ({ bigs, mark } = outer);
  }
}

function refuseNoNumber(key, value) {
  if (typeof value === "number" && !Number.isFinite(value)) {
    const where = key === "" ? "" : ` (in "${key}")`;
    throw new TypeError(`${value} has no JSON form${where}: use null or a number in state, replies and messages`);
  }
  return value;
}

function hook(type, encode) {
  Object.defineProperty(type.prototype, "toJSON", {
    value: function toJSON() {
      return encoding > 0 ? encode(this) : this;
    },
    writable: true,
    configurable: true,
  });
}

/** @param {Uint8Array} bytes */
export function toBase64(bytes) {
  if (typeof bytes.toBase64 === "function") {
    return bytes.toBase64();
  }
  let out = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const n = (bytes[i] << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    out += BASE64[n >> 18] + BASE64[(n >> 12) & 63];
    out += i + 1 < bytes.length ? BASE64[(n >> 6) & 63] : "=";
    out += i + 2 < bytes.length ? BASE64[n & 63] : "=";
  }
  return out;
}

/** @param {string} text */
export function fromBase64(text) {
  if (typeof Uint8Array.fromBase64 === "function") {
    return Uint8Array.fromBase64(text);
  }
  const binary = atob(text);
  return Uint8Array.from(binary, (c) => c.charCodeAt(0));
}
