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

/** The codes of errors: gRPC's canonical names. */
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
  /** What kind of failure. */
  readonly code: ErrorCode;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  /** More of it, for programs. */
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
  /** The address, `app/type/key`. */
  readonly actor_id: string;
  /** The app's name. */
  readonly app_id: string;
  /** The actor type. */
  readonly type: string;
  /** The key; a supervised child's id. */
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
  /** The operation. */
  readonly op: string;
  /** How it was called. */
  readonly kind: "call" | "cast" | "query";
  /** The message's id; the same when it is delivered again. */
  readonly id: string;
  /** The address of the sending actor; null for a client. */
  readonly from: string | null;
  /** Whether the answer is a stream of values. */
  readonly stream?: boolean;
}

/**
 * A whole number, for the reader and for the schema that `plexspaces build` makes of a handler's
 * types: `by: Integer` is an integer that a `number` holds exactly, up to 2^53 - 1 either way;
 * others are refused before the handler runs. `by: number` is `{"type": "number"}` and
 * gets the nearest number.
 */
export type Integer = number;

/**
 * A whole number of up to 64 bits: a `number` where one holds it exactly, beyond that a `bigint`.
 * The two do not mix in arithmetic, so begin with `BigInt(n)`.
 */
export type BigInteger = number | bigint;

/**
 * The base class of actors. A method `on<Op>` handles the operation `<op>`: `onIncrement` handles
 * `increment`, `onExecuteChain` and `onExecute_chain` handle `execute_chain`. It gets the payload
 * and a `MessageInfo`, may be `async`, and what it returns is the reply.
 *
 * The actor type is the class's name in snake_case without a trailing "Actor", unless there is a
 * `static actorType`. `static queries` names operations that only read, `static casts` those
 * without a reply.
 *
 * A handler that is a generator (`*onStatement()`, `async *onStatement()`) answers with a stream:
 * each value it yields ends a turn. A class with `onRun` is a workflow; `onSignal_<name>` and
 * `onQuery_<name>` are its signals and queries.
 */
export abstract class PlexSpacesActor<State = Record<string, any>> {
  /** The actor type, if not the class's name. */
  static readonly actorType?: string;
  /** Operations that only read: they cost no commit. */
  static readonly queries?: readonly string[];
  /** Operations without a reply. */
  static readonly casts?: readonly string[];

  /** Declared state: what survives. Plain JSON values; no Map, no Set, no class instances. */
  protected state: State;
  /** The address, `app/type/key`. Known in the constructor already. */
  readonly actorId: string;

  constructor();

  /** The state of a new actor; stored state is laid over it. */
  protected getDefaultState(): State;
  /** Runs when the actor comes to life, as a turn. */
  protected onInit(config: ActorConfig): void | Promise<void>;
  /** Runs before the actor ends: "normal", "shutdown", .. Not after a crash. */
  protected onTerminate(reason: string): void | Promise<void>;

