package io.plexspaces.api.guest;

import io.plexspaces.api.HostError;

/** A guest crashed below its own error handling: a WASM trap, a broken ABI, memory exhausted. */
public final class GuestTrap extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient HostError error;

  public GuestTrap(HostError error, Throwable cause) {
    super(error.message(), cause);
    this.error = error;
  }

  public GuestTrap(HostError error) {
    super(error.message(), null, false, false);
    this.error = error;
  }

  public HostError error() {
    return error;
  }
}
