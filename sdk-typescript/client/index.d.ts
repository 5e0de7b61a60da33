import type { Json } from "../src/index.js";
export { HostError, TimeoutError } from "../src/index.js";

/** Which node, and who calls. */
export interface ClientOptions {
  /** The node, `http://127.0.0.1:8001` unless said otherwise. */
  url?: string | { readonly href: string };
  /** A bearer token, or what gives one for each request. */
  token?: string | (() => string | Promise<string>);
  /**
   * How long a request may take, 60000 unless said otherwise. `ask` and `stream` have a time of their
   * own: five seconds more than they give the node.
   */
  timeoutMs?: number;
  /** Instead of the platform's own `fetch`. */
  fetch?: typeof globalThis extends { fetch: infer F } ? F : any;
}

/** How a request may end. */
export interface RequestOptions {
  /** An `AbortSignal` that ends the request. */
  signal?: any;
}
/** How a message is sent. */
export interface SendOptions extends RequestOptions {
  /** The same key gives the same reply, whatever became of the first connection. For durable actors. */
  idempotencyKey?: string;
}
/** How an actor is asked. */
export interface AskOptions extends SendOptions {
  /** How long the node waits for the reply; 30000 unless said otherwise. */
  timeoutMs?: number;
}

/**
 * Calls a node over HTTP. Addresses are `app/type/key`. What the node refuses is thrown as a
 * `HostError` with the node's code and message, and the HTTP `status`; a node that does not answer,
 * or breaks off, as UNAVAILABLE, and as a `TimeoutError` where a time was over. What may have reached
 * the node is `retryable` only where a second time does no harm: with an `idempotencyKey`, or if it
 * only looks.
 */
export class PlexSpacesClient {
  constructor(options?: ClientOptions);
  /** The reply of an actor. */
  ask(actor: string, op: string, payload?: Json, options?: AskOptions): Promise<any>;
  /** Sends without waiting for the handler; the message's id. */
  send(actor: string, op: string, payload?: Json, options?: SendOptions): Promise<string>;
  /** The values of an operation that streams. Leaving the loop closes the stream. */
  stream<T = any>(
    actor: string,
    op: string,
    payload?: Json,
    options?: RequestOptions & { timeoutMs?: number },
  ): AsyncGenerator<T, void, undefined>;
  /** Deploys an artifact with its app-config.toml; the app, once it runs. */
  deploy(request: {
    wasm: Uint8Array;
    config: string;
    app?: string;
    version?: string;
    signal?: any;
  }): Promise<any>;
  /** `drain`: how long running turns may take, such as "30s". `purge` also deletes what is on disk. */
  undeploy(app: string, options?: RequestOptions & { drain?: string; purge?: boolean }): Promise<void>;
  /** The apps of the tenant. */
  apps(options?: RequestOptions): Promise<any>;
  /** One app. */
  app(app: string, options?: RequestOptions): Promise<any>;
  /** Actors in memory. */
  actors(app: string, options?: RequestOptions & { type?: string; limit?: number }): Promise<any>;
  /** What is known of an actor, without waking it. */
  status(actor: string, options?: RequestOptions): Promise<any>;
  /** The declared state of an actor. */
  state(actor: string, options?: RequestOptions): Promise<any>;
}
