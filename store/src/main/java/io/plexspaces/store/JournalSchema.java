package io.plexspaces.store;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** The tables of a journal; {@code docs/journal-format.md} explains them to users. */
final class JournalSchema {
  /** Rises with every change of the tables; a file of a later format is refused. */
  static final int FORMAT = 2;

  /** Lets {@code file} and this program tell a journal from any other SQLite file: "PlxJ". */
  static final int APPLICATION_ID = 0x506c784a;

  private static final String EFFECT =
      """
      create table effect (
        number integer primary key, seq integer not null, n integer not null,
        message_id blob not null, target text not null, op text not null,
        payload_type text not null, payload blob not null, client integer not null,
        state text not null, reason text, crc integer)\
      """;

  private static final String EFFECT_PENDING =
      "create index effect_pending on effect (number) where state = 'pending'";

  private static final String TURN_MESSAGE =
      "create index turn_message on turn (message_id) where repeatable = 1";

  /** What format 2 added beside the changes of {@code turn} and {@code effect}. */
  private static final List<String> SINCE_2 =
      List.of(
          """
          create table inbox (
            sender text primary key, epoch integer not null, low integer not null,
            above text not null, crc integer) without rowid\
          """,
          """
          create table timer (
            id text primary key, due integer not null, target text not null, op text not null,
            payload_type text not null, payload blob not null, rule text not null,
            crc integer) without rowid\
          """);

  private static final List<String> TABLES =
      List.of(
          """
          create table meta (
            format integer not null, tenant text not null, app text not null, type text not null,
            key text not null, epoch integer not null, created_at integer not null,
            pruned integer not null default 0, crc integer)\
          """,
          """
          create table turn (
            seq integer primary key, at integer not null, message_id blob not null, sender text,
            op text not null, kind text not null, input_type text not null, input blob not null,
            outcome text not null, reply_type text not null, reply blob not null,
            code text not null, trace text not null, repeatable integer not null, crc integer)\
          """,
          TURN_MESSAGE,
          """
          create table step (
            seq integer not null, n integer not null, op text not null,
            request_digest text not null, failed integer not null, result_type text not null,
            result blob not null, primary key (seq, n)) without rowid\
          """,
          EFFECT,
          EFFECT_PENDING,
          """
          create table state (
            seq integer primary key, kind text not null, content_type text not null,
            bytes blob not null, crc integer)\
          """,
          """
          create table idempotency (
            key text primary key, request_digest text not null, seq integer not null,
            expires_at integer not null, crc integer) without rowid\
          """,
          "create index idempotency_expires on idempotency (expires_at)");

  private JournalSchema() {}

  /** The bytes of a journal without rows. */
  static byte[] emptyFile() throws SQLException {
    return SqliteFiles.emptyFile(APPLICATION_ID, FORMAT, all());
  }

  private static List<String> all() {
    List<String> all = new ArrayList<>(TABLES);
    all.addAll(SINCE_2);
    return all;
  }

  /** What a journal of this format consists of, each thing as {@code table.column} or an index. */
  static List<String> shape() throws SQLException {
    try (Connection memory = DriverManager.getConnection("jdbc:sqlite::memory:");
        Statement s = memory.createStatement()) {
      for (String table : all()) {
        s.execute(table);
      }
      return shape(memory);
    }
  }

  /** What a file consists of, as {@link #shape()}. */
  static List<String> shape(Connection connection) throws SQLException {
    List<String> shape = new ArrayList<>();
    try (Statement s = connection.createStatement();
        ResultSet r =
            s.executeQuery(
                "select 'column ' || m.name || '.' || c.name || ' ' || lower(c.type)"
                    + " || case when c.pk then ' primary key' else '' end"
                    + " from sqlite_schema m join pragma_table_xinfo(m.name) c"
                    + " where m.type = 'table' and m.name not like 'sqlite\\_%' escape '\\'"
                    + " union all select m.type || ' ' || m.sql from sqlite_schema m"
                    + " where m.type <> 'table' and m.sql is not null")) {
      while (r.next()) {
        shape.add(String.valueOf(r.getString(1)));
      }
    }
    return shape;
  }

  /**
   * Brings an older journal to this format, in one transaction.
   *
   * @param format of the file, from 1 on
   */
  static void migrate(Connection connection, int format) throws SQLException {
    try (Statement s = connection.createStatement()) {
      s.execute("begin immediate");
      try {
        if (format < 2) {
          toFormat2(s);
        }
        s.execute("update meta set format = " + FORMAT);
        s.execute("pragma user_version = " + FORMAT);
        s.execute("commit");
      } catch (SQLException e) {
        s.execute("rollback");
        throw e;
      }
    }
  }

  /**
   * Effects get the numbers in whose order they were sent. Format 1 knew every message, so every
   * turn stays one that a message's repetition finds.
   */
  private static void toFormat2(Statement s) throws SQLException {
    s.execute("alter table meta add column pruned integer not null default 0");
    s.execute("alter table turn add column repeatable integer not null default 1");
    // What was written without a checksum has none.
    for (String table : List.of("meta", "turn", "state", "idempotency")) {
      s.execute("alter table " + table + " add column crc integer");
    }
    s.execute("drop index turn_message");
    s.execute(TURN_MESSAGE);
    s.execute("drop index effect_pending");
    s.execute("alter table effect rename to effect_1");
    s.execute(EFFECT);
    s.execute(
        "insert into effect select row_number() over (order by seq, n), seq, n, message_id, target,"
            + " op, payload_type, payload, 0, state, null, null from effect_1");
    s.execute("drop table effect_1");
    s.execute(EFFECT_PENDING);
    for (String table : SINCE_2) {
      s.execute(table);
    }
  }
}
