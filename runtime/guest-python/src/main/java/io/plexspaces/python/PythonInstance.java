package io.plexspaces.python;

import io.plexspaces.api.Frame;
import io.plexspaces.api.guest.GuestHost;
import io.plexspaces.api.guest.GuestInstance;
import io.plexspaces.api.guest.GuestOp;
import io.plexspaces.api.guest.GuestReply;
import io.plexspaces.wasm.GuestState;
import io.plexspaces.wasm.Lease;

/** An actor in Python: a fork of its app. */
final class PythonInstance implements GuestInstance {
  private final GuestState state;
  private final Interpreter interpreter;
  private final byte[] seed;

  PythonInstance(GuestState state, Interpreter interpreter, byte[] seed) {
    this.state = state;
    this.interpreter = interpreter;
    this.seed = seed.clone();
  }

  @Override
  public GuestReply call(GuestOp op, Frame input, GuestHost host) {
    try (Lease lease = state.enter(host)) {
      return interpreter.call(lease, op.code(), input, op == GuestOp.INIT ? seed : null);
    }
  }

  @Override
  public void mark() {
    state.mark();
  }

  @Override
  public void rollBack() {
    state.rollBack();
  }

  @Override
  public void forgetMark() {
    state.forgetMark();
  }

  @Override
  public boolean canRollBack() {
    return state.canRollBack();
  }

  @Override
  public void requestSafepoint() {
    state.requestSafepoint();
  }

  @Override
  public long memoryBytes() {
    return state.memoryBytes();
  }

  @Override
  public void close() {
    state.close();
  }
}
