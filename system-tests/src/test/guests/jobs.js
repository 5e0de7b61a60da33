import { host, PlexSpacesActor, registerActors } from "@plexspaces/sdk";

/** Puts jobs into the tuple space; keeps nothing. */
class DeskActor extends PlexSpacesActor {
  static queries = ["all", "count"];

  getDefaultState() {
    return {};
  }

  onPut({ id }) {
    return host.ts.write(["job", id]);
  }

  /** Passes a job on without being durable itself. */
  onForward() {
    const job = host.ts.take(["job", null]);
    if (job === null) return null;
    host.ts.write(["done", job[1], "desk"]);
    return job[1];
  }

  onFill({ from, n }) {
    for (let i = from; i < from + n; i++) host.ts.write(["resident", i, "value " + (i % 100)]);
    return n;
  }

  onAll({ pattern }) {
    return host.ts.readAll(pattern).map((t) => t[1]);
  }

  onCount({ pattern }) {
    return host.ts.readAll(pattern).length;
  }
}

/** Takes jobs and does them: durable. */
class WorkerActor extends PlexSpacesActor {
  static queries = ["mine"];

  getDefaultState() {
    return { mine: [] };
  }

  onWork() {
    const job = host.ts.take(["job", null]);
    if (job === null) return null;
    this.state.mine.push(job[1]);
    host.ts.write(["done", job[1], this.actorId]);
    return job[1];
  }

  onMine() {
    return this.state.mine;
  }
}

registerActors(DeskActor, WorkerActor);
