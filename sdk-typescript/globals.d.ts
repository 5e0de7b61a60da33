// What an actor finds beside the language, for programs that are compiled without the types of a
// browser or of Node.js: "types": ["@plexspaces/sdk/globals"] in tsconfig.json.

interface Console {
  trace(...values: unknown[]): void;
  debug(...values: unknown[]): void;
  log(...values: unknown[]): void;
  info(...values: unknown[]): void;
  warn(...values: unknown[]): void;
  error(...values: unknown[]): void;
}
/** Writes to the actor's log. */
declare var console: Console;

declare class TextEncoder {
  readonly encoding: "utf-8";
  encode(input?: string): Uint8Array;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean });
  readonly encoding: "utf-8";
  readonly fatal: boolean;
  decode(input?: ArrayBufferView | ArrayBuffer): string;
}
declare function structuredClone<T>(value: T): T;
declare function queueMicrotask(job: () => void): void;
/** Base64 of a string of bytes. */
declare function btoa(bytes: string): string;
declare function atob(base64: string): string;
declare var performance: { now(): number };
/** Fed by the host. */
declare var crypto: {
  getRandomValues<T extends ArrayBufferView>(array: T): T;
  randomUUID(): string;
};
