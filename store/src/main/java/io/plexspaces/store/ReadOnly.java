package io.plexspaces.store;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;

/** SQLite files opened to be looked at. */
final class ReadOnly {
  private ReadOnly() {}

  /**
   * Opens a file that a node may be writing. A connection that may not write would leave a WAL and
   * its index behind, so this one may, and is told not to.
   */
  static Connection shared(Path file, SqliteFiles settings) throws SQLException {
    Connection c = settings.open(file, false);
    return begin(c);
  }

  /**
   * Opens a file that nobody writes, and leaves it as it is: without a WAL beside it nothing is
   * made or locked; a WAL that a crash left is read, and stays.
   */
  static Connection alone(Path file) throws SQLException {
    boolean wal = Files.exists(Path.of(file + "-wal"));
    Properties none = new Properties();
    Connection c =
        DriverManager.getConnection(
            "jdbc:sqlite:" + uri(file) + (wal ? "?mode=ro" : "?mode=ro&immutable=1"), none);
    return begin(c);
  }

  /** All that is read is of one moment. */
  private static Connection begin(Connection c) throws SQLException {
    try (Statement s = c.createStatement()) {
      s.execute("pragma query_only = on");
      s.execute("begin");
      return c;
    } catch (SQLException e) {
      c.close();
      throw e;
    }
  }

  /** Names of journals have per cent signs of their own. */
  private static String uri(Path file) {
    URI u = file.toAbsolutePath().toUri();
    return "file:" + u.getRawPath();
  }
}