  /** The app of an address; of this actor's own by default. */
  actorApplicationId(id?: string): string;
  /** The target of another actor of this app: a child id, or `type/key`. */
  siblingActorId(name: string): string;
  /** The same as `siblingActorId`. */
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

/** One ask of `host.askAll`. */
export type Call = readonly [target: string, op: string, payload?: Json] | { target: string; op: string; payload?: Json };
/** What became of it. */
export type Outcome<T = any> = { value: T; error?: undefined } | { error: HostError; value?: undefined };
/** A list of scalars, strings, bytes, lists or maps; null cannot be written. */
export type Tuple = readonly Json[];
/** The message in one object: `{op: "add", by: 1}`. */
export type Message = { op: string; [name: string]: Json | undefined };

/** Matches by type where it stands in a pattern. */
export interface AnyOfType {
  /** The type. */
  readonly $any: "int" | "float" | "str" | "bool" | "bytes";
  readonly [name: string]: Json | undefined;
}
/** Matches whole numbers. */
export const ANY_INT: AnyOfType;
/** Matches numbers. */
export const ANY_FLOAT: AnyOfType;
/** Matches strings. */
export const ANY_STR: AnyOfType;
/** Matches booleans. */
export const ANY_BOOL: AnyOfType;
/** Matches bytes. */
export const ANY_BYTES: AnyOfType;

/** Which space. */
export interface SpaceOptions {
  /** A named space instead of the app's own. */
  space?: string;
}
/** Which space, and how long to wait. */
export interface ReadOptions extends SpaceOptions {
  /** 0 (the default) does not wait, -1 waits until the deadline. */
  timeoutMs?: number;
}
/** Which space, and for how long. */
export interface WriteOptions extends SpaceOptions {
  /** When the tuple ends by itself; "owner": with the actor that wrote it. */
  ttlMs?: number | "owner";
}
/** Which space, and how many. */
export interface ListOptions extends SpaceOptions {
  /** 0 (the default) is all. */
  limit?: number;
}

/** The tuple space of the app. In a pattern null matches any field, `ANY_INT` and the like match by type. */
export interface TupleSpace {
  /** Leaves with the turn's commit. Returns the lease. */
  write(tuple: Tuple, options?: WriteOptions): string;
  /** A matching tuple, which stays where it is. */
  read(pattern: Tuple, options?: ReadOptions): any[] | null;
  /** Each tuple goes to exactly one taker; a failed turn puts it back. `ifExists` waits while the only matches are held. */
  take(pattern: Tuple, options?: ReadOptions & { ifExists?: boolean }): any[] | null;
  /** All matching tuples, the oldest first. */
  readAll(pattern: Tuple, options?: ListOptions): any[][];
  /** Takes all matching tuples; a failed turn puts them back. */
  takeAll(pattern: Tuple, options?: ListOptions): any[][];
  /** How many tuples match. */
  count(pattern: Tuple, options?: SpaceOptions): number;
  /** Writes the tuple unless one matches already; atomic. */
  writeOnce(pattern: Tuple, tuple: Tuple, options?: WriteOptions): { written: boolean; tuple: any[] };
  /** Replaces a matching tuple, with `expected` only that one; the old one, or null. */
  update(pattern: Tuple, tuple: Tuple, options?: SpaceOptions & { expected?: Tuple }): any[] | null;
  /** A cast of `op` per matching write; the subscription's id. */
  notify(pattern: Tuple, op: string, options?: SpaceOptions): string;
  /** Ends a subscription. */
  unsubscribe(id: string): void;
  /** Prolongs the lease of a tuple. */
  renew(lease: string, ttlMs: number | "owner"): void;
  /** Removes the tuple of a lease. */
  cancel(lease: string): void;
  /** All or nothing inside of the turn: committed when `body` has returned, aborted if it throws. */
  transaction<T>(body: (tx: TupleSpace) => T): T;
}

/** The values of another actor's streaming handler. Leaving a `for` loop early closes the stream. */
export class ActorStream<T = any> implements IterableIterator<T> {
  private constructor();
  /** The next value; waits for it. */
  next(): IteratorResult<T, undefined>;
  /** Ends the stream early, as `close` does. */
  return(value?: any): IteratorResult<T, any>;
  /** Ends the stream early: the producer's `finally` runs. */
  close(): void;
  /** The stream itself. */
  [Symbol.iterator](): this;
}

/** How a payload is sent. */
export interface RawOptions {
  /** Sends a `Uint8Array` as it is, under this type. */
  contentType?: string;
}

/** Which round of a shard group, and how long and for how many it waits. */
export interface Round {
  /** The group. */
  groupId: string;
  /** 10000 unless said otherwise. */
  timeoutMs?: number;
  /** How many answers are enough; all by default. */
  minResponses?: number;
  /** The same, for rounds whose answers say nothing. */
  minAcks?: number;
}
/** How values are folded, in shard order. */
export type Reduction = "sum" | "prod" | "min" | "max" | "mean" | "and" | "or";
/** A round whose answers are folded. */
export interface Reduce extends Round {
  /** What each shard is asked: `{op, ..}` or an operation. */
  mapFunction: Json;
  /** How its answers are folded. */
  reduction: Reduction;
}
/** A group of actors of one type over which keys are spread. */
export interface ShardGroup {
  /** Its name in the app. */
  groupId: string;
  /** The type of its shards; it need not be configured. */
  actorType: string;
  /** How many shards, at least 1. */
  shardCount: number;
  /** How a key finds its shard; "hash" unless said otherwise. */
  partitionStrategy?: "hash" | "range" | "round_robin";
  /** Where the shards run. */
  placement?: { strategy?: "from_registry" | "spread" | "local"; labels?: Record<string, string> };
  /** Laid over the declared defaults of each shard. */
  initialState?: Record<string, Json>;
  /** Whether the group outlives its creator. */
  detached?: boolean;
}
/** What a collective answers; in shard order. */
export interface Collected<T = any> {
  /** What was made of the answers. */
  result: T;
  /** The answers. */
  responses: { shard: number; actor_id: string; payload: any }[];
  /** How many shards there are. */
  shard_count: number;
  /** How many answered. */
  responded: number;
  /** Those that did not. */
  failed: { shard: number; code: ErrorCode; message: string }[];
}

/** Workers that are lent to one borrower at a time. */
export interface Pools {
  /** A worker, or null if none gets free in time. Ends with the turn if that fails, or with the borrower. */
  checkout(pool: string, timeoutMs?: number): { actor_id: string; checkout_id: string } | null;
  /** Gives a worker back; an unhealthy one is replaced. */
  checkin(pool: string, actorId: string, checkoutId: string, healthy?: boolean): void;
  /** What is known of a pool. */
  info(pool: string): any;
}

/** Groups of actors; membership ends with the actor. */
export interface ProcessGroups {
  /** Makes this actor a member. */
  join(group: string): void;
  /** Ends its membership. */
  leave(group: string): void;
  /** Addresses, in the order in which they joined. */
  members(group: string): string[];
  /** Sends to all members; how many that are. */
  broadcast(group: string, op: string, payload?: Json): number;
  /** The member that has been there longest. */
  first(group: string): string | null;
}

/** A message of a channel. */
export interface ChannelMessage {
  /** Its id, for `ack` and `nack`. */
  id: string;
  /** What was published. */
  payload: any;
  [name: string]: any;
}
/** A reader of a channel. */
export class Subscription {
  private constructor();
  /** Its id. */
  readonly id: string;
  /** The next message, or null if none comes in time. */
  next(timeoutMs?: number): ChannelMessage | null;
  /** The message has been handled. */
  ack(message: ChannelMessage | string): void;
  /** It has not; `requeue` brings it again, else it is a dead letter. */
  nack(message: ChannelMessage | string, requeue?: boolean): void;
}
/** Queues of messages that outlive their readers. */
export interface Channels {
  /** Leaves with the turn's commit. Returns the message's id. */
  publish(
    name: string,
    payload?: Json,
    options?: { key?: string; headers?: Record<string, string>; delayMs?: number; ttlMs?: number },
  ): string;
  /** Readers of one `group` share the messages; `start` says where a new one begins. */
  subscribe(name: string, options?: { group?: string; start?: "unacked" | "earliest" | "new" }): Subscription;
  /** Messages become casts of `op`. */
  bind(name: string, op: string): void;
  /** What is known of a channel. */
  info(name: string): any;
}

/** Locks with a lease; the holder is this actor. */
export interface Locks {
  /** The fence strictly rises. Null if the lock is held by another for all of `waitMs`. */
  acquire(key: string, leaseMs: number, waitMs?: number): { fence: number; expires_ms: number } | null;
  /** Prolongs the lease; null if this actor does not hold the lock. */
  renew(key: string, leaseMs: number): { fence: number; expires_ms: number } | null;
  /** Gives the lock back. */
  release(key: string): void;
}

/** `"actor"` is private to this actor and commits with the turn. */
export interface Scope {
  /** The app's by default. */
  scope?: "app" | "actor";
}
/** Keys and values of the app. */
export interface KeyValues {
  /** The value, or null. */
  get(key: string, options?: Scope): any;
  /** Sets the value, for `ttlMs` if that is given. */
  put(key: string, value: Json, options?: Scope & { ttlMs?: number }): void;
  /** Whether it was there. */
  delete(key: string, options?: Scope): boolean;
  /** Keys that begin with a prefix. */
  list(prefix?: string, options?: Scope & { limit?: number }): any[];
  /** Adds to a number, 1 unless said otherwise; what it is then. */
  increment(key: string, by?: number, options?: Scope): number;
  /** Puts `value` if the present one equals `expected`; null is for a key that is not there. */
  compareAndSwap(key: string, expected: Json | undefined, value: Json, options?: Scope): boolean;
  /** A cast of `op` per change; the watch's id. */
  watch(prefix: string, op: string): string;
}

/** Large bytes under a name. */
export interface Blobs {
  /** Stores bytes under a name. */
  put(name: string, bytes: Uint8Array | string, options?: { contentType?: string }): { etag: string; size: number };
  /** The bytes, or a range of them; NOT_FOUND if there are none. */
  get(name: string, options?: { offset?: number; length?: number }): Uint8Array;
  /** What is known of a blob, or null. */
  head(name: string): { etag: string; size: number; content_type: string } | null;
  /** Whether it was there. */
  delete(name: string): boolean;
  /** Names that begin with a prefix. */
  list(prefix?: string, options?: { limit?: number }): any[];
}

/** Runs of workflow actors. */
export interface Workflows {
  /** Starts a run; its id. */
  start(type: string, id: string, input?: Json): string;
  /** Signals a run. */
  signal(id: string, name: string, payload?: Json): void;
  /** Reads a run. */
  query(id: string, name: string, args?: Record<string, Json>): any;
  /** Waits for the run's result. */
  result(id: string, timeoutMs?: number): any;
  /** Cancels a run. */
  cancel(id: string): void;
  /** Pauses a run. */
  pause(id: string): void;
  /** Lets a paused run go on. */
  resume(id: string): void;
}

/**
 * What the host offers. Calls are synchronous; a refusal is thrown as a `HostError`. Operations that
 * a node does not have yet are refused with UNIMPLEMENTED.
 */
export interface Host {
  /** Waits for the reply of an actor, 5000 ms unless said otherwise. */
  ask(target: string, op: string, payload?: Json, timeoutMs?: number, options?: RawOptions): any;
  ask(target: string, message: Message, timeoutMs?: number, options?: RawOptions): any;
  /** Asks several at once; results in order, each a value or an error. */
  askAll(calls: readonly Call[], timeoutMs?: number): Outcome[];
  /** Fire and forget; leaves with the turn's commit. Returns the message id. */
  send(target: string, op: string, payload?: Json, options?: RawOptions): string;
  send(target: string, message: Message, options?: RawOptions): string;
  /** The values of a streaming handler, one by one. */
  askStream<T = any>(target: string, op: string, payload?: Json, timeoutMs?: number, options?: RawOptions): ActorStream<T>;
  askStream<T = any>(target: string, message: Message, timeoutMs?: number, options?: RawOptions): ActorStream<T>;
  /** This turn gives no reply; `reply` does, in another. Returns the token for it. */
  deferReply(): string;
  /** Answers a deferred request. */
  reply(token: string, value?: Json): void;
  /** Hands the request on: the reply goes to the one who asked first. */
  forward(target: string, op: string, payload?: Json, options?: RawOptions): void;
  /** Timers of a durable actor outlive a restart of the node. All return the timer's id. */
  sendAfter(delayMs: number, target: string, op: string, payload?: Json, options?: RawOptions): string;
  /** Sends again and again. */
  sendEvery(periodMs: number, target: string, op: string, payload?: Json, options?: RawOptions): string;
  /** Sends by a cron expression. */
  scheduleCron(expr: string, target: string, op: string, payload?: Json, options?: RawOptions & { tz?: string }): string;
  /** Ends a timer; one that there is not is no error. */
  cancelTimer(id: string): void;
  /** Starts a child of this actor; its address. */
  spawn(type: string, args?: Record<string, Json>, options?: { id?: string; link?: boolean }): string;
  /** Stops an actor gracefully. */
  stop(id: string, reason?: string): void;
  /** Stops the actor and removes its journal. */
  delete(id: string): void;
  /** A cast `__DOWN__ {monitor_ref, down_from, down_reason}` when that actor ends; the reference. */
  monitor(id: string): string;
  /** Ends a monitor; idempotent. */
  demonitor(ref: string): void;
  /** Two-way: when one fails, the other gets `__EXIT__ {exit_from, exit_reason}`, or ends too. */
  link(id: string): void;
  /** Ends a link. */
  unlink(id: string): void;
  /** Gives this actor a name in the app. */
  register(name: string): void;
  /** The address of the actor with this name, or null. */
  resolve(name: string): string | null;
  /** What is known of an actor. */
  actorInfo(id: string): any;
  /** What is known of the app's actors, or of those of one type. */
  listActors(type?: string): any[];
  /** The host's clock, in milliseconds since 1970. */
  nowMs(): number;
  /** A number from 0 to 1, 1 excluded, from the host. */
  random(): number;
  /** A random UUID, from the host. */
  uuid(): string;
  /** Waits; the actor takes no other message meanwhile. */
  sleep(ms: number): void;
  /** Writes a line to the node's log. */
  log(level: "trace" | "debug" | "info" | "warn" | "error", message: string, fields?: Record<string, Json>): void;
  /** Calls a configured service link; there is no other way out. */
  httpFetch(
    link: string,
    method: string,
    path: string,
    body?: Uint8Array | string | null,
    headers?: Record<string, string>,
  ): { status: number; headers: Record<string, string>; body: Uint8Array };
  /** Adds to the app's own metrics; the host sets the labels. */
  applicationMetricsAdd(
    id: string,
    metrics: {
      messageCount?: number;
      counterMetrics?: Record<string, number>;
      gaugeMetrics?: Record<string, number>;
      latencyTotalsMs?: Record<string, number>;
    },
  ): void;
  /** Writes a full state with this turn. */
  checkpoint(): void;
  /** The number of the last committed turn. */
  journalSequence(): number;
  /** Whether a run is being replayed. */
  isReplaying(): boolean;

