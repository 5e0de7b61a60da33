// Run once in the engine's template, before any app: what programs expect of a JavaScript platform
// and QuickJS does not have. Timers would need a host that calls back between turns: they are
// refused where they are called, so that nothing waits for what never comes.
(() => {
  "use strict";
  const hostCall = globalThis.__plexspaces_host;
  const define = (name, value) =>
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });

  const text = (value) => {
    if (typeof value === "string") {
      return value;
    }
    if (value instanceof Error) {
      return `${value}\n${value.stack ?? ""}`.trimEnd();
    }
    if (value === null || typeof value !== "object") {
      return String(value);
    }
    try {
      return JSON.stringify(value, (_key, v) => (typeof v === "bigint" ? String(v) : v)) ?? String(value);
    } catch (e) {
      return `[object that has no JSON form: ${e.message}]`;
    }
  };
  const log = (level) => (...args) => {
    hostCall("log", JSON.stringify({ level, message: args.map(text).join(" ") }), "");
  };
  const info = log("info");
  define("console", { trace: log("trace"), debug: log("debug"), log: info, info, warn: log("warn"), error: log("error") });

  const refused = (name, hint) =>
    define(name, () => {
      throw new TypeError(`${name} is not available in an actor: ${hint}`);
    });
  for (const name of ["setTimeout", "setInterval", "setImmediate"]) {
    refused(name, "to act later, host.sendAfter(ms, target, op) sends a message; to wait, host.sleep(ms)");
  }
  for (const name of ["clearTimeout", "clearInterval", "clearImmediate"]) {
    define(name, () => {});
  }
  refused("fetch", "an actor has no network of its own");

  const missing = (name, make) => {
    if (globalThis[name] === undefined) {
      define(name, make());
    }
  };
  missing("queueMicrotask", () => (job) => {
    Promise.resolve().then(job);
  });

  // Not for secrets that outlive a node's trust: the numbers come from the host, which may record
  // them to run a turn again.
  missing("crypto", () => ({
    getRandomValues(array) {
      if (!ArrayBuffer.isView(array) || array.byteLength > 65536) {
        throw new TypeError("crypto.getRandomValues takes a typed array of at most 65536 bytes");
      }
      const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
      for (let i = 0; i < bytes.length; i += 6) {
        let n = Math.floor(Number(answer("random")) * 2 ** 48);
        for (let j = i; j < i + 6 && j < bytes.length; j++) {
          bytes[j] = n % 256;
          n = Math.floor(n / 256);
        }
      }
      return array;
    },
    randomUUID: () => JSON.parse(answer("uuid")),
  }));
  const answer = (operation) => {
    const reply = hostCall(operation, "{}", "");
    if (reply[0] !== "0") {
      throw new TypeError(`crypto: ${JSON.parse(reply.slice(1)).message}`);
    }
    return reply.slice(1);
  };

  // base64, by the rules of WHATWG's Infra Standard, "forgiving-base64".
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  missing("btoa", () => (value) => {
    const bytes = String(value);
    const parts = [];
    for (let i = 0; i < bytes.length; i += 3) {
      const [a, b, c] = [bytes.charCodeAt(i), bytes.charCodeAt(i + 1), bytes.charCodeAt(i + 2)];
      if (a > 255 || b > 255 || c > 255) {
        throw new TypeError("btoa takes characters up to U+00FF: encode other text to bytes first");
      }
      const n = (a << 16) | (b << 8) | c; // NaN past the end counts as 0
      parts.push(
        digits[n >> 18],
        digits[(n >> 12) & 63],
        i + 1 < bytes.length ? digits[(n >> 6) & 63] : "=",
        i + 2 < bytes.length ? digits[n & 63] : "=",
      );
    }
    return parts.join("");
  });
  missing("atob", () => (value) => {
    let data = String(value).replace(/[\t\n\f\r ]/g, "");
    if (data.length % 4 === 0) {
      data = data.replace(/={1,2}$/, "");
    }
    if (data.length % 4 === 1 || !/^[A-Za-z0-9+/]*$/.test(data)) {
      throw new TypeError("atob: the text is not base64");
    }
    const parts = [];
    let n = 0;
    for (let i = 0; i < data.length; i++) {
      n = ((n & 0xffff) << 6) | digits.indexOf(data[i]);
      const bits = ((i % 4) * 6 + 6) % 8;
      if (i % 4 !== 0) {
        parts.push(String.fromCharCode((n >> bits) & 255));
      }
    }
    return parts.join("");
  });

  missing("structuredClone", () => (value) => copy(value, new Map()));
  const copy = (value, seen) => {
    if (typeof value === "function" || typeof value === "symbol") {
      throw new TypeError(`structuredClone: a ${typeof value} cannot be copied`);
    }
    if (value === null || typeof value !== "object") {
      return value;
    }
    const known = seen.get(value);
    if (known !== undefined) {
      return known;
    }
    const keep = (made) => {
      seen.set(value, made);
      return made;
    };
    if (value instanceof Date) {
      return keep(new Date(value.getTime()));
    }
    if (value instanceof RegExp) {
      return keep(new RegExp(value.source, value.flags));
    }
    if (value instanceof ArrayBuffer) {
      return keep(value.slice(0));
    }
    if (value instanceof DataView) {
      return keep(new DataView(copy(value.buffer, seen), value.byteOffset, value.byteLength));
    }
    if (ArrayBuffer.isView(value)) {
      return keep(new value.constructor(copy(value.buffer, seen), value.byteOffset, value.length));
    }
    if (value instanceof Map) {
      const made = keep(new Map());
      value.forEach((v, k) => made.set(copy(k, seen), copy(v, seen)));
      return made;
    }
    if (value instanceof Set) {
      const made = keep(new Set());
      value.forEach((v) => made.add(copy(v, seen)));
      return made;
    }
    if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet) {
      throw new TypeError(`structuredClone: a ${value.constructor.name} cannot be copied`);
    }
    let made;
    if (value instanceof Error) {
      made = keep(new (globalThis[value.name] ?? Error)(value.message));
      Object.defineProperty(made, "stack", { value: value.stack, writable: true, configurable: true });
    } else {
      made = keep(Array.isArray(value) ? new Array(value.length) : {});
    }
    for (const key of Object.keys(value)) {
      Object.defineProperty(made, key, {
        value: copy(value[key], seen),
        writable: true,
        enumerable: true,
        configurable: true,
      });
    }
    return made;
  };

  define(
    "TextEncoder",
    class TextEncoder {
      get encoding() {
        return "utf-8";
      }

      encode(input = "") {
        const out = [];
        for (const c of String(input)) {
          let p = c.codePointAt(0);
          if (p >= 0xd800 && p < 0xe000) {
            p = 0xfffd;
          }
          if (p < 0x80) {
            out.push(p);
          } else if (p < 0x800) {
            out.push(0xc0 | (p >> 6), 0x80 | (p & 63));
          } else if (p < 0x10000) {
            out.push(0xe0 | (p >> 12), 0x80 | ((p >> 6) & 63), 0x80 | (p & 63));
          } else {
            out.push(0xf0 | (p >> 18), 0x80 | ((p >> 12) & 63), 0x80 | ((p >> 6) & 63), 0x80 | (p & 63));
          }
        }
        return Uint8Array.from(out);
      }
    },
  );

  define(
    "TextDecoder",
    class TextDecoder {
      #fatal;

      constructor(label = "utf-8", options = {}) {
        if (!/^utf-?8$/i.test(label)) {
          throw new RangeError(`TextDecoder: the encoding "${label}" is not available, only utf-8`);
        }
        this.#fatal = options.fatal === true;
      }

      get encoding() {
        return "utf-8";
      }

      get fatal() {
        return this.#fatal;
      }

      decode(input = new Uint8Array()) {
        const bytes = ArrayBuffer.isView(input)
          ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
          : new Uint8Array(input);
        let out = "";
        let i = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
        while (i < bytes.length) {
          const b = bytes[i++];
          if (b < 0x80) {
            out += String.fromCharCode(b);
            continue;
          }
          // How many bytes follow, and the range of the first of them that is not overlong.
          const more = b >= 0xc2 && b < 0xe0 ? 1 : b >= 0xe0 && b < 0xf0 ? 2 : b >= 0xf0 && b < 0xf5 ? 3 : 0;
          let low = b === 0xe0 ? 0xa0 : b === 0xf0 ? 0x90 : 0x80;
          let high = b === 0xed ? 0x9f : b === 0xf4 ? 0x8f : 0xbf;
          let point = b & (0x3f >> more);
          let left = more;
          while (left > 0 && bytes[i] >= low && bytes[i] <= high) {
            point = (point << 6) | (bytes[i++] & 63);
            low = 0x80;
            high = 0xbf;
            left--;
          }
          if (more === 0 || left > 0) {
            if (this.#fatal) {
              throw new TypeError("TextDecoder: the bytes are not valid utf-8");
            }
            point = 0xfffd;
          }
          out += String.fromCodePoint(point);
        }
        return out;
      }
    },
  );
})();
