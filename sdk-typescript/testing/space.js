import { HostError } from "../src/errors.js";

/** Tuples in the order in which they were written, in named spaces. */
export class Spaces {
  #spaces = new Map();
  #next = 1;
  #now;

  constructor(now) {
    this.#now = now;
  }

  #of(space = "") {
    if (!this.#spaces.has(space)) {
      this.#spaces.set(space, []);
    }
    const live = this.#spaces.get(space).filter((t) => t.expires > this.#now());
    this.#spaces.set(space, live);
    return live;
  }

  /** A tuple that is not there yet. */
  make(tuple, ttlMs, owner) {
    if (!Array.isArray(tuple) || tuple.some((f) => f === null || f === undefined)) {
      throw new HostError("INVALID_ARGUMENT", "a tuple is a list of values; null cannot be written");
    }
    const expires = typeof ttlMs === "number" ? this.#now() + ttlMs : Infinity;
    const n = this.#next++;
    return { n, lease: `lease-${n}`, tuple, expires, owner: ttlMs === "owner" ? owner : null };
  }

  /** Puts it where it belongs by its age. */
  put(space, entry) {
    const list = this.#of(space);
    const at = list.findIndex((t) => t.n > entry.n);
    list.splice(at < 0 ? list.length : at, 0, entry);
  }

  remove(space, entry) {
    const list = this.#of(space);
    const at = list.indexOf(entry);
    if (at >= 0) {
      list.splice(at, 1);
    }
    return at >= 0;
  }

  all(space, pattern) {
    return this.#of(space).filter((t) => matches(pattern, t.tuple));
  }

  /** The space and entry of a lease. */
  find(lease) {
    for (const space of this.#spaces.keys()) {
      const entry = this.#of(space).find((t) => t.lease === lease);
      if (entry !== undefined) {
        return { space, entry };
      }
    }
    return null;
  }

  dropOwnedBy(owner) {
    for (const [space, list] of this.#spaces) {
      this.#spaces.set(space, list.filter((t) => t.owner !== owner));
    }
  }
}

const TYPES = {
  int: (v) => typeof v === "bigint" || (typeof v === "number" && Number.isInteger(v)),
  float: (v) => typeof v === "number" || typeof v === "bigint",
  str: (v) => typeof v === "string",
  bool: (v) => typeof v === "boolean",
  bytes: (v) => v instanceof Uint8Array,
};

export function matches(pattern, tuple) {
  return pattern.length === tuple.length && pattern.every((p, i) => fits(p, tuple[i]));
}

function fits(p, v) {
  if (p === null) {
    return true;
  }
  const type = typeof p === "object" && Object.keys(p).length === 1 ? TYPES[p.$any] : undefined;
  return type === undefined ? equal(p, v) : type(v);
}

export function equal(a, b) {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) {
    // Numbers by value, whatever their form.
    return a === b || (isNumber(a) && isNumber(b) && a == b); // eslint-disable-line eqeqeq
  }
  const keys = Object.keys(a);
  return (
    Array.isArray(a) === Array.isArray(b) &&
    keys.length === Object.keys(b).length &&
    keys.every((k) => Object.hasOwn(b, k) && equal(a[k], b[k]))
  );
}

function isNumber(v) {
  return typeof v === "number" || typeof v === "bigint";
}
