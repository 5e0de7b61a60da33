package io.plexspaces.store;

import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.journal.SpaceStore.Contents;
import io.plexspaces.api.journal.TupleChange;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * One open file of a durable space. It follows the log: a batch of changes is one transaction that
 * is not synced by itself, {@link #sync} does that for all before it. Platform threads only, one at
 * a time; the caller maps {@link SQLException} with {@link SqliteErrors}.
 */
final class SpaceFile implements AutoCloseable {
  private final Path path;
  private final Connection connection;
  private long applied;
  private long lastTuple;

  private SpaceFile(Path path, Connection connection) {
    this.path = path;
    this.connection = connection;
  }

  /**
   * Opens a file that exists.
   *
   * @param logEnd no position in the file can be as high. One that is comes from another log (the
   *     file was restored, say) and means nothing
   * @throws HostException DATA_LOSS if it is no space or another one, FAILED_PRECONDITION if it was
   *     written by a later version
   */
  static SpaceFile open(Path path, AppId app, String space, SqliteFiles settings, long logEnd)
      throws SQLException {
    SpaceFile file = new SpaceFile(path, settings.open(path, false));
    try {
      file.check(app, space);
      if (file.applied >= logEnd) {
        file.applied = 0;
      }
      try (Statement s = file.connection.createStatement()) {
        s.execute("pragma synchronous = normal");
      }
      return file;
    } catch (SQLException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /** Whether the file has something that is later in the log, or cannot be asked. */
  static boolean isYounger(Path path, SqliteFiles settings, long position) {
    try (Connection c = settings.open(path, false);
        Statement s = c.createStatement()) {
      return number(s, "select max(applied) from meta") > position;
    } catch (SQLException e) {
      return true;
    }
  }

  private void check(AppId app, String space) throws SQLException {
    try (Statement s = connection.createStatement()) {
      if (number(s, "pragma application_id") != SpaceSchema.APPLICATION_ID) {
        throw damaged("it is no tuple space");
      }
      long format = number(s, "pragma user_version");
      if (format > SpaceSchema.FORMAT) {
        throw new HostException(
            ErrorCode.FAILED_PRECONDITION,
            path
                + " has format "
                + format
                + " of tuple spaces, this version knows up to "
                + SpaceSchema.FORMAT
                + ": it was written by a later version");
      }
      boolean empty;
      try (ResultSet r =
          s.executeQuery("select tenant, app, space, last_tuple, applied from meta")) {
        empty = !r.next();
        if (!empty) {
          AppId owner = new AppId(r.getString(1), r.getString(2));
          if (!owner.equals(app) || !r.getString(3).equals(space)) {
            throw new HostException(
                ErrorCode.DATA_LOSS,
                path
                    + " holds the space \""
                    + r.getString(3)
                    + "\" of "
                    + owner
                    + ", not \""
                    + space
                    + "\" of "
                    + app);
          }
          lastTuple = r.getLong(4);
          applied = r.getLong(5);
        }
      }
      if (empty) {
        insertMeta(app, space);
      }
    }
  }

  private void insertMeta(AppId app, String space) throws SQLException {
    try (PreparedStatement p =
        connection.prepareStatement("insert into meta values (?,?,?,?,0,0)")) {
      p.setInt(1, SpaceSchema.FORMAT);
      p.setString(2, app.tenant());
      p.setString(3, app.name());
      p.setString(4, space);
      p.executeUpdate();
    }
  }

  private static long number(Statement s, String query) throws SQLException {
    try (ResultSet r = s.executeQuery(query)) {
      return r.next() ? r.getLong(1) : 0;
    }
  }

  private HostException damaged(String why) {
    return new HostException(ErrorCode.DATA_LOSS, path + " is damaged: " + why);
  }

  /** The position in the log up to which the file has everything, itself included. */
  long applied() {
    return applied;
  }

  /**
   * Applies what the file does not have yet, in one transaction.
   *
   * @param changes in any order, one a tuple
   * @param upTo the position of the last record of which something is among them
   * @param highest tuple number that was given, in all of the log up to there
   * @param nowMillis what has expired by then leaves the file
   */
  void apply(Collection<PendingTuples.Change> changes, long upTo, long highest, long nowMillis)
      throws SQLException {
    long last = Math.max(lastTuple, highest);
    long to = Math.max(applied, upTo);
    transaction(() -> {
      try (PreparedStatement write =
              connection.prepareStatement("insert or replace into tuple values (?, ?, ?)");
          PreparedStatement take = connection.prepareStatement("delete from tuple where id = ?");
          PreparedStatement expire =
              connection.prepareStatement("delete from tuple where expires_at <= ?")) {
        for (PendingTuples.Change c : changes) {
          if (c.position() <= applied) {
            continue;
          }
          switch (c.change()) {
            case TupleChange.Written w -> {
              write.setLong(1, w.tuple());
              write.setString(2, w.fields());
              if (w.expiresAtMillis() == Long.MAX_VALUE) {
                write.setNull(3, java.sql.Types.INTEGER);
              } else {
                write.setLong(3, w.expiresAtMillis());
              }
              write.executeUpdate();
            }
            case TupleChange.Taken t -> {
              take.setLong(1, t.tuple());
              take.executeUpdate();
            }
          }
        }
        expire.setLong(1, nowMillis);
        expire.executeUpdate();
      }
      meta(last, to);
    });
    lastTuple = last;
    applied = to;
  }

  /** What was applied is on disk when this returns. */
  void sync() throws SQLException {
    try (Statement s = connection.createStatement()) {
      // A commit that syncs the WAL syncs what is in it of earlier ones. A row that is given the
      // value that it has would change no page: nothing would be written, nor synced.
      s.execute("pragma synchronous = full");
      try {
        transaction(() -> {
          meta(lastTuple, -1);
          meta(lastTuple, applied);
        });
      } finally {
        s.execute("pragma synchronous = normal");
      }
    }
  }

  private void meta(long last, long position) throws SQLException {
    try (PreparedStatement p =
        connection.prepareStatement("update meta set last_tuple = ?, applied = ?")) {
      p.setLong(1, last);
      p.setLong(2, position);
      p.executeUpdate();
    }
  }

  /** A part of a transaction. */
  private interface Work {
    void run() throws SQLException;
  }

  private void transaction(Work work) throws SQLException {
    try (Statement s = connection.createStatement()) {
      s.execute("begin immediate");
      boolean done = false;
      try {
        work.run();
        s.execute("commit");
        done = true;
      } finally {
        if (!done) {
          rollBack(s);
        }
      }
    }
  }

  /** SQLite rolls back by itself after some errors; then there is nothing left to. */
  private static void rollBack(Statement s) {
    try {
      s.execute("rollback");
    } catch (SQLException e) {
      System.getLogger(SpaceFile.class.getName())
          .log(System.Logger.Level.DEBUG, "nothing to roll back", e);
    }
  }

  /** What has not expired, oldest first. */
  Contents contents(long nowMillis) throws SQLException {
    List<TupleChange.Written> tuples = new ArrayList<>();
    String space = space().orElse("");
    try (PreparedStatement p =
        connection.prepareStatement(
            "select id, fields, expires_at from tuple"
                + " where expires_at is null or expires_at > ? order by id")) {
      p.setLong(1, nowMillis);
      try (ResultSet r = p.executeQuery()) {
        while (r.next()) {
          long expires = r.getLong(3);
          long end = r.wasNull() ? Long.MAX_VALUE : expires;
          tuples.add(new TupleChange.Written(space, r.getLong(1), r.getString(2), end));
        }
      }
    }
    return new Contents(tuples, lastTuple);
  }

  private Optional<String> space() throws SQLException {
    try (Statement s = connection.createStatement();
        ResultSet r = s.executeQuery("select space from meta")) {
      return r.next() ? Optional.of(r.getString(1)) : Optional.empty();
    }
  }

  /** Syncs the WAL into the file, if nobody else has it open, and closes it. */
  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
