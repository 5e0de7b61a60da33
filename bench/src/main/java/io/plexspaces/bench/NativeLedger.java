package io.plexspaces.bench;

import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import io.plexspaces.engine.NativeModule;
import io.plexspaces.engine.NativeModule.NativeActor;
import io.plexspaces.engine.NativeModule.NativeContext;

/** A durable actor in Java whose state is 300 bytes of JSON. */
final class NativeLedger implements NativeActor {
  static final String TYPE = "ledger";

  /** With the rest of the state about 300 bytes. */
  private static final String NOTE = "n".repeat(270);

  private long balance;

  static NativeModule module() {
    return NativeModule.builder().type(TYPE, NativeLedger::new, "credit").build();
  }

  @Override
  public Payload handle(NativeContext context, String op, Payload payload) {
    balance += ((Value.Obj) payload.value()).integer("by", 1);
    return Payload.json("{\"balance\":" + balance + "}");
  }

  @Override
  public Payload snapshot() {
    return Payload.json("{\"balance\":" + balance + ",\"note\":\"" + NOTE + "\"}");
  }

  @Override
  public void restore(Payload state) {
    balance = ((Value.Obj) state.value()).integer("balance", 0);
  }
}
