import { host, PlexSpacesActor, type ActorConfig } from "@plexspaces/sdk";
import { passagesOf } from "./passages.ts";
import { retrieversOf, type Document, type Held, type Passage, type Stats } from "./protocol.ts";

/** How long all retrievers together may take to index one batch. */
const ADD_TIMEOUT_MS = 120_000;

/** Splits documents into passages and deals them out to the retrievers, one after the other. */
export class Indexer extends PlexSpacesActor<{ next: number }> {
  private retrievers: string[] = [];

  getDefaultState() {
    return { next: 0 };
  }

  onInit(config: ActorConfig) {
    this.retrievers = retrieversOf(config);
  }

  /**
   * Every retriever hears of every document, since it may hold passages of its earlier version;
   * doing the same batch again is therefore harmless.
   */
  onSplit({ documents }: { documents: Document[] }): { documents: number; passages: number; held: Held } {
    const hands = this.retrievers.map((): Passage[] => []);
    const replace = new Map<string, number>();
    let passages = 0;
    for (const document of documents) {
      const from = document.first_line ?? 1;
      replace.set(document.path, Math.min(from, replace.get(document.path) ?? from));
      for (const passage of passagesOf(document)) {
        hands[this.state.next].push(passage);
        this.state.next = (this.state.next + 1) % hands.length;
        passages++;
      }
    }
    const outcomes = host.askAll(
      this.retrievers.map((target, i) => [target, "add", { replace: [...replace], passages: hands[i] }] as const),
      ADD_TIMEOUT_MS,
    );
    const held: Held = {};
    outcomes.forEach((outcome, i) => {
      if (outcome.error !== undefined) {
        throw outcome.error;
      }
      held[this.retrievers[i]] = (outcome.value as Stats).passages;
    });
    return { documents: replace.size, passages, held };
  }
}
