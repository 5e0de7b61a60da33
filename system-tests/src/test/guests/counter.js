import { BusinessError, host, PlexSpacesActor, registerActors } from "@plexspaces/sdk";

/** A counter, with what else the tests of a whole node need. */
class CounterActor extends PlexSpacesActor {
  static queries = ["get", "whoami"];

  getDefaultState() {
    return { count: 0 };
  }

  onIncrement({ by = 1 }) {
    if (by < 0) throw new BusinessError("INVALID_ARGUMENT", "by must not be negative");
    this.state.count += by;
    return { count: this.state.count };
  }

  onGet() {
    return this.state.count;
  }

  onWhoami() {
    return this.actorId;
  }

  onChangeAndRefuse() {
    this.state.count = 1_000_000;
    throw new BusinessError("FAILED_PRECONDITION", "changed my mind");
  }

  onCrash() {
    return undefined.nothing;
  }

  onSpin() {
    for (;;) {}
  }

  onRegister({ name }) {
    host.register(name);
    return null;
  }

  onLookup({ name }) {
    return host.resolve(name);
  }

  onPut({ tuple }) {
    host.ts.write(tuple);
    return null;
  }

  onTake({ pattern, timeout_ms = 0 }) {
    return host.ts.take(pattern, { timeoutMs: timeout_ms });
  }

  onCountTuples({ pattern }) {
    return host.ts.readAll(pattern).length;
  }

  onAskOther({ target, op, payload = {} }) {
    return host.ask(target, op, payload);
  }

  onSendOther({ target, op, payload = {} }) {
    return host.send(target, op, payload);
  }
}

registerActors(CounterActor);
