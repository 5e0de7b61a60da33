// Actors in the ways that people write them in JavaScript.
import { BusinessError, host, PlexSpacesActor, registerActors } from "@plexspaces/sdk";

class ChainActor extends PlexSpacesActor {
  static queries = ["classify"];

  getDefaultState() {
    return { steps: [], greeting: "none", total: 0 };
  }

  onInit({ args }) {
    this.state.greeting = args.greeting ?? this.state.greeting;
  }

  onExecute_chain({ steps, note = null }) {
    if (!Array.isArray(steps)) throw new RangeError("steps is missing");
    this.state.steps.push(...steps);
    return { actor: this.actorId, steps: this.state.steps, greeting: this.state.greeting, note };
  }

  onClassify({ value }) {
    if (typeof value === "number") return value < 10 ? "small number" : "number";
    if (Array.isArray(value)) return `list of ${value.length}`;
    return value?.kind === undefined ? "something else" : `${value.kind} of ${value.size}`;
  }

  onOrder({ item: { name, level, count = 1 } }) {
    if (count < 1) throw new RangeError("count must be at least 1");
    this.state.total += count;
    return { name, count, level, total: this.state.total };
  }

  async onHelpers({ x }) {
    const first = await host.ask("helper", "double", { x }, 2000);
    const second = host.ask(`${this.actorApplicationId()}/helper/helper`, { op: "double", x }, 2000);
    return [first, second, host.ask(this.siblingActorId("helper"), "who")];
  }

  onSpace({ n }) {
    host.ts.write(["seen", this.actorId, n]);
    return host.ts.read(["seen", null, n]);
  }
}

class HelperActor extends PlexSpacesActor {
  static queries = ["who"];

  onDouble({ x }) {
    if (x < 0) throw new BusinessError("FAILED_PRECONDITION", "x is negative");
    return 2 * x;
  }

  onWho() {
    return this.actorId;
  }
}

class FlowActor extends PlexSpacesActor {
  getDefaultState() {
    return { count: 0 };
  }

  onRun(request) {
    this.state.count += 1;
    return { request, runs: this.state.count };
  }

  onQuery_runs() {
    return this.state.count;
  }
}

registerActors(ChainActor, HelperActor, FlowActor);
