package io.plexspaces.store;

import io.plexspaces.api.journal.TupleChange;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the log has of one space and its file has not: the last word on each tuple. Most tuples are
 * taken soon after they were written and never get into the file. Not thread-safe.
 */
final class PendingTuples {
  /** What a change counts for beside its text. */
  private static final int CHANGE_BYTES = 128;

  /**
   * @param position of its record in the log
   */
  record Change(long position, TupleChange change) {}

  private final Map<Long, Change> changes = new HashMap<>();

  /** Whether the file is known to have nothing of what is here. */
  private final boolean isNew;

  private long first = Long.MAX_VALUE;
  private long last;
  private long highest;
  private long bytes;

  /**
   * @param isNew whether the file has nothing of what will be added; not so at a start, when the
   *     log gives everything that it has
   */
  PendingTuples(boolean isNew) {
    this.isNew = isNew;
  }

  void add(long position, List<TupleChange> record) {
    first = Math.min(first, position);
    last = Math.max(last, position);
    for (TupleChange c : record) {
      highest = Math.max(highest, c.tuple());
      Change before = changes.remove(c.tuple());
      bytes -= before == null ? 0 : size(before.change());
      boolean gone = isNew && before != null && c instanceof TupleChange.Taken;
      if (!gone) {
        changes.put(c.tuple(), new Change(position, c));
        bytes += size(c);
      }
    }
  }

  private static long size(TupleChange c) {
    return c instanceof TupleChange.Written w
        ? (long) CHANGE_BYTES + w.fields().length()
        : CHANGE_BYTES;
  }

  /** Whether no record was added: one may leave nothing and still have to be counted as applied. */
  boolean isEmpty() {
    return last == 0;
  }

  /** Of the oldest record; {@link Long#MAX_VALUE} if there is none. */
  long first() {
    return first;
  }

  /** Of the youngest record; 0 if there is none. */
  long last() {
    return last;
  }

  /** The highest tuple number of all, also of those that are gone; 0 if there is none. */
  long highest() {
    return highest;
  }

  /** About what it takes in memory. */
  long bytes() {
    return bytes;
  }

  Collection<Change> changes() {
    return changes.values();
  }

  /** Puts what was added later over this. */
  void addAll(PendingTuples later) {
    later
        .changes
        .values()
        .forEach(c -> {
          Change before = changes.put(c.change().tuple(), c);
          bytes += size(c.change()) - (before == null ? 0 : size(before.change()));
        });
    first = Math.min(first, later.first);
    last = Math.max(last, later.last);
    highest = Math.max(highest, later.highest);
  }
}