  /** Creates a group; an equal one that is there already is no error. It ends with its creator. */
  createShardGroup(group: ShardGroup): any;
  /** Asks every shard, each its own part with `inputs`, and puts the answers together. */
  scatterGather(
    round: Round & {
      query?: Json;
      /** One for each shard, instead of `query`. */
      inputs?: readonly Json[];
      aggregation?: "concat" | "sum" | "min" | "max" | "mean" | "merge" | "first" | "majority" | "top_k";
      k?: number;
    },
  ): Collected;
  /** Gives every shard the message `{op, ..}`. */
  broadcastShardGroup(round: Round & { message: Json }): Collected;
  /** None leaves before all entered. */
  barrierShardGroup(round: Round): Collected;
  /** Folds the answers in shard order: numbers, lists of equal length and maps of them. */
  reduceShardGroup(round: Reduce): Collected;
  /** Every shard gets the result as a cast `__ALLREDUCE__`. */
  allReduceShardGroup(round: Reduce): Collected;
  /** As `reduceShardGroup`; each shard gets its part as a cast `__ALLREDUCE__`. */
  reduceScatterShardGroup(round: Reduce): Collected;
  /** The folds of the first answer, the first two, and so on. */
  scanShardGroup(round: Reduce): Collected;
  /** The answers as a list. */
  gatherShardGroup(round: Round & { query: Json }): Collected;
  /** As `gatherShardGroup`; every shard gets the list as a cast `__ALLREDUCE__`. */
  allGatherShardGroup(round: Round & { query: Json }): Collected;
  /** Asks the shard of a key. */
  askShard(groupId: string, key: Json, op: string, payload?: Json, timeoutMs?: number): any;
  /** Sends to the shard of a key; the message's id. */
  sendToShard(groupId: string, key: Json, op: string, payload?: Json): string;
  /** What is known of a group. */
  shardGroupInfo(groupId: string): any;
  /** Changes the number of shards. */
  rescaleShardGroup(groupId: string, shardCount: number): any;
  /** Ends a group and its shards. */
  deleteShardGroup(groupId: string): void;

  /** The tuple space. */
  readonly ts: TupleSpace;
  /** Pools of workers. */
  readonly pool: Pools;
  /** Process groups. */
  readonly pg: ProcessGroups;
  /** Channels. */
  readonly channel: Channels;
  /** Locks. */
  readonly lock: Locks;
  /** Keys and values. */
  readonly kv: KeyValues;
  /** Blobs. */
  readonly blob: Blobs;
  /** Workflows. */
  readonly workflow: Workflows;
}

/** The host of this actor. */
export const host: Host;
