package io.plexspaces.engine;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;

/** How a message ended for whoever asked. */
sealed interface Reply {
  record Ok(Payload payload) implements Reply {}

  record Failed(HostError error) implements Reply {}

  static Reply failed(ErrorCode code, String message) {
    return new Failed(HostError.of(code, message));
  }

  default Payload orThrow() {
    return switch (this) {
      case Ok(Payload payload) -> payload;
      case Failed(HostError error) -> throw new HostException(error);
    };
  }
}
