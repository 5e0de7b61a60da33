package io.plexspaces.api.journal;

import io.plexspaces.api.Payload;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * @param lastSeq of the last committed turn, 0 if there is none
 * @param state declared state after it, or null if none was written
 * @param pending effects the receivers may not have yet, oldest first
 */
public record Recovered(
    long lastSeq, long epoch, @Nullable Payload state, List<PendingEffect> pending) {
  public static final Recovered NONE = new Recovered(0, 1, null, List.of());

  public Recovered {
    pending = List.copyOf(pending);
  }

  public record PendingEffect(long seq, TurnRecord.Outgoing effect) {}
}
