package io.plexspaces.api.op;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.RequestContext;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The running turn as host operations see it. Used by the turn's own thread only. */
public interface TurnContext {
  ActorId self();

  /** The caller's context; its deadline is what is left of the turn's. */
  RequestContext request();

  /**
   * The participant of this turn under {@code key}, made at its first use. It is told once how the
   * turn ended: {@link TurnParticipant#commit} after the turn is durable, or {@link
   * TurnParticipant#rollBack}.
   */
  <P extends TurnParticipant> P participant(Object key, Supplier<P> factory);

  /**
   * Runs {@code wait}, which may block, with the worker's place given away meanwhile.
   *
   * @param holder the actor waited for if it is known, so that two that would wait for each other
   *     are found
   * @throws HostException {@link ErrorCode#ABORTED} naming the cycle, if this wait would close one
   */
  <T extends @Nullable Object> T await(@Nullable ActorId holder, Wait<T> wait);

  /** Something that blocks; an interrupt ends it. */
  @FunctionalInterface
  interface Wait<T extends @Nullable Object> {
    T run() throws InterruptedException;
  }
}
