package io.plexspaces.api.op;

import io.plexspaces.api.Frame;
import io.plexspaces.api.HostException;

/**
 * One operation of the host API. Thread-safe; called on the thread of the turn.
 *
 * @param name its wire name, snake_case
 */
public record HostOperation(String name, Effect effect, Handler handler) {

  /** What the operation does. */
  @FunctionalInterface
  public interface Handler {
    /**
     * @throws HostException what the guest gets as its error
     */
    Frame call(TurnContext turn, Frame request);
  }
}
