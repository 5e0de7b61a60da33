package io.plexspaces.engine;

import io.plexspaces.api.ActorId;
import org.jspecify.annotations.Nullable;

/**
 * @param state as {@link ActorState} says
 * @param sequence of the last committed turn of a durable actor, else 0
 * @param lastError the last crash, or null
 * @param timers that are set; 0 for an actor that is not in memory, though it may have some
 * @param nextTimerMillis when the next timer is due, since 1970; {@link Long#MAX_VALUE} if none is
 */
public record ActorStatus(
    ActorId actor,
    ActorState state,
    boolean durable,
    int mailboxDepth,
    long turns,
    long restarts,
    long sequence,
    long memoryBytes,
    @Nullable String lastError,
    int timers,
    long nextTimerMillis) {

  /** What an actor is doing. */
  public enum ActorState {
    STARTING,
    RUNNING,
    RESTARTING,
    PASSIVE,
    STOPPING,
    STOPPED,
    FAILED
  }
}
