import { BusinessError, host, type Integer, PlexSpacesActor, registerActors } from "@plexspaces/sdk";

interface Counter {
  count: Integer;
  steps: Integer[];
}

/** Counts one thing; its key says what. */
class CounterActor extends PlexSpacesActor<Counter> {
  static readonly queries = ["get"];

  getDefaultState(): Counter {
    return { count: 0, steps: [] };
  }

  /** Adds to the count and answers it. */
  onIncrement({ by = 1 }: { by?: Integer }): Integer {
    if (by < 1) {
      throw new BusinessError("INVALID_ARGUMENT", `by must be at least 1, it is ${by}`);
    }
    this.state.count += by;
    this.state.steps.push(by);
    host.ts.write(["counted", this.actorId, by]);
    return this.state.count;
  }

  /** The count. */
  onGet(): Integer {
    return this.state.count;
  }

  /** Each step that was counted, one by one. */
  *onHistory(): Generator<Integer> {
    yield* [...this.state.steps];
  }
}

/** Knows nothing itself, and asks the counters. */
class BoardActor extends PlexSpacesActor<Record<string, never>> {
  getDefaultState() {
    return {};
  }

  /** The sum of some counters. */
  onTotal({ keys }: { keys: string[] }): Integer {
    return keys.reduce((sum, key) => sum + (host.ask(`counter/${key}`, "get") as Integer), 0);
  }
}

registerActors(CounterActor, BoardActor);
