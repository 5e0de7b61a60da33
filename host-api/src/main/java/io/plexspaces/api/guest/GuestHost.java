package io.plexspaces.api.guest;

import io.plexspaces.api.Frame;
import io.plexspaces.api.HostException;

/** What the host offers to a guest while it runs. Used by the thread that runs the guest only. */
public interface GuestHost {
  /**
   * A host operation. May block the calling (virtual) thread.
   *
   * @param operation its wire name, such as {@code ask} or {@code ts_write}
   * @param request arguments in the header, a payload in the body
   * @throws HostException if the operation is refused or fails: given to the guest as its error
   * @throws TurnStopped if the turn ends here: must pass through the guest
   */
  Frame call(String operation, Frame request);

  /**
   * @param level 0 trace, 1 debug, 2 info, 3 warn, 4 error
   */
  void log(int level, String message);

  /**
   * Called by the guest's thread after {@link GuestInstance#requestSafepoint}: the host may let
   * others run first, or end the turn.
   *
   * @throws TurnStopped if the turn ends here
   */
  void safepoint();

  /** The wall clock as the guest may see it, in milliseconds since 1970. */
  long nowMillis();

  /** A monotonic clock in nanoseconds. */
  long nanoTime();
}
