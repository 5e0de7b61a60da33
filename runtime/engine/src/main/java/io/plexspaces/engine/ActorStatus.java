package io.plexspaces.engine;

import io.plexspaces.api.ActorId;
import org.jspecify.annotations.Nullable;

/**
 * @param state as {@link ActorState} says
 * @param sequence of the last committed turn of a durable actor, else 0
 * @param lastError the last crash, or null
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
    @Nullable String lastError) {

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
