package io.plexspaces.api.guest;

import io.plexspaces.api.HostError;

/**
 * Thrown by the host inside a guest's safepoint or host call to end its turn: a limit was reached,
 * or the actor is being killed. It passes through the guest, which is discarded afterwards.
 */
public final class TurnStopped extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient HostError error;

  public TurnStopped(HostError error) {
    super(error.message(), null, false, false);
    this.error = error;
  }

  public HostError error() {
    return error;
  }
}
