import { HostError } from "../src/errors.js";

const NUMBERS = {
  sum: (a, b) => a + b,
  prod: (a, b) => a * b,
  min: (a, b) => (b < a ? b : a),
  max: (a, b) => (b > a ? b : a),
  mean: (a, b) => a + b,
  and: (a, b) => a && b,
  or: (a, b) => a || b,
};

/** Folds values in shard order: numbers, equal-length lists and maps of them. */
export function reduce(kind, values) {
  const fold = NUMBERS[kind];
  if (fold === undefined) {
    throw new HostError("INVALID_ARGUMENT", `unknown reduction "${kind}"; one of ${Object.keys(NUMBERS).join(", ")}`);
  }
  const differing = new Set();
  const result = values.reduce((a, b) => combined(a, b, fold, differing, ""));
  const mean = kind === "mean" ? scaled(result, values.length) : result;
  return differing.size === 0 ? mean : { ...mean, differing: [...differing] };
}

function combined(a, b, fold, differing, at) {
  if (["number", "bigint", "boolean"].includes(typeof a) && typeof a === typeof b) {
    return fold(a, b);
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length !== b.length) {
      throw new HostError("INVALID_ARGUMENT", `lists of ${a.length} and ${b.length} elements cannot be reduced`);
    }
    return a.map((v, i) => combined(v, b[i], fold, differing, `${at}[${i}]`));
  }
  if (plain(a) && plain(b)) {
    const out = {};
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const value = key in a && key in b ? combined(a[key], b[key], fold, differing, key) : undefined;
      if (value === undefined) {
        differing.add(key);
      } else {
        out[key] = value;
      }
    }
    return out;
  }
  return JSON.stringify(a) === JSON.stringify(b) ? a : undefined;
}

function scaled(v, n) {
  if (typeof v === "number") {
    return v / n;
  }
  if (Array.isArray(v)) {
    return v.map((x) => scaled(x, n));
  }
  return plain(v) ? Object.fromEntries(Object.entries(v).map(([k, x]) => [k, scaled(x, n)])) : v;
}

/** What scatter_gather makes of the answers. */
export function aggregate(kind, values, k = 10) {
  switch (kind) {
    case "concat":
      return values.flat();
    case "merge":
      return Object.assign({}, ...values);
    case "first":
      return values[0];
    case "majority": {
      const votes = new Map();
      for (const v of values) {
        const key = JSON.stringify(v);
        votes.set(key, [(votes.get(key)?.[0] ?? 0) + 1, v]);
      }
      return [...votes.values()].sort((a, b) => b[0] - a[0])[0]?.[1] ?? null;
    }
    case "top_k":
      return values
        .flat()
        .sort((a, b) => (b.score ?? b) - (a.score ?? a))
        .slice(0, k);
    case "sum":
    case "min":
    case "max":
    case "mean":
      return reduce(kind, values);
    default:
      throw new HostError("INVALID_ARGUMENT", `unknown aggregation "${kind}"`);
  }
}

/** Prefix sums and the like: one result for each shard. */
export function scan(kind, values) {
  return values.map((_, i) => reduce(kind, values.slice(0, i + 1)));
}

function plain(v) {
  return v !== null && typeof v === "object" && !Array.isArray(v) && !(v instanceof Uint8Array);
}
