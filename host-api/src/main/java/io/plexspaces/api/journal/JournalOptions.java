package io.plexspaces.api.journal;

import java.time.Duration;

/**
 * @param checkpointInterval a full snapshot of the declared state every so many turns; between them
 *     a patch where that is smaller
 * @param idempotencyRetention how long a finished result answers its key
 */
public record JournalOptions(int checkpointInterval, Duration idempotencyRetention) {
  public static final JournalOptions DEFAULT = new JournalOptions(1, Duration.ofHours(24));
}
