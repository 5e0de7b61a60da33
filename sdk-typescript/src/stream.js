import { fromWire } from "./errors.js";
import { given, invoke, value } from "./call.js";
import { parse } from "./json.js";

/** The values that another actor's streaming handler yields: an iterator, sync and async. */
export class ActorStream {
  #id;
  #timeoutMs;

  /** @internal */
  constructor(id, timeoutMs) {
    this.#id = id;
    this.#timeoutMs = timeoutMs;
  }

  next() {
    if (this.#id === null) {
      return { done: true, value: undefined };
    }
    let answer;
    try {
      answer = invoke("stream_next", given({ stream: this.#id, timeout_ms: this.#timeoutMs }));
    } catch (error) {
      // A value that is late may still come; any other error is the stream's end.
      if (error.code !== "DEADLINE_EXCEEDED") {
        this.#id = null;
      }
      throw error;
    }
    if (answer.charCodeAt(0) === 49 /* 1 */) {
      return { done: false, value: parse(answer.slice(1)) };
    }
    this.#id = null;
    return { done: true, value: undefined };
  }

  return(result) {
    const id = this.#id;
    this.#id = null;
    if (id !== null) {
      value("stream_close", { stream: id });
    }
    return { done: true, value: result };
  }

  close() {
    this.return();
  }

  [Symbol.iterator]() {
    return this;
  }
}
if (typeof Symbol.dispose === "symbol") {
  Object.defineProperty(ActorStream.prototype, Symbol.dispose, {
    value() {
      this.return();
    },
  });
}

/** Results of askAll: a value or an error each. */
export function outcomes(results) {
  return results.map((r) => ("error" in r ? { error: fromWire(r.error) } : { value: r.ok }));
}
