import type { ErrorCode, Json } from "../src/index.js";
export { BusinessError, HostError, SystemError, TimeoutError } from "../src/index.js";

/** A supervised actor: its type, or more of it. */
export type Child = string | ({ type: string } & ActorSettings);

/** How an actor is started. */
export interface ActorSettings {
  /** `args` of app-config.toml, which `onInit` gets. */
  args?: Record<string, Json>;
  /** Whether declared state outlives a crash and a stop. */
  durable?: boolean;
}

/** A request that an actor sends to a service link. */
export interface LinkRequest {
  /** `GET`, `POST`, .. */
  method: string;
  /** Behind the link's own address. */
  path: string;
  /** Names and values. */
  headers: Record<string, string>;
  /** The body, or null. */
  body: Uint8Array | null;
  /** The body as text. */
  text: string | null;
}

/** The app under test. */
export interface TestNodeOptions {
  /** The program: a .ts or .js file, as a path from the working folder or a file: URL. Bundled with esbuild. */
  main: string | { readonly href: string };
  /** The app's name, "app" by default. */
  app?: string;
  /** Supervised children by id. */
  children?: Record<string, Child>;
  /** Settings of types whose actors come into being on demand. */
  types?: Record<string, ActorSettings>;
  /** `[env]` of app-config.toml. */
  env?: Record<string, string>;
  /** Fakes for service links. A body is bytes, text, or a value that is sent as JSON. */
  links?: Record<string, (request: LinkRequest) => { status?: number; headers?: Record<string, string>; body?: any }>;
  /** Of all randomness; equal seeds give equal runs. */
  seed?: number;
  /** The virtual clock's start, in milliseconds since 1970. */
  now?: number;
  /** More restarts than these of one actor, and it is given up; 10 by default. */
  maxRestarts?: number;
}

/** A line of an actor's log. */
export interface LogLine {
  /** Whose; null for the top level of a module. */
  actor: string | null;
  /** How much it matters. */
  level: "trace" | "debug" | "info" | "warn" | "error";
  /** The text. */
  message: string;
  /** What else was logged with it. */
  fields?: Record<string, any>;
}

/**
 * A node in memory: runs the actors of a program in the test's own process, one at a time and
 * deterministically, with a clock that moves only when the test or a waiting actor makes it.
 */
export class TestNode {
  private constructor();
  /** Starts a node with one app. */
  static start(options: TestNodeOptions): Promise<TestNode>;

  /** What actors logged, `console` included, and what failed without anybody waiting. */
  readonly logs: LogLine[];
  /** Targets that answer with an error, as if they were down or slow. */
  readonly failing: Map<string, { code: ErrorCode; message: string; retryable?: boolean; business?: boolean }>;
  /** The virtual time, in milliseconds since 1970. */
  readonly now: number;
  /** What the module says of itself. */
  readonly description: any;

  /** Asks an actor: the reply, or the error thrown as a `HostError`. */
  ask(target: string, op: string, payload?: Json, options?: { timeoutMs?: number }): any;
  /** Sends, and lets everything run that can run without time passing. */
  send(target: string, op: string, payload?: Json): void;
  /** The values of a streaming operation. Leaving the loop closes the stream. */
  stream<T = any>(target: string, op: string, payload?: Json): Generator<T, void, undefined>;
  /** Lets virtual time pass; timers run in order, each at its time. */
  advance(ms: number): void;
  /** The declared state of an actor. */
  state(target: string): any;
  /** Tuples of the space that match; null matches any field. */
  tuples(pattern: readonly Json[], space?: string): any[][];
  /** Ends an actor as a fault would: monitors and links hear of it, supervised ones start again. */
  crash(target: string, reason?: string): void;
  /** Ends an actor gracefully. */
  stop(target: string, reason?: string): void;
  /** Runs everything that can run without time passing. */
  settle(): void;
}
