import { BusinessError, host, PlexSpacesActor, registerActors } from "@plexspaces/sdk";

/** Counts one thing; its key says what. */
class CounterActor extends PlexSpacesActor {
  static queries = ["get"];

  getDefaultState() {
    return { count: 0, steps: [] };
  }

  /**
   * Adds to the count and answers it.
   * @param {{ by?: number }} payload
   */
  onIncrement({ by = 1 }) {
    if (by < 1) {
      throw new BusinessError("INVALID_ARGUMENT", `by must be at least 1, it is ${by}`);
    }
    this.state.count += by;
    this.state.steps.push(by);
    host.ts.write(["counted", this.actorId, by]);
    return this.state.count;
  }

  /** The count. */
  onGet() {
    return this.state.count;
  }

  /** Each step that was counted, one by one. */
  *onHistory() {
    yield* [...this.state.steps];
  }
}

/** Knows nothing itself, and asks the counters. */
class BoardActor extends PlexSpacesActor {
  /**
   * The sum of some counters.
   * @param {{ keys: string[] }} payload
   */
  onTotal({ keys }) {
    return keys.reduce((sum, key) => sum + host.ask(`counter/${key}`, "get"), 0);
  }
}

registerActors(CounterActor, BoardActor);
