package io.plexspaces.engine;

import io.plexspaces.api.ActorId;

/** Where guests' log lines go. Thread-safe, must not block for long. */
@FunctionalInterface
public interface GuestLog {
  /**
   * @param level 0 trace, 1 debug, 2 info, 3 warn, 4 error
   */
  void log(ActorId actor, int level, String message);

  /**
   * A turn has failed. The engine's own log has it already, so most have nothing to do.
   *
   * @param what where and why, with the guest's stack in further lines
   */
  default void failed(ActorId actor, String what) {}
}
