package io.plexspaces.store;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Removes from a journal what is older than it is to be kept, a piece at a time. What is needed to
 * go on stays, however old: the last turn, the last full state and what follows it, effects that
 * are pending or dead, the turns of keys that have not expired, timers, watermarks. Guarded by the
 * file's lock.
 */
final class Retention {
  /** Turns that go in one transaction. */
  private static final int PIECE = 500;

  /** Pieces in a row; the rest goes with what is written next. */
  private static final int PIECES = 8;

  private static final int FREE_PAGES = 512;

  /** Not worth the while: they are used again soon. */
  private static final int FEW_PAGES = 16;

  private static final int INCREMENTAL = 2;

  private final @Nullable Duration retain;
  private long nextAt = Long.MIN_VALUE;

  /**
   * @param retain null for ever
   */
  Retention(@Nullable Duration retain) {
    this.retain = retain;
  }

  boolean isDue(long nowMillis) {
    return retain != null && nowMillis >= nextAt;
  }

  /** Whether it wrote anything. */
  boolean run(JournalFile f, long nowMillis) throws SQLException {
    if (retain == null) {
      return false;
    }
    long upTo = boundary(f, nowMillis - retain.toMillis());
    long pruned = f.number("select coalesce(max(pruned), 0) from meta");
    leftovers(f, pruned, nowMillis);
    int pieces = 0;
    while (pruned < upTo && pieces < PIECES) {
      long to = Math.min(upTo, nextPiece(f, pruned, upTo));
      piece(f, pruned, to, nowMillis);
      pruned = to;
      pieces++;
    }
    boolean free = giveBack(f);
    nextAt =
        pruned < upTo || free
            ? nowMillis
            : nowMillis + Math.clamp(retain.toMillis() / 16, 1_000L, 3_600_000L);
    return true;
  }

  /** The last turn that may go with all before it. */
  private static long boundary(JournalFile f, long olderThan) throws SQLException {
    long lastSeq = f.number("select coalesce(max(seq), 0) from turn");
    // From the oldest on, so that what is read is what will go.
    PreparedStatement s =
        f.statement("select seq from turn where at >= ? and seq > ? order by seq limit 1");
    s.setLong(1, olderThan);
    s.setLong(2, f.number("select coalesce(max(pruned), 0) from meta"));
    try (ResultSet r = s.executeQuery()) {
      return Math.min(r.next() ? r.getLong(1) - 1 : lastSeq, lastSeq - 1);
    }
  }

  private static long nextPiece(JournalFile f, long after, long upTo) throws SQLException {
    PreparedStatement s =
        f.statement("select seq from turn where seq > ? order by seq limit 1 offset ?");
    s.setLong(1, after);
    s.setInt(2, PIECE - 1);
    try (ResultSet r = s.executeQuery()) {
      return r.next() ? r.getLong(1) : upTo;
    }
  }

  private static void piece(JournalFile f, long after, long to, long now) throws SQLException {
    f.begin();
    range(f, "delete from step where seq > ? and seq <= ? and " + UNKEPT, after, to, now);
    range(f, "delete from turn where seq > ? and seq <= ? and " + UNKEPT, after, to, now);
    effects(f, to);
    // A patch is of use only after the full state before it.
    PreparedStatement s =
        f.statement(
            "delete from state where seq <"
                + " (select max(seq) from state where kind = 'full' and seq <= ?)");
    s.setLong(1, to + 1);
    s.executeUpdate();
    PreparedStatement m = f.statement("update meta set pruned = ?");
    m.setLong(1, to);
    m.executeUpdate();
    f.commit();
  }

  private static final String UNKEPT =
      "seq not in (select seq from idempotency where expires_at > ?)";

  /** What was kept for a reason that has gone. */
  private static void leftovers(JournalFile f, long pruned, long now) throws SQLException {
    f.begin();
    int _ = range(f, "delete from step where seq > ? and seq <= ? and " + UNKEPT, 0, pruned, now);
    int _ = range(f, "delete from turn where seq > ? and seq <= ? and " + UNKEPT, 0, pruned, now);
    int _ = effects(f, pruned);
    f.commit();
  }

  private static int range(JournalFile f, String sql, long after, long to, long now)
      throws SQLException {
    PreparedStatement s = f.statement(sql);
    s.setLong(1, after);
    s.setLong(2, to);
    s.setLong(3, now);
    return s.executeUpdate();
  }

  /** The last effect stays: its number is the last that was given. */
  private static int effects(JournalFile f, long to) throws SQLException {
    PreparedStatement s =
        f.statement(
            "delete from effect where state = 'done'"
                + " and number < (select max(number) from effect)"
                + " and number < coalesce((select number from effect where seq > ?"
                + " order by number limit 1), "
                + Long.MAX_VALUE
                + ")");
    s.setLong(1, to);
    return s.executeUpdate();
  }

  /**
   * Free pages become free disk, some at a time; whether more can. A file that was made without
   * that keeps them for new rows.
   */
  private static boolean giveBack(JournalFile f) throws SQLException {
    if (f.number("pragma auto_vacuum") != INCREMENTAL
        || f.number("pragma freelist_count") < FEW_PAGES) {
      return false;
    }
    f.runToItsEnd("pragma incremental_vacuum(" + FREE_PAGES + ")");
    return f.number("pragma freelist_count") >= FEW_PAGES;
  }
}
