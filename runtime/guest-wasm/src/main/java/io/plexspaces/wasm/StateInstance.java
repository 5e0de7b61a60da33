package io.plexspaces.wasm;

import io.plexspaces.api.guest.GuestInstance;

/** An actor whose memory is a {@link GuestState}; how it is called is its language's matter. */
public abstract class StateInstance implements GuestInstance {
  private final GuestState state;

  /**
   * @param state closed with this
   */
  protected StateInstance(GuestState state) {
    this.state = state;
  }

  protected final GuestState state() {
    return state;
  }

  @Override
  public final void mark() {
    if (state.canRollBack()) {
      state.mark();
    }
  }

  @Override
  public final void rollBack() {
    if (state.canRollBack()) {
      state.rollBack();
    }
  }

  @Override
  public final void forgetMark() {
    if (state.canRollBack()) {
      state.forgetMark();
    }
  }

  @Override
  public final boolean canRollBack() {
    return state.canRollBack();
  }

  @Override
  public final void requestSafepoint() {
    state.requestSafepoint();
  }

  @Override
  public final long memoryBytes() {
    return state.memoryBytes();
  }

  @Override
  public final void close() {
    state.close();
  }
}
