package io.plexspaces.api.journal;

import io.plexspaces.api.Payload;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * @param lastSeq of the last committed turn, 0 if there is none
 * @param epoch of the journal; what an actor without one will have if it commits a turn
 * @param lastNumber of the last effect, 0 if there is none
 * @param state declared state after it, or null if none was written
 * @param pending effects the receivers may not have yet, oldest first
 * @param timers that are set
 */
public record Recovered(
    long lastSeq,
    long epoch,
    long lastNumber,
    @Nullable Payload state,
    List<TurnRecord.Outgoing> pending,
    List<TimerChange.Set> timers) {
  public static final Recovered NONE = new Recovered(0, 1, 0, null, List.of(), List.of());

  public Recovered {
    pending = List.copyOf(pending);
    timers = List.copyOf(timers);
  }
}
