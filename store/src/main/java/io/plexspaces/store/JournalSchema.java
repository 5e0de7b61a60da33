package io.plexspaces.store;

import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.sqlite.SQLiteConnection;

/** The tables of a journal; {@code docs/journal-format.md} explains them to users. */
final class JournalSchema {
  /** Rises with every change of the tables; a file of a later format is refused. */
  static final int FORMAT = 1;

  /** Lets {@code file} and this program tell a journal from any other SQLite file: "PlxJ". */
  static final int APPLICATION_ID = 0x506c784a;

  private static final List<String> TABLES =
      List.of(
          """
          create table meta (
            format integer not null, tenant text not null, app text not null, type text not null,
            key text not null, epoch integer not null, created_at integer not null)\
          """,
          """
          create table turn (
            seq integer primary key, at integer not null, message_id blob not null, sender text,
            op text not null, kind text not null, input_type text not null, input blob not null,
            outcome text not null, reply_type text not null, reply blob not null,
            code text not null, trace text not null)\
          """,
          "create unique index turn_message on turn (message_id)",
          """
          create table step (
            seq integer not null, n integer not null, op text not null,
            request_digest text not null, failed integer not null, result_type text not null,
            result blob not null, primary key (seq, n)) without rowid\
          """,
          """
          create table effect (
            number integer primary key, seq integer not null, n integer not null,
            message_id blob not null, target text not null, op text not null,
            payload_type text not null, payload blob not null, client integer not null,
            state text not null)\
          """,
          "create index effect_pending on effect (number) where state = 'pending'",
          """
          create table state (
            seq integer primary key, kind text not null, content_type text not null,
            bytes blob not null)\
          """,
          """
          create table idempotency (
            key text primary key, request_digest text not null, seq integer not null,
            expires_at integer not null) without rowid\
          """,
          "create index idempotency_expires on idempotency (expires_at)");

  private JournalSchema() {}

  /**
   * The bytes of a journal without rows, already in WAL mode. A new journal is these bytes written
   * and synced once: creating the tables in the file itself costs several syncs more, and a crash
   * would leave half of them.
   */
  static byte[] emptyFile() throws SQLException {
    try (SQLiteConnection memory =
            (SQLiteConnection) DriverManager.getConnection("jdbc:sqlite::memory:");
        Statement s = memory.createStatement()) {
      s.execute("pragma application_id = " + APPLICATION_ID);
      s.execute("pragma user_version = " + FORMAT);
      for (String table : TABLES) {
        s.execute(table);
      }
      byte[] bytes = memory.serialize("main");
      // Offsets 18 and 19 of SQLite's file format: versions to write and to read; 2 is WAL.
      bytes[18] = 2;
      bytes[19] = 2;
      return bytes;
    }
  }
}
