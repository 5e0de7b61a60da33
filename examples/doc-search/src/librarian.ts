import { BusinessError, host, PlexSpacesActor, type ActorConfig, type HostError, type Json } from "@plexspaces/sdk";
import { invalid, retrieversOf, type Document, type Frequencies, type Held, type Hit, type Stats } from "./protocol.ts";
import { byPlace } from "./retriever.ts";
import { termsOf } from "./text.ts";

/** How long a question waits for a retriever; who is later is left out of the answer. */
const SEARCH_TIMEOUT_MS = 3_000;
const INDEX_TIMEOUT_MS = 150_000;
const LONGEST_QUESTION = 1_000;
const MOST_ANSWERS = 50;

type Missing = { retriever: string; reason: string };
type Found = {
  question: string;
  answers: Hit[];
  searched: { retrievers: number; documents: number; passages: number };
  missing: Missing[];
};

/** The front of the app: takes documents, answers questions. */
export class Librarian extends PlexSpacesActor<{ held: Held }> {
  static queries = ["status"];

  private retrievers: string[] = [];

  getDefaultState() {
    return { held: {} };
  }

  onInit(config: ActorConfig) {
    this.retrievers = retrieversOf(config);
  }

  /** Indexes documents; one of the same path replaces the earlier one. */
  onIndexDocuments({ documents }: { documents?: unknown }) {
    const { held, ...counts } = host.ask("indexer", "split", { documents: checked(documents) }, INDEX_TIMEOUT_MS);
    this.state.held = held;
    return counts as { documents: number; passages: number };
  }

  onAsk({ question, limit = 5 }: { question?: unknown; limit?: unknown }): Found {
    if (typeof question !== "string" || question.trim() === "" || question.length > LONGEST_QUESTION) {
      throw invalid(`"question" must be a text of 1 to ${LONGEST_QUESTION} characters`);
    }
    if (typeof limit !== "number" || !Number.isInteger(limit) || limit < 1 || limit > MOST_ANSWERS) {
      throw invalid(`"limit" must be a whole number from 1 to ${MOST_ANSWERS}`);
    }
    const terms = [...new Set(termsOf(question))];
    if (terms.length === 0) {
      throw invalid(`the question ${JSON.stringify(question)} has no word to search for`);
    }

    // Scores of different retrievers can be compared only if all reckon with the same frequencies.
    const missing: Missing[] = [];
    const known = this.askEach<Frequencies>(this.retrievers, "frequencies", { terms }, missing);
    this.noticeLosses(known, missing);
    const total = sum([...known.values()]);
    const df: { [term: string]: number } = {};
    for (const term of terms) {
      df[term] = [...known.values()].reduce((n, f) => n + f.df[term], 0);
    }
    const averageLength = Math.max(1, total.length / Math.max(1, total.passages));
    const search = { terms, limit, passages: total.passages, averageLength, df };
    const hits = this.askEach<Hit[]>([...known.keys()], "search", search, missing);

    const searched = sum([...hits.keys()].map((id) => known.get(id) as Frequencies));
    const answers = [...hits.values()]
      .flat()
      .sort((a, b) => b.score - a.score || byPlace(a, b))
      .slice(0, limit)
      .map((hit) => ({ ...hit, score: Math.round(hit.score * 1000) / 1000 }));
    return {
      question,
      answers,
      searched: { retrievers: hits.size, documents: searched.documents, passages: searched.passages },
      missing,
    };
  }

  onStatus() {
    const missing: Missing[] = [];
    const known = this.askEach<Stats>(this.retrievers, "stats", {}, missing);
    this.noticeLosses(known, missing);
    const { documents, passages } = sum([...known.values()]);
    const retrievers = [...known].map(([id, s]) => ({ id, passages: s.passages, words: s.length }));
    return { documents, passages, retrievers, missing };
  }

  /** Forgets all documents. */
  onClear() {
    const missing: Missing[] = [];
    this.askEach<Stats>(this.retrievers, "clear", {}, missing);
    if (missing.length > 0) {
      throw new BusinessError("UNAVAILABLE", `not all retrievers are cleared: ${missing.map(phrase).join("; ")}`);
    }
    this.state.held = {};
    return { documents: 0, passages: 0 };
  }

  /** Asks several at once. Who does not answer is noted in `missing`; the others count. */
  private askEach<T>(ids: string[], op: string, payload: Json, missing: Missing[]): Map<string, T> {
    const answered = new Map<string, T>();
    host.askAll(ids.map((id) => [id, op, payload] as const), SEARCH_TIMEOUT_MS).forEach((outcome, i) => {
      if (outcome.error === undefined) {
        answered.set(ids[i], outcome.value as T);
      } else {
        missing.push({ retriever: ids[i], reason: reasonOf(outcome.error) });
      }
    });
    if (answered.size === 0) {
      throw new BusinessError("UNAVAILABLE", `no retriever answered: ${missing.map(phrase).join("; ")}`);
    }
    return answered;
  }

  /** A retriever that was restarted answers, but has lost what it was given. */
  private noticeLosses(known: Map<string, Stats>, missing: Missing[]): void {
    for (const [id, { passages }] of known) {
      const given = this.state.held[id] ?? 0;
      if (passages < given) {
        const reason = `was restarted and holds ${passages} of ${given} passages: index the documents again`;
        missing.push({ retriever: id, reason });
      }
    }
  }
}

function reasonOf(error: HostError): string {
  const late = error.code === "DEADLINE_EXCEEDED";
  return late ? `did not answer within ${SEARCH_TIMEOUT_MS / 1000} s` : `${error.message} (${error.code})`;
}

function phrase({ retriever, reason }: Missing): string {
  return `${retriever} ${reason}`;
}

function sum(all: Stats[]): Stats {
  return all.reduce(
    (a, b) => ({ documents: a.documents + b.documents, passages: a.passages + b.passages, length: a.length + b.length }),
    { documents: 0, passages: 0, length: 0 },
  );
}

function checked(documents: unknown): Document[] {
  if (!Array.isArray(documents)) {
    throw invalid('"documents" must be a list of {"path": .., "text": ..}');
  }
  return documents.map((d, i) => {
    const { path, text, first_line = 1 } = d ?? {};
    if (typeof path !== "string" || path === "" || typeof text !== "string") {
      throw invalid(`documents[${i}] needs "path" and "text", both texts`);
    }
    if (!Number.isInteger(first_line) || first_line < 1) {
      throw invalid(`documents[${i}]: "first_line" must be a whole number from 1 on`);
    }
    return { path, text, first_line };
  });
}
