package io.plexspaces.store;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.MessageId;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One open journal: a connection and its statements. Platform threads only, one at a time; the
 * caller maps {@link SQLException} with {@link SqliteErrors}.
 */
final class JournalFile implements AutoCloseable {
  private final Path path;
  private final Connection connection;
  private final Map<String, PreparedStatement> statements = new HashMap<>();

  private JournalFile(Path path, Connection connection) {
    this.path = path;
    this.connection = connection;
  }

  /**
   * Opens a journal that exists and brings it to the present format.
   *
   * @throws HostException DATA_LOSS if the file is no journal or another actor's,
   *     FAILED_PRECONDITION if it was written by a later version
   */
  static JournalFile open(Path path, ActorId actor, SqliteFiles settings) throws SQLException {
    JournalFile file = new JournalFile(path, settings.openFollower(path));
    try {
      int format = file.format();
      Optional<ActorId> owner = file.owner();
      if (owner.isPresent() && !owner.get().equals(actor)) {
        throw new HostException(
            ErrorCode.DATA_LOSS,
            path + " holds the journal of " + owner.get() + ", not that of " + actor);
      }
      if (format < JournalSchema.FORMAT) {
        JournalSchema.migrate(file.connection, format);
      }
      return file;
    } catch (SQLException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /** Whose journal {@code path} is; empty if its first turn was never committed. */
  static Optional<ActorId> owner(Path path, SqliteFiles settings) throws SQLException {
    JournalFile file = new JournalFile(path, settings.open(path, false));
    try (file) {
      int _ = file.format();
      return file.owner();
    }
  }

  private int format() throws SQLException {
    try (Statement s = connection.createStatement()) {
      try (ResultSet r = s.executeQuery("pragma application_id")) {
        if (!r.next() || r.getInt(1) != JournalSchema.APPLICATION_ID) {
          throw damaged("it is no journal");
        }
      }
      try (ResultSet r = s.executeQuery("pragma user_version")) {
        int format = r.next() ? r.getInt(1) : 0;
        if (format > JournalSchema.FORMAT) {
          throw newer(format);
        }
        if (format < 1) {
          throw damaged("its format is " + format);
        }
        return format;
      }
    }
  }

  private Optional<ActorId> owner() throws SQLException {
    try (Statement s = connection.createStatement();
        ResultSet r = s.executeQuery("select format, tenant, app, type, key from meta")) {
      if (!r.next()) {
        return Optional.empty();
      }
      if (r.getInt(1) > JournalSchema.FORMAT) {
        throw newer(r.getInt(1));
      }
      return Optional.of(
          new ActorId(new AppId(r.getString(2), r.getString(3)), r.getString(4), r.getString(5)));
    }
  }

  private HostException newer(int format) {
    return new HostException(
        ErrorCode.FAILED_PRECONDITION,
        path
            + " has journal format "
            + format
            + ", this version knows up to "
            + JournalSchema.FORMAT
            + ": it was written by a later version");
  }

  HostException damaged(String what) {
    return new HostException(ErrorCode.DATA_LOSS, path + " is damaged: " + what);
  }

  Path path() {
    return path;
  }

  PreparedStatement statement(String sql) throws SQLException {
    PreparedStatement s = statements.get(sql);
    if (s == null) {
      s = connection.prepareStatement(sql);
      statements.put(sql, s);
    }
    return s;
  }

  /** For what works step by step without giving rows: a prepared statement would take one step. */
  void runToItsEnd(String sql) throws SQLException {
    try (Statement s = connection.createStatement()) {
      s.executeUpdate(sql);
    }
  }

  /** The first column of the only row. */
  long number(String query) throws SQLException {
    try (ResultSet r = statement(query).executeQuery()) {
      if (!r.next()) {
        throw damaged("\"" + query + "\" finds nothing");
      }
      return r.getLong(1);
    }
  }

  void begin() throws SQLException {
    statement("begin immediate").execute();
  }

  void commit() throws SQLException {
    statement("commit").execute();
  }

  /** SQLite gives an empty blob back as null. */
  static byte[] orEmpty(byte @Nullable [] blob) {
    return blob == null ? new byte[0] : blob;
  }

  static MessageId messageId(byte[] sixteen) {
    ByteBuffer b = ByteBuffer.wrap(sixteen);
    return new MessageId(b.getLong(), b.getLong());
  }

  static byte[] bytes(MessageId id) {
    return ByteBuffer.allocate(16).putLong(id.high()).putLong(id.low()).array();
  }

  /** Undoes an open transaction, syncs the WAL into the file and closes it. */
  @Override
  public void close() throws SQLException {
    // Closing the connection finalises its statements and rolls back what is open.
    connection.close();
  }
}
