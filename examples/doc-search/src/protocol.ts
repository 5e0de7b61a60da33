// What the three actor types say to each other. Everything is plain JSON.
import { BusinessError, type ActorConfig } from "@plexspaces/sdk";

/** A text file, or the part of a long one that begins at `first_line` (1 unless given). */
export type Document = {
  readonly path: string;
  readonly text: string;
  readonly first_line?: number;
};

/** A few paragraphs of a document: what is indexed, found and shown. */
export type Passage = {
  readonly source: string;
  /** The line of the source with which `text` begins; the first is 1. */
  readonly line: number;
  /** The headings above it, outermost first. */
  readonly heading: string;
  readonly text: string;
  /** Whether it is the first of its document: so documents can be counted over all retrievers. */
  readonly opens: boolean;
};

export type Add = {
  /** For each document, from which line on its earlier passages are out of date. */
  readonly replace: readonly (readonly [source: string, line: number])[];
  readonly passages: readonly Passage[];
};

/** What a retriever holds. `length` counts words. */
export type Stats = { readonly documents: number; readonly passages: number; readonly length: number };

/** `df`: in how many passages each term occurs. */
export type Frequencies = Stats & { readonly df: { readonly [term: string]: number } };

/** A search with the frequencies of all retrievers together, so that all give comparable scores. */
export type Search = {
  readonly terms: readonly string[];
  readonly limit: number;
  readonly passages: number;
  readonly averageLength: number;
  readonly df: { readonly [term: string]: number };
};

export type Hit = {
  readonly source: string;
  readonly line: number;
  readonly heading: string;
  readonly text: string;
  readonly score: number;
  /** The words of `text` that matched, as they are written there. */
  readonly words: readonly string[];
};

/** How many passages each retriever holds. */
export type Held = { [retriever: string]: number };

/** The child ids of the retrievers, from [env] of app-config.toml. */
export function retrieversOf(config: ActorConfig): string[] {
  const ids = (config.env.RETRIEVERS ?? "").split(/[\s,]+/).filter((id) => id !== "");
  if (ids.length === 0) {
    throw new Error('[env] of app-config.toml needs RETRIEVERS = "<child id> <child id> .."');
  }
  return ids;
}

export function invalid(message: string): BusinessError {
  return new BusinessError("INVALID_ARGUMENT", message);
}
