// How a host operation crosses to the host: text in, text out.
import { fromWire } from "./errors.js";
import { parse, stringify } from "./json.js";

/**
 * One host operation.
 *
 * @param {string} operation its wire name
 * @param {object} header named arguments
 * @param {string} [body] a payload as JSON text
 * @returns {string} the result as JSON text
 */
export function invoke(operation, header, body = "") {
  const call = globalThis.__plexspaces_host;
  if (typeof call !== "function") {
    throw new TypeError(`host.${operation} works only inside an actor: on a node, or in @plexspaces/sdk/testing`);
  }
  const answer = call(operation, stringify(header), body);
  if (answer.charCodeAt(0) === 48 /* 0 */) {
    return answer.slice(1);
  }
  throw fromWire(parse(answer.slice(1)));
}

/** As `invoke`, with the result as a value; no result is null. */
export function value(operation, header, body) {
  const text = invoke(operation, header, body);
  return text === "" ? null : parse(text);
}

/** A payload as a body; none is `{}`. */
export function payloadText(payload) {
  return stringify(payload === undefined ? {} : payload);
}

/** A header of the arguments that were given. */
export function given(header) {
  for (const name of Object.keys(header)) {
    if (header[name] === undefined) {
      delete header[name];
    }
  }
  return header;
}

/**
 * Refuses options that nobody would read, and gives the wire their names: `timeoutMs` is
 * `timeout_ms`. The wire's own name is taken as well.
 *
 * @param {string} operation for the message
 * @param {object | undefined} options
 * @param {string[]} names in camelCase
 */
export function options(operation, options, names) {
  const header = {};
  if (options === undefined || options === null) {
    return header;
  }
  if (typeof options !== "object") {
    throw new RangeError(`${operation}: options are an object of ${names.join(", ")}, not ${typeof options}`);
  }
  for (const name of Object.keys(options)) {
    const known = names.find((n) => n === name || wireName(n) === name);
    if (known === undefined) {
      throw new RangeError(`${operation}: unknown option "${name}"; one of ${names.join(", ")}`);
    }
    if (options[name] !== undefined) {
      header[wireName(known)] = options[name];
    }
  }
  return header;
}

function wireName(name) {
  return name.replace(/[A-Z]/g, (c) => "_" + c.toLowerCase());
}

/** Refuses a call that lacks something, before the host has to. */
export function required(operation, header, ...names) {
  for (const name of names) {
    if (header[name] === undefined) {
      throw new RangeError(`${operation} needs ${name}`);
    }
  }
  return header;
}
