package io.plexspaces.api.guest;

import io.plexspaces.api.Frame;

/**
 * The guest side of one actor. All methods but {@link #requestSafepoint} and {@link #memoryBytes}
 * are called by one thread at a time, with a happens-before between calls.
 */
public interface GuestInstance extends AutoCloseable {
  /**
   * Runs the guest.
   *
   * @param host what the guest may call meanwhile; valid until this returns
   * @return what the guest answered; an answer with {@link GuestReply#failed} is the guest's own
   *     error and leaves the instance usable
   * @throws GuestTrap if the guest crashed: the instance must then be rolled back or closed
   * @throws TurnStopped if {@link GuestHost#safepoint} threw it: likewise
   */
  GuestReply call(GuestOp op, Frame input, GuestHost host);

  /**
   * Remembers the memory as it is now, replacing what was remembered before. A no-op where {@link
   * #canRollBack} is false.
   */
  void mark();

  /** Brings back what {@link #mark} remembered, also after a trap. */
  void rollBack();

  /**
   * Lets go of what {@link #mark} remembered: an actor that rests between turns need not keep both
   * versions of what the last one wrote. There is nothing to roll back to until the next mark.
   */
  default void forgetMark() {}

  /** Whether {@link #rollBack} undoes what a call did to the guest's memory. */
  boolean canRollBack();

  /**
   * Makes the running call, if there is one, invoke {@link GuestHost#safepoint} soon. Any thread;
   * wait-free.
   */
  void requestSafepoint();

  /** Bytes of the node's memory budget this actor holds. Any thread. */
  long memoryBytes();

  @Override
  void close();
}
