// Checks payloads against the schemas that a module describes, as a node does before a handler runs.
import { HostError } from "../src/errors.js";
import { equal } from "./space.js";

const MOST = 10;

/** Throws INVALID_ARGUMENT naming the operation and each field that is wrong. */
export function requireSchema(operation, schema, value) {
  const problems = [];
  check(schema, value, "", schema.$defs ?? {}, problems);
  if (problems.length > 0) {
    const text = problems.map(({ path, problem }) => `${path === "" ? "the payload" : `"${path}"`} ${problem}`);
    throw new HostError("INVALID_ARGUMENT", `${operation}: ${text.join("; ")}`, { details: { fields: problems } });
  }
}

function check(schema, value, path, defs, problems) {
  const problem = (what, at = path) => problems.length < MOST && problems.push({ path: at, problem: what });
  if (schema === false) {
    return problem("is not allowed");
  }
  if (schema === true) {
    return undefined;
  }
  const types = [schema.type ?? []].flat();
  if (types.length > 0 && !types.some((t) => isOf(t, value, schema))) {
    return problem(`must be ${expected(schema, defs)}, it is ${word(value)}`);
  }
  const allowed = schema.enum ?? ("const" in schema ? [schema.const] : []);
  if (allowed.length > 0 && !allowed.some((a) => equal(a, value))) {
    const list = allowed.map((a) => JSON.stringify(a)).join(", ");
    const found = value !== null && typeof value === "object" ? word(value) : JSON.stringify(value);
    return problem(`must be ${allowed.length === 1 ? "" : "one of "}${list}, it is ${found}`);
  }
  if (typeof value === "string") {
    bounds([...value].length, schema.minLength, schema.maxLength, "characters", problem);
  } else if (isNumber(value)) {
    if (value < schema.minimum) problem(`must be at least ${schema.minimum}, it is ${value}`);
    if (value > schema.maximum) problem(`must be at most ${schema.maximum}, it is ${value}`);
  } else if (Array.isArray(value)) {
    bounds(value.length, schema.minItems, schema.maxItems, "items", problem);
    value.forEach((v, i) => check(schema.prefixItems?.[i] ?? schema.items ?? true, v, `${path}[${i}]`, defs, problems));
  } else if (value !== null && typeof value === "object" && !(value instanceof Uint8Array)) {
    fields(schema, value, path, defs, problems, problem);
  }
  if (schema.$ref !== undefined) {
    check(defs[schema.$ref.slice("#/$defs/".length)], value, path, defs, problems);
  }
  if (schema.anyOf !== undefined) {
    anyOf(schema, value, path, defs, problems, problem);
  }
  return undefined;
}

function bounds(size, least, most, what, problem) {
  if (size < least) {
    problem(`must have at least ${least} ${what}, it has ${size}`);
  } else if (size > most) {
    problem(`must have at most ${most} ${what}, it has ${size}`);
  }
}

function fields(schema, value, path, defs, problems, problem) {
  const at = (name) => (path === "" ? name : `${path}.${name}`);
  for (const name of schema.required ?? []) {
    if (!Object.hasOwn(value, name)) {
      problem("is missing", at(name));
    }
  }
  const known = schema.properties ?? {};
  for (const [name, field] of Object.entries(value)) {
    if (Object.hasOwn(known, name)) {
      check(known[name], field, at(name), defs, problems);
    } else if (schema.additionalProperties === false) {
      problem(`is unknown, the fields are ${Object.keys(known).join(", ")}`, at(name));
    } else {
      check(schema.additionalProperties ?? true, field, at(name), defs, problems);
    }
  }
}

function anyOf(schema, value, path, defs, problems, problem) {
  const near = [];
  for (const alternative of schema.anyOf) {
    const tried = [];
    check(alternative, value, path, defs, tried);
    if (tried.length === 0) {
      return;
    }
    const meant = resolved(alternative, defs);
    if ([meant.type ?? []].flat().some((t) => isOf(t, value, meant))) {
      near.push(tried);
    }
  }
  if (near.length === 1) {
    problems.push(...near[0]);
  } else {
    const found = near.length === 0 ? `it is ${word(value)}` : `none of the ${schema.anyOf.length} alternatives takes it`;
    problem(`must be ${expected(schema, defs)}, ${found}`);
  }
}

function resolved(schema, defs) {
  let at = schema;
  while (at.$ref !== undefined && at.type === undefined) {
    at = defs[at.$ref.slice("#/$defs/".length)];
  }
  return at;
}

const isNumber = (v) => typeof v === "number" || typeof v === "bigint";

function isOf(type, v, schema) {
  switch (type) {
    case "null":
      return v === null;
    case "boolean":
      return typeof v === "boolean";
    case "integer":
      return typeof v === "bigint" || (typeof v === "number" && Number.isInteger(v));
    case "number":
      return isNumber(v);
    case "string":
      return typeof v === "string";
    case "array":
      return Array.isArray(v);
    default:
      return v instanceof Uint8Array
        ? schema.properties?.$bytes !== undefined
        : v !== null && typeof v === "object" && !Array.isArray(v);
  }
}

function word(v) {
  if (v === null) return "null";
  if (typeof v === "boolean") return "a boolean";
  if (isNumber(v)) return isOf("integer", v) ? "an integer" : "a number";
  if (typeof v === "string") return "a string";
  if (v instanceof Uint8Array) return "bytes";
  return Array.isArray(v) ? "a list" : "an object";
}

const NAMES = {
  null: "null",
  boolean: "a boolean",
  integer: "an integer",
  number: "a number",
  string: "a string",
  array: "a list",
  object: "an object",
};

function expected(schema, defs) {
  if (schema.properties?.$bytes !== undefined) return "bytes";
  if (schema.type !== undefined) return [schema.type].flat().map((t) => NAMES[t]).join(" or ");
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map((s) => expected(s, defs)))].join(" or ");
  return schema.$ref === undefined ? "of another kind" : expected(resolved(schema, defs), defs);
}
