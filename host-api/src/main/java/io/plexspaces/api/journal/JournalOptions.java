package io.plexspaces.api.journal;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * @param checkpointInterval a full snapshot of the declared state every so many turns; between them
 *     a patch where that is smaller
 * @param idempotencyRetention how long a finished result answers its key
 * @param retain how long turns are kept at least; null for ever. The last state, what is pending,
 *     keys that have not expired, timers and watermarks are kept in any case
 */
public record JournalOptions(
    int checkpointInterval, Duration idempotencyRetention, @Nullable Duration retain) {
  public static final JournalOptions DEFAULT = new JournalOptions(1, Duration.ofHours(24), null);
}
