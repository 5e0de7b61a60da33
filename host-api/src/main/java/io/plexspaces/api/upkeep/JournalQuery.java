package io.plexspaces.api.upkeep;

import org.jspecify.annotations.Nullable;

/**
 * Which turns of a journal, and how much of them.
 *
 * @param from the first turn, or 0: the last ones are meant
 * @param to the last turn, or 0 for all there are
 * @param limit at most so many: the first from {@code from} on, or without it the last
 * @param op only turns of this operation, or null
 * @param steps whether the results of host calls are shown
 * @param effects whether the messages that left are shown
 * @param payloads whether contents are shown, or only their type and size
 */
public record JournalQuery(
    long from,
    long to,
    int limit,
    @Nullable String op,
    boolean steps,
    boolean effects,
    boolean payloads) {

  /** The last turns, with everything. */
  public static JournalQuery last(int limit) {
    return new JournalQuery(0, 0, limit, null, true, true, true);
  }
}
