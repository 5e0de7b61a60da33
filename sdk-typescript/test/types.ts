// Compiled, never run: the declarations must fit what users write.
import {
  actor,
  ANY_INT,
  BusinessError,
  handler,
  host,
  PlexSpacesActor,
  registerActors,
  type ActorConfig,
  type BigInteger,
  type Integer,
  type MessageInfo,
} from "@plexspaces/sdk";
import { PlexSpacesClient } from "@plexspaces/sdk/client";
import { TestNode } from "@plexspaces/sdk/testing";

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

class Flow extends PlexSpacesActor {
  onBig({ n }: { n: BigInteger }): bigint {
    return BigInt(n) + 1n;
  }

  async onRun({ n }: { n: Integer }): Promise<Integer> {
    host.sendAfter(100, this.actorId, "tick", { n });
    const moved: number = host.ts.transaction((tx) => tx.take(["job", ANY_INT])?.[1] ?? 0);
    const lock = host.lock.acquire("k", 1000);
    return host.kv.increment("runs") + moved + (lock?.fence ?? 0);
  }
  *onTicks(): Generator<Integer> {
    for (const value of host.askStream<number>("other", "ticks", {}, 100)) {
      yield value;
    }
    // @ts-expect-error a group id is needed
    host.scatterGather({ query: { op: "x" } });
  }
}

export async function outside(): Promise<void> {
  const client = new PlexSpacesClient({ url: "http://127.0.0.1:8001", token: "t" });
  for await (const entry of client.stream<{ n: number }>("bank/account/alice", "statement", { since: 3n })) {
    console.log(entry.n);
  }
  const node = await TestNode.start({ main: "src/main.ts", children: { a: "flow", b: { type: "flow", durable: true } } });
  const [first] = node.stream<number>("a", "ticks");
  node.advance(first ?? 0);
  // @ts-expect-error there is no such option
  await TestNode.start({ main: "x", child: {} });
}

registerActors(Flow);
