// The benchmarks' actor in TypeScript.
import { host, type Integer, PlexSpacesActor, registerActors } from "@plexspaces/sdk";

interface State {
  value: Integer;
}

class CounterActor extends PlexSpacesActor<State> {
  getDefaultState(): State {
    return { value: 0 };
  }

  onIncrement({ by = 1 }: { by?: Integer }): { value: Integer } {
    this.state.value += by;
    return { value: this.state.value };
  }

  onStamp({ by = 1 }: { by?: Integer }): { value: Integer; at: Integer } {
    this.state.value += by;
    return { value: this.state.value, at: host.nowMs() };
  }

  onDelegate({ service, n, timeout_ms }: { service: string; n: Integer; timeout_ms: Integer }) {
    const reply = host.ask(service, "work", { n }, timeout_ms) as { answer: Integer };
    this.state.value += 1;
    return { value: this.state.value, answer: reply.answer };
  }
}

registerActors(CounterActor);
