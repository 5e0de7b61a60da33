/** An error of the host API: what a host call was refused with, or failed with. */
export class HostError extends Error {
  /**
   * @param {string} code one of the canonical codes, such as NOT_FOUND
   * @param {string} message
   * @param {{retryable?: boolean, details?: unknown, business?: boolean}} [more]
   */
  constructor(code, message, more = {}) {
    super(message);
    this.name = new.target.name;
    this.code = code;
    this.retryable = more.retryable ?? RETRYABLE.has(code);
    this.details = more.details;
    this.business = more.business ?? false;
  }
}

/** The handler refuses the request: the caller gets a 4xx, the actor goes on. */
export class BusinessError extends HostError {
  /**
   * @param {string} code one of the canonical codes
   * @param {string} message
   * @param {unknown} [details]
   */
  constructor(code, message, details) {
    if (!CODES.has(code)) {
      throw new TypeError(`BusinessError: unknown code ${JSON.stringify(code)}; one of ${[...CODES].join(", ")}`);
    }
    super(code, message, { details, business: true });
  }
}

/** Something outside of the request failed: the turn crashes, the supervisor decides. */
export class SystemError extends HostError {
  /**
   * @param {string} message
   * @param {boolean} [recoverable] whether the same request may succeed later
   */
  constructor(message, recoverable = false) {
    super(recoverable ? "UNAVAILABLE" : "INTERNAL", message, { retryable: recoverable });
  }
}

/** A host call did not end within its time. */
export class TimeoutError extends HostError {
  /**
   * @param {string} message
   * @param {unknown} [details]
   */
  constructor(message, details) {
    super("DEADLINE_EXCEEDED", message, { details });
  }
}

const CODES = new Set([
  "INVALID_ARGUMENT",
  "UNAUTHENTICATED",
  "PERMISSION_DENIED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "FAILED_PRECONDITION",
  "ABORTED",
  "RESOURCE_EXHAUSTED",
  "DEADLINE_EXCEEDED",
  "CANCELLED",
  "UNAVAILABLE",
  "UNIMPLEMENTED",
  "DATA_LOSS",
  "INTERNAL",
]);
const RETRYABLE = new Set(["ABORTED", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED", "UNAVAILABLE"]);

/** The error that the host's JSON describes, as the class that users catch. */
export function fromWire(wire) {
  const { code = "INTERNAL", message = "no message", retryable, details, business } = wire ?? {};
  if (code === "DEADLINE_EXCEEDED" && !business) {
    return new TimeoutError(message, details);
  }
  return new HostError(code, message, { retryable, details, business });
}

/** What the host is told of an error that left a handler. */
export function toWire(error) {
  if (error instanceof HostError) {
    const wire = { code: error.code, message: error.message, retryable: error.retryable };
    if (error.details !== undefined) {
      wire.details = error.details;
    } else if (!error.business && error.stack) {
      wire.details = { stack: stackOf(error) };
    }
    if (error.business) {
      wire.business = true;
    }
    return wire;
  }
  // A stack overflow is a RangeError too, but it is a crash, not a refusal.
  if (error instanceof RangeError && !/call stack size/.test(error.message)) {
    return { code: "INVALID_ARGUMENT", message: error.message, retryable: false, business: true };
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : `thrown: ${describe(error)}`;
  const wire = { code: "INTERNAL", message, retryable: false };
  if (error instanceof Error && error.stack) {
    wire.details = { stack: stackOf(error) };
  }
  return wire;
}

/** The first lines of a stack: a deep recursion must not become a huge answer. */
function stackOf(error) {
  return String(error.stack).trimEnd().split("\n").slice(0, 20).join("\n");
}

function describe(thrown) {
  if (thrown === null) {
    // QuickJS throws null where it has no memory left for an error object.
    return "null (the actor may be out of memory)";
  }
  try {
    return String(thrown);
  } catch {
    return typeof thrown;
  }
}
