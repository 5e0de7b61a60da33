// Compiled, never run: the declarations must fit what users write.
import { actor, BusinessError, handler, host, PlexSpacesActor, registerActors, type ActorConfig, type MessageInfo } from "@plexspaces/sdk";

interface CounterState {
  count: number;
  history: number[];
}

class CounterActor extends PlexSpacesActor<CounterState> {
  static readonly queries = ["get"];

  override getDefaultState(): CounterState {
    return { count: 0, history: [] };
  }

  protected override onInit(config: ActorConfig): void {
    this.state.count = config.args.start ?? 0;
  }

  onIncrement({ by = 1 }: { by?: number }, info: MessageInfo): { count: number } {
    if (by < 0) {
      throw new BusinessError("INVALID_ARGUMENT", `by is ${by}, sent by ${info.from}`);
    }
    this.state.count += by;
    host.send("log/log/main", "note", { count: this.state.count, at: host.nowMs() });
    return { count: this.state.count };
  }

  async onGet(): Promise<number> {
    return this.state.count;
  }
}

@actor({ type: "marked" })
class Marked extends PlexSpacesActor {
  @handler("peek", "query")
  peek(): number {
    // @ts-expect-error there is no such operation
    host.askk("a", "b");
    // @ts-expect-error there is no such option
    host.ts.write(["a"], { ttl: 1 });
    for (const { value, error } of host.askAll([["a", "go"], { target: "b", op: "go" }])) {
      if (error === undefined) {
        return value;
      }
    }
    return host.ts.take(["a", null])?.length ?? 0;
  }
}

registerActors(CounterActor);
export { Marked };
