import { PlexSpacesActor } from "@plexspaces/sdk";
import type { Add, Frequencies, Hit, Passage, Search, Stats } from "./protocol.ts";
import { termsOf, termsOfWord, wordsOf } from "./text.ts";

/** The usual constants of BM25: how fast repetition saturates, how much length matters. */
const K1 = 1.2;
const B = 0.75;

/**
 * Holds a part of all passages under an inverted index, in memory: for each term the passages that
 * have it. The index is no declared state, so a restarted retriever is empty, and the librarian
 * says so.
 */
export class Retriever extends PlexSpacesActor<{}> {
  static queries = ["search", "frequencies", "stats"];

  /** By slot; a slot that was given up is null and is used again. */
  private readonly passages: (Passage | null)[] = [];
  private readonly lengths: number[] = [];
  private readonly free: number[] = [];
  private readonly slotsOf = new Map<string, number[]>();
  /** Term to slot, count, slot, count, .. */
  private readonly postings = new Map<string, number[]>();
  private totalLength = 0;
  private documents = 0;

  getDefaultState() {
    return {};
  }

  onAdd({ replace, passages }: Add): Stats {
    for (const [source, line] of replace) {
      this.forget(source, line);
    }
    for (const passage of passages) {
      this.insert(passage);
    }
    return this.onStats();
  }

  onClear(): Stats {
    for (const source of [...this.slotsOf.keys()]) {
      this.forget(source, 0);
    }
    return this.onStats();
  }

  onStats(): Stats {
    return {
      documents: this.documents,
      passages: this.passages.length - this.free.length,
      length: this.totalLength,
    };
  }

  /** The first half of a search: what this part of the library knows about the terms. */
  onFrequencies({ terms }: { terms: string[] }): Frequencies {
    const df: { [term: string]: number } = {};
    for (const term of terms) {
      df[term] = (this.postings.get(term)?.length ?? 0) / 2;
    }
    return { ...this.onStats(), df };
  }

  /** The second half: the best passages here, scored as if all passages were here. */
  onSearch({ terms, limit, passages, averageLength, df }: Search): Hit[] {
    const scores = new Map<number, { score: number; matched: number }>();
    for (const term of terms) {
      const list = this.postings.get(term);
      if (list === undefined) {
        continue;
      }
      const n = df[term];
      const idf = Math.log(1 + (passages - n + 0.5) / (n + 0.5));
      for (let i = 0; i < list.length; i += 2) {
        const slot = list[i];
        const tf = list[i + 1];
        const norm = K1 * (1 - B + (B * this.lengths[slot]) / averageLength);
        const gain = (idf * tf * (K1 + 1)) / (tf + norm);
        const entry = scores.get(slot);
        if (entry === undefined) {
          scores.set(slot, { score: gain, matched: 1 });
        } else {
          entry.score += gain;
          entry.matched++;
        }
      }
    }
    const wanted = new Set(terms);
    return [...scores]
      .map(([slot, { score, matched }]) => {
        // A passage with three of four words answers better than one that repeats the rarest.
        return { passage: this.passages[slot] as Passage, score: score * (0.5 + (0.5 * matched) / terms.length) };
      })
      .sort((a, b) => b.score - a.score || byPlace(a.passage, b.passage))
      .slice(0, limit)
      .map(({ passage: { source, line, heading, text }, score }) => {
        return { source, line, heading, text, score, words: matching(text, wanted) };
      });
  }

  private insert(passage: Passage): void {
    const slot = this.free.pop() ?? this.passages.length;
    const terms = indexed(passage);
    this.passages[slot] = passage;
    this.lengths[slot] = terms.length;
    this.totalLength += terms.length;
    this.documents += passage.opens ? 1 : 0;
    for (const [term, count] of tally(terms)) {
      const list = this.postings.get(term);
      if (list === undefined) {
        this.postings.set(term, [slot, count]);
      } else {
        list.push(slot, count);
      }
    }
    const slots = this.slotsOf.get(passage.source);
    if (slots === undefined) {
      this.slotsOf.set(passage.source, [slot]);
    } else {
      slots.push(slot);
    }
  }

  /** Drops what is held of a document from a line on. */
  private forget(source: string, fromLine: number): void {
    const kept: number[] = [];
    for (const slot of this.slotsOf.get(source) ?? []) {
      const passage = this.passages[slot] as Passage;
      if (passage.line < fromLine) {
        kept.push(slot);
        continue;
      }
      for (const term of new Set(indexed(passage))) {
        this.unlist(term, slot);
      }
      this.totalLength -= this.lengths[slot];
      this.documents -= passage.opens ? 1 : 0;
      this.passages[slot] = null;
      this.free.push(slot);
    }
    if (kept.length > 0) {
      this.slotsOf.set(source, kept);
    } else {
      this.slotsOf.delete(source);
    }
  }

  private unlist(term: string, slot: number): void {
    const list = this.postings.get(term) as number[];
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] === slot) {
        list.splice(i, 2);
        break;
      }
    }
    if (list.length === 0) {
      this.postings.delete(term);
    }
  }
}

/** The terms of a passage: its headings count like its text. */
function indexed(passage: Passage): string[] {
  return termsOf(`${passage.heading}\n${passage.text}`);
}

function tally(terms: string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const term of terms) {
    counts.set(term, (counts.get(term) ?? 0) + 1);
  }
  return counts;
}

function matching(text: string, wanted: Set<string>): string[] {
  return [...new Set(wordsOf(text))].filter((word) => termsOfWord(word).some((term) => wanted.has(term)));
}

/** The order among equals, the same on every run. */
export function byPlace(a: { source: string; line: number }, b: { source: string; line: number }): number {
  return a.source < b.source ? -1 : a.source > b.source ? 1 : a.line - b.line;
}
