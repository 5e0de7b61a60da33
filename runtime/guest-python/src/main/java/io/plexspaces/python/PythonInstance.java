package io.plexspaces.python;

import io.plexspaces.api.Frame;
import io.plexspaces.api.guest.GuestHost;
import io.plexspaces.api.guest.GuestOp;
import io.plexspaces.api.guest.GuestReply;
import io.plexspaces.wasm.GuestState;
import io.plexspaces.wasm.Lease;
import io.plexspaces.wasm.StateInstance;

/** An actor in Python: a fork of its app. */
final class PythonInstance extends StateInstance {
  private final Interpreter interpreter;
  private final byte[] seed;

  PythonInstance(GuestState state, Interpreter interpreter, byte[] seed) {
    super(state);
    this.interpreter = interpreter;
    this.seed = seed.clone();
  }

  @Override
  public GuestReply call(GuestOp op, Frame input, GuestHost host) {
    try (Lease lease = state().enter(host)) {
      return interpreter.call(lease, op.code(), input, op == GuestOp.INIT ? seed : null);
    }
  }
}
