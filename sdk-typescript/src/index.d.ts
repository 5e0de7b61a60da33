/** A value with a JSON form; bytes are `Uint8Array`, integers beyond 2^53 are `bigint`. */
export type Json =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Json[]
  | { readonly [name: string]: Json | undefined };

export type ErrorCode =
  | "INVALID_ARGUMENT"
  | "UNAUTHENTICATED"
  | "PERMISSION_DENIED"
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "FAILED_PRECONDITION"
  | "ABORTED"
  | "RESOURCE_EXHAUSTED"
  | "DEADLINE_EXCEEDED"
  | "CANCELLED"
  | "UNAVAILABLE"
  | "UNIMPLEMENTED"
  | "DATA_LOSS"
  | "INTERNAL";

/** An error of the host API: what a host call was refused with, or failed with. */
export class HostError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly details: unknown;
  /** Whether the other side refused on purpose. */
  readonly business: boolean;
  constructor(
    code: ErrorCode,
    message: string,
    more?: { retryable?: boolean; details?: unknown; business?: boolean },
  );
}

/** The handler refuses the request: the caller gets a 4xx, what the turn did is undone, the actor goes on. */
export class BusinessError extends HostError {
  constructor(code: ErrorCode, message: string, details?: unknown);
}

/** Something outside of the request failed: the turn crashes and the supervisor decides. */
export class SystemError extends HostError {
  constructor(message: string, recoverable?: boolean);
}

/** A host call did not end within its time. */
export class TimeoutError extends HostError {
  constructor(message: string, details?: unknown);
}

/** What `onInit` gets. */
export interface ActorConfig {
  readonly actor_id: string;
  readonly app_id: string;
  readonly type: string;
  readonly key: string;
  /** `args` of the child in app-config.toml. */
  readonly args: Record<string, any>;
  /** `[env]` of app-config.toml. */
  readonly env: Record<string, string>;
  /** Whether stored state will be laid over the defaults after `onInit`. */
  readonly restored: boolean;
}

/** What a handler may know of its message: the second argument. */
export interface MessageInfo {
  readonly op: string;
  readonly kind: "call" | "cast" | "query";
  readonly id: string;
  /** The address of the sending actor; null for a client. */
  readonly from: string | null;
}

/**
 * The base class of actors. A method `on<Op>` handles the operation `<op>`: `onIncrement` handles
 * `increment`, `onExecuteChain` and `onExecute_chain` handle `execute_chain`. It gets the payload
 * and a `MessageInfo`, may be `async`, and what it returns is the reply.
 *
 * The actor type is the class's name in snake_case without a trailing "Actor", unless there is a
 * `static actorType`. `static queries` names operations that only read, `static casts` those
 * without a reply.
 */
export abstract class PlexSpacesActor<State = Record<string, any>> {
  static readonly actorType?: string;
  static readonly queries?: readonly string[];
  static readonly casts?: readonly string[];

  /** Declared state: what survives. Plain JSON values; no Map, no Set, no class instances. */
  protected state: State;
  /** The address, `app/type/key`. Known in the constructor already. */
  readonly actorId: string;

  constructor();

  protected getDefaultState(): State;
  protected onInit(config: ActorConfig): void | Promise<void>;
  protected onTerminate(reason: string): void | Promise<void>;

  /** The app of an address; of this actor's own by default. */
  actorApplicationId(id?: string): string;
  /** The target of another actor of this app: a child id, or `type/key`. */
  siblingActorId(name: string): string;
  siblingActorTarget(name: string): string;
}

type ActorClass = abstract new () => PlexSpacesActor<any>;

/** Makes classes the actor types of this module. */
export function registerActors(...classes: ActorClass[]): void;

/** Class decorator: registers the class, as `registerActors` does. */
export function actor<T extends ActorClass>(type: T, context?: unknown): void;
export function actor(options: { type?: string }): <T extends ActorClass>(type: T, context?: unknown) => void;

/** Method decorator: the method handles `op`, by default its own name. */
export function handler(op?: string, kind?: "call" | "cast" | "query"): (target: any, context: any, descriptor?: any) => void;

/** The app of an address: the part before the first slash. */
export function actorApplicationId(id: string): string;

export type Call = readonly [target: string, op: string, payload?: Json] | { target: string; op: string; payload?: Json };
export type Outcome<T = any> = { value: T; error?: undefined } | { error: HostError; value?: undefined };
export type Tuple = readonly Json[];

export interface ReadOptions {
  /** 0 (the default) does not wait, -1 waits until the deadline. */
  timeoutMs?: number;
  space?: string;
}

export interface WriteOptions {
  ttlMs?: number;
  space?: string;
}

/** The tuple space of the app. In a pattern null matches any field. */
export interface TupleSpace {
  /** Leaves with the turn's commit. Returns the lease. */
  write(tuple: Tuple, options?: WriteOptions): string;
  read(pattern: Tuple, options?: ReadOptions): any[] | null;
  /** Each tuple goes to exactly one taker; a failed turn puts it back. */
  take(pattern: Tuple, options?: ReadOptions & { ifExists?: boolean }): any[] | null;
  readAll(pattern: Tuple, options?: { limit?: number; space?: string }): any[][];
  count(pattern: Tuple, options?: { space?: string }): number;
  writeOnce(pattern: Tuple, tuple: Tuple, options?: WriteOptions): { written: boolean; tuple: any[] };
}

/** What the host offers. Calls are synchronous; a refusal is thrown as a `HostError`. */
export interface Host {
  /** Waits for the reply of an actor, 5000 ms unless said otherwise. */
  ask(target: string, op: string, payload?: Json, timeoutMs?: number): any;
  ask(target: string, message: { op: string; [name: string]: Json | undefined }, timeoutMs?: number): any;
  /** Asks several at once; results in order, each a value or an error. */
  askAll(calls: readonly Call[], timeoutMs?: number): Outcome[];
  /** Fire and forget; leaves with the turn's commit. Returns the message id. */
  send(target: string, op: string, payload?: Json): string;
  /** Gives this actor a name in the app. */
  register(name: string): void;
  resolve(name: string): string | null;
  nowMs(): number;
  random(): number;
  uuid(): string;
  sleep(ms: number): void;
  log(level: "trace" | "debug" | "info" | "warn" | "error", message: string, fields?: Record<string, Json>): void;
  readonly ts: TupleSpace;
}

export const host: Host;
