import { type Integer, PlexSpacesActor, registerActors } from "@plexspaces/sdk";

/** Streams without end, and knows how many of them were closed. */
class TickerActor extends PlexSpacesActor<{ closed: Integer; notes: string[] }> {
  static readonly queries = ["closed", "notes"];
  static readonly casts = ["note"];

  getDefaultState() {
    return { closed: 0, notes: [] as string[] };
  }

  *onTicks({ from = 0 }: { from?: Integer }): Generator<Integer> {
    try {
      for (let n = from; ; n++) {
        yield n;
      }
    } finally {
      this.state.closed += 1;
    }
  }

  onClosed(): Integer {
    return this.state.closed;
  }

  onNote({ text }: { text: string }) {
    this.state.notes.push(text);
  }

  onSum({ numbers, tag }: { numbers: Integer[]; tag?: { name: string } }): Integer {
    return numbers.reduce((sum, n) => sum + n, tag === undefined ? 0 : 1000);
  }

  onNotes(): string[] {
    return this.state.notes;
  }
}

registerActors(TickerActor);
