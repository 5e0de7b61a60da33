package io.plexspaces.engine;

import io.plexspaces.api.ActorId;

/** Where guests' log lines go. Thread-safe, must not block for long. */
@FunctionalInterface
public interface GuestLog {
  /**
   * @param level 0 trace, 1 debug, 2 info, 3 warn, 4 error
   */
  void log(ActorId actor, int level, String message);
}
