package io.plexspaces.store;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Compares the rows of a journal with their checksums. Platform threads. */
final class CrcCheck {
  private final Connection connection;
  private final Consumer<String> wrong;

  /**
   * @param wrong told a sentence of each row that is not what was written
   */
  CrcCheck(Connection connection, Consumer<String> wrong) {
    this.connection = connection;
    this.wrong = wrong;
  }

  /** What was written before there were checksums has none, and nothing after it may lack one. */
  void run() throws SQLException {
    turns();
    rows(
        "select number, seq, n, message_id, target, op, payload_type, payload, client, crc"
            + " from effect",
        r ->
            new RowCrc()
                .add(r.getLong(1))
                .add(r.getLong(2))
                .add(r.getLong(3))
                .add(bytes(r, 4))
                .add(r.getString(5))
                .add(r.getString(6))
                .add(r.getString(7))
                .add(bytes(r, 8))
                .add(r.getLong(9)),
        10,
        r -> "effect " + r.getLong(1) + " is not what was written");
    rows(
        "select seq, kind, content_type, bytes, crc from state",
        r ->
            new RowCrc().add(r.getLong(1)).add(r.getString(2)).add(r.getString(3)).add(bytes(r, 4)),
        5,
        r -> "the state of turn " + r.getLong(1) + " is not what was written");
    rows(
        "select tenant, app, type, key, epoch, created_at, crc from meta",
        r ->
            new RowCrc()
                .add(r.getString(1))
                .add(r.getString(2))
                .add(r.getString(3))
                .add(r.getString(4))
                .add(r.getLong(5))
                .add(r.getLong(6)),
        7,
        r -> "meta is not what was written");
    rows(
        "select key, request_digest, seq, expires_at, crc from idempotency",
        r ->
            new RowCrc()
                .add(r.getString(1))
                .add(r.getString(2))
                .add(r.getLong(3))
                .add(r.getLong(4)),
        5,
        r -> "the idempotency key of turn " + r.getLong(3) + " is not what was written");
    rows(
        "select sender, epoch, low, above, crc from inbox",
        r ->
            new RowCrc()
                .add(r.getString(1))
                .add(r.getLong(2))
                .add(r.getLong(3))
                .add(r.getString(4)),
        5,
        r -> "what was received of \"" + r.getString(1) + "\" is not what was written");
    rows(
        "select id, due, target, op, payload_type, payload, rule, crc from timer",
        r ->
            new RowCrc()
                .add(r.getString(1))
                .add(r.getLong(2))
                .add(r.getString(3))
                .add(r.getString(4))
                .add(r.getString(5))
                .add(bytes(r, 6))
                .add(r.getString(7)),
        8,
        r -> "timer \"" + r.getString(1) + "\" is not what was written");
  }

  private void turns() throws SQLException {
    try (Statement a = connection.createStatement();
        Statement b = connection.createStatement();
        ResultSet turn =
            a.executeQuery(
                "select seq, at, message_id, sender, op, kind, input_type, input, outcome,"
                    + " reply_type, reply, code, trace, repeatable, crc from turn order by seq");
        Part steps =
            new Part(
                b.executeQuery(
                    "select seq, n, op, request_digest, failed, result_type, result from step"
                        + " order by seq, n"))) {
      boolean summed = false;
      while (turn.next()) {
        long seq = turn.getLong(1);
        RowCrc crc = of(turn);
        steps.each(
            seq,
            r ->
                crc.add(r.getLong(2))
                    .add(r.getString(3))
                    .add(r.getString(4))
                    .add(r.getLong(5))
                    .add(r.getString(6))
                    .add(bytes(r, 7)));
        long written = turn.getLong(15);
        boolean none = turn.wasNull();
        if (none ? summed : written != crc.value()) {
          wrong.accept("turn " + seq + " is not what was written");
        }
        summed |= !none;
      }
    }
  }

  private static RowCrc of(ResultSet t) throws SQLException {
    return new RowCrc()
        .add(t.getLong(1))
        .add(t.getLong(2))
        .add(bytes(t, 3))
        .add(t.getString(4))
        .add(t.getString(5))
        .add(t.getString(6))
        .add(t.getString(7))
        .add(bytes(t, 8))
        .add(t.getString(9))
        .add(t.getString(10))
        .add(bytes(t, 11))
        .add(t.getString(12))
        .add(t.getString(13))
        .add(t.getLong(14));
  }

  private interface Sum {
    RowCrc of(ResultSet r) throws SQLException;
  }

  private interface Sentence {
    String of(ResultSet r) throws SQLException;
  }

  private void rows(String query, Sum sum, int crcColumn, Sentence sentence) throws SQLException {
    try (Statement s = connection.createStatement();
        ResultSet r = s.executeQuery(query)) {
      while (r.next()) {
        long written = r.getLong(crcColumn);
        if (!r.wasNull() && written != sum.of(r).value()) {
          wrong.accept(sentence.of(r));
        }
      }
    }
  }

  /** Rows of another table that belong to turns, in the order of turns. */
  private static final class Part implements AutoCloseable {
    private final ResultSet rows;
    private boolean there;

    Part(ResultSet rows) throws SQLException {
      this.rows = rows;
      this.there = rows.next();
    }

    private interface Use {
      void row(ResultSet r) throws SQLException;
    }

    /** The rows of one turn; those of turns before it are left out. */
    void each(long seq, Use use) throws SQLException {
      while (there && rows.getLong(1) <= seq) {
        if (rows.getLong(1) == seq) {
          use.row(rows);
        }
        there = rows.next();
      }
    }

    @Override
    public void close() throws SQLException {
      rows.close();
    }
  }

  private static byte[] bytes(ResultSet r, int column) throws SQLException {
    byte @Nullable [] b = r.getBytes(column);
    return JournalFile.orEmpty(b);
  }
}
