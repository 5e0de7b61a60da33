package io.plexspaces.store;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteOpenMode;

/**
 * How every SQLite file is opened: WAL, so that an outside {@code sqlite3} reads while the node
 * writes. A file of its own is synced before each commit returns; one that follows the log is when
 * that is asked for.
 *
 * @param durable false only in tests that prove that a missing sync is noticed
 * @param maxPages 0, or the size in pages at which tests have the disk full
 */
record SqliteFiles(Duration busyTimeout, boolean durable, int maxPages) {
  /** In KiB: what one open file may cache; most journals touch a handful of pages. */
  private static final int CACHE_KIB = 256;

  /**
   * Pages after which a WAL is written back into its file: 1 MiB. SQLite's own 4 MiB, times some
   * thousand open journals, would be a lot of disk; every 64 turns or so two more syncs are little.
   */
  private static final int CHECKPOINT_PAGES = 256;

  static SqliteFiles of(StoreOptions options) {
    return new SqliteFiles(options.busyTimeout(), true, 0);
  }

  /** Opens a file that follows the log, which must exist: a commit is consistent, not synced. */
  Connection openFollower(Path file) throws SQLException {
    return open(file, false, SQLiteConfig.SynchronousMode.NORMAL);
  }

  /** From here on each commit of a follower is synced, and with it all before it; or not. */
  void syncCommits(JournalFile f, boolean yes) throws SQLException {
    if (durable) {
      f.statement("pragma synchronous = " + (yes ? "full" : "normal")).execute();
    }
  }

  /**
   * The bytes of a database with these tables and no rows, already in WAL mode. A new file is these
   * bytes written once: creating the tables in the file itself costs several syncs more, and a
   * crash would leave half of them.
   *
   * @param applicationId lets programs tell the file from any other SQLite file
   * @param format repeated as {@code user_version}
   */
  static byte[] emptyFile(int applicationId, int format, List<String> tables) throws SQLException {
    try (SQLiteConnection memory =
            (SQLiteConnection) DriverManager.getConnection("jdbc:sqlite::memory:");
        Statement s = memory.createStatement()) {
      // Before the first table, or it would take a rewrite of the file.
      s.execute("pragma auto_vacuum = incremental");
      s.execute("pragma application_id = " + applicationId);
      s.execute("pragma user_version = " + format);
      for (String table : tables) {
        s.execute(table);
      }
      byte[] bytes = memory.serialize("main");
      // Offsets 18 and 19 of SQLite's file format: versions to write and to read; 2 is WAL.
      bytes[18] = 2;
      bytes[19] = 2;
      return bytes;
    }
  }

  /** Opens a file, which must exist unless {@code create}. */
  Connection open(Path file, boolean create) throws SQLException {
    return open(file, create, SQLiteConfig.SynchronousMode.FULL);
  }

  private Connection open(Path file, boolean create, SQLiteConfig.SynchronousMode synchronous)
      throws SQLException {
    SQLiteConfig config = new SQLiteConfig();
    if (!create) {
      config.resetOpenMode(SQLiteOpenMode.CREATE);
    }
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    config.setSynchronous(durable ? synchronous : SQLiteConfig.SynchronousMode.OFF);
    config.setBusyTimeout(Math.toIntExact(busyTimeout.toMillis()));
    config.setCacheSize(-CACHE_KIB);
    Connection connection = config.createConnection("jdbc:sqlite:" + file);
    try (Statement s = connection.createStatement()) {
      s.execute("pragma wal_autocheckpoint = " + CHECKPOINT_PAGES);
      if (maxPages > 0) {
        s.execute("pragma max_page_count = " + maxPages);
      }
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
    return connection;
  }
}
