package io.plexspaces.store;

import java.sql.SQLException;
import java.util.List;

/** The tables of a durable tuple space; {@code docs/tuple-space.md} explains them to users. */
final class SpaceSchema {
  /** Rises with every change of the tables; a file of a later format is refused. */
  static final int FORMAT = 1;

  /** Lets {@code file} and this program tell a space from any other SQLite file: "PlxS". */
  static final int APPLICATION_ID = 0x506c7853;

  private static final List<String> TABLES =
      List.of(
          """
          create table meta (
            format integer not null, tenant text not null, app text not null, space text not null,
            last_tuple integer not null, applied integer not null)\
          """,
          """
          create table tuple (
            id integer primary key, fields text not null, expires_at integer)\
          """,
          "create index tuple_expires on tuple (expires_at) where expires_at is not null");

  private SpaceSchema() {}

  /** The bytes of a space without rows. */
  static byte[] emptyFile() throws SQLException {
    return SqliteFiles.emptyFile(APPLICATION_ID, FORMAT, TABLES);
  }
}
