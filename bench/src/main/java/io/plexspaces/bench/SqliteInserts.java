package io.plexspaces.bench;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * What one would write without us: one SQLite file in WAL mode with synchronous=FULL, and a
 * transaction with one row a change, one after the other.
 */
final class SqliteInserts implements DurableSystem {
  private static final int STATE_BYTES = 300;

  private final Connection connection;
  private final PreparedStatement insert;
  private final byte[] state = new byte[STATE_BYTES];

  SqliteInserts(Path directory) throws SQLException {
    connection = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("plain.db"));
    try (Statement s = connection.createStatement()) {
      s.execute("pragma journal_mode = wal");
      s.execute("pragma synchronous = full");
      s.execute("create table turn (seq integer primary key, actor integer, state blob)");
    }
    insert = connection.prepareStatement("insert into turn (actor, state) values (?, ?)");
  }

  @Override
  public synchronized void turn(int actor) {
    try {
      insert.setInt(1, actor);
      insert.setBytes(2, state);
      insert.executeUpdate();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
