package io.plexspaces.store;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Which actors may have work of their own to do ({@code pending.db}): effects that no receiver has
 * yet, timers and when the first of them falls due. So a restart opens only their journals. What
 * the commit log holds is not in it: it must be {@linkplain #flush flushed} before that is
 * released, and then names too many perhaps, never too few. One thread of its own writes; what
 * waits together shares a commit. Thread-safe.
 */
final class PendingIndex implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(PendingIndex.class.getName());
  static final int FORMAT = 2;

  /**
   * @param effects whether there may be effects that no receiver has
   * @param dueMillis no timer falls due earlier; {@link Long#MAX_VALUE} if there is none
   */
  record Work(boolean effects, long dueMillis) {
    static final Work NONE = new Work(false, Long.MAX_VALUE);

    Work and(Work other) {
      return new Work(effects || other.effects, Math.min(dueMillis, other.dueMillis));
    }
  }

  private final Path path;
  private final IoPool thread = new IoPool("store-pending", 1);
  private final Connection connection;
  private final ReentrantLock lock = new ReentrantLock();

  /** As it will be when all is written. */
  private final Map<ActorId, Work> wanted = new HashMap<>();

  /** Of whom the file may say something else. */
  private Set<ActorId> unwritten = new HashSet<>();

  /** Apps whose rows are to go, before what is unwritten is written. */
  private Set<AppId> removed = new HashSet<>();

  private List<CompletableFuture<Void>> waiting = new ArrayList<>();
  private boolean scheduled;

  private PendingIndex(Path path, Connection connection) {
    this.path = path;
    this.connection = connection;
  }

  /** Opens the index; where it is missing it is made anew and names every actor with a journal. */
  static PendingIndex open(DataDirectory data, SqliteFiles settings, JournalTree tree) {
    Path path = data.pendingIndex();
    try {
      PendingIndex index = new PendingIndex(path, settings.open(path, true));
      try {
        index.load(tree);
        return index;
      } catch (SQLException | RuntimeException e) {
        index.close();
        throw e;
      }
    } catch (SQLException e) {
      HostException failure = SqliteErrors.of(path, e);
      throw failure.code() == ErrorCode.DATA_LOSS
          ? new HostException(
              ErrorCode.DATA_LOSS,
              failure.error().message() + "; if it is deleted it is rebuilt at the next start",
              e)
          : failure;
    }
  }

  private void load(JournalTree tree) throws SQLException {
    try (Statement s = connection.createStatement()) {
      int format = 0;
      try (ResultSet r = s.executeQuery("pragma user_version")) {
        format = r.next() ? r.getInt(1) : 0;
      }
      if (format > FORMAT) {
        throw new HostException(
            ErrorCode.FAILED_PRECONDITION,
            path + " has format " + format + ", this version knows up to " + FORMAT);
      }
      s.execute("begin immediate");
      migrate(s, format);
      if (format == 0) {
        // It is new, or the process that made it ended before it had named all.
        for (AppId app : tree.apps()) {
          for (ActorId actor : tree.actors(app)) {
            // What is not known may be due at any time.
            write(actor, new Work(true, 0));
          }
        }
      }
      s.execute("commit");
      try (ResultSet r =
          s.executeQuery(
              "select tenant, app, type, key, effects, coalesce(due, "
                  + Long.MAX_VALUE
                  + ") from pending")) {
        while (r.next()) {
          wanted.put(
              new ActorId(
                  new AppId(r.getString(1), r.getString(2)), r.getString(3), r.getString(4)),
              new Work(r.getBoolean(5), r.getLong(6)));
        }
      }
    }
  }

  private static void migrate(Statement s, int format) throws SQLException {
    if (format == 1) {
      // Format 1 named actors with effects only; there were no timers.
      s.execute("alter table pending add column effects integer not null default 1");
      s.execute("alter table pending add column due integer");
    } else {
      s.execute(
          "create table if not exists pending (tenant text not null, app text not null,"
              + " type text not null, key text not null, effects integer not null default 1,"
              + " due integer, primary key (tenant, app, type, key)) without rowid");
    }
    s.execute("pragma user_version = " + FORMAT);
  }

  /** The actor may have {@code work}, beside what the index says already; on disk some time. */
  void cover(ActorId actor, Work work) {
    lock.lock();
    try {
      put(actor, wanted.getOrDefault(actor, Work.NONE).and(work));
    } finally {
      lock.unlock();
    }
  }

  /** The actor has just {@code work}; on disk some time. */
  void settle(ActorId actor, Work work) {
    lock.lock();
    try {
      put(actor, work);
    } finally {
      lock.unlock();
    }
  }

  /** The caller holds the lock. */
  private void put(ActorId actor, Work work) {
    if (work.equals(wanted.getOrDefault(actor, Work.NONE))) {
      return;
    }
    if (work.equals(Work.NONE)) {
      wanted.remove(actor);
    } else {
      wanted.put(actor, work);
    }
    unwritten.add(actor);
    schedule();
  }

  /** On disk some time. */
  void removeApp(AppId app) {
    lock.lock();
    try {
      wanted.keySet().removeIf(a -> a.app().equals(app));
      unwritten.removeIf(a -> a.app().equals(app));
      removed.add(app);
      schedule();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns when all that was said so far is on disk.
   *
   * @throws HostException UNAVAILABLE naming the file if it cannot be written
   */
  void flush() {
    CompletableFuture<Void> written = new CompletableFuture<>();
    lock.lock();
    try {
      waiting.add(written);
      schedule();
    } finally {
      lock.unlock();
    }
    IoPool.await(written);
  }

  /** What the index says of the actors of an app. */
  Map<ActorId, Work> pending(AppId app) {
    lock.lock();
    try {
      Map<ActorId, Work> found = new HashMap<>();
      wanted.forEach((actor, work) -> {
        if (actor.app().equals(app)) {
          found.put(actor, work);
        }
      });
      return found;
    } finally {
      lock.unlock();
    }
  }

  /** The caller holds the lock. */
  private void schedule() {
    if (!scheduled) {
      thread.execute(this::drain);
      scheduled = true;
    }
  }

  private void drain() {
    Set<AppId> apps;
    Map<ActorId, Work> rows = new HashMap<>();
    List<CompletableFuture<Void>> told;
    lock.lock();
    try {
      apps = removed;
      removed = new HashSet<>();
      unwritten.forEach(a -> rows.put(a, wanted.getOrDefault(a, Work.NONE)));
      unwritten = new HashSet<>();
      told = waiting;
      waiting = new ArrayList<>();
      scheduled = false;
    } finally {
      lock.unlock();
    }
    try {
      if (!apps.isEmpty() || !rows.isEmpty()) {
        commit(apps, rows);
      }
    } catch (SQLException e) {
      HostException failure = SqliteErrors.of(path, e);
      LOG.log(System.Logger.Level.WARNING, "pending index", failure);
      lock.lock();
      try {
        // To be written with what comes next. Rows that are too many do no harm.
        removed.addAll(apps);
        unwritten.addAll(rows.keySet());
      } finally {
        lock.unlock();
      }
      told.forEach(f -> f.completeExceptionally(failure));
      return;
    }
    told.forEach(f -> f.complete(null));
  }

  private void commit(Set<AppId> apps, Map<ActorId, Work> rows) throws SQLException {
    try (Statement s = connection.createStatement()) {
      s.execute("begin immediate");
      try {
        for (AppId app : apps) {
          remove(app);
        }
        for (Map.Entry<ActorId, Work> row : rows.entrySet()) {
          write(row.getKey(), row.getValue());
        }
        s.execute("commit");
      } catch (SQLException e) {
        rollback(s, e);
        throw e;
      }
    }
  }

  private static void rollback(Statement s, SQLException cause) {
    try {
      s.execute("rollback");
    } catch (SQLException alreadyRolledBack) {
      cause.addSuppressed(alreadyRolledBack);
    }
  }

  private void remove(AppId app) throws SQLException {
    try (PreparedStatement s =
        connection.prepareStatement("delete from pending where tenant = ? and app = ?")) {
      s.setString(1, app.tenant());
      s.setString(2, app.name());
      s.executeUpdate();
    }
  }

  private void write(ActorId actor, Work work) throws SQLException {
    if (work.equals(Work.NONE)) {
      try (PreparedStatement s =
          connection.prepareStatement(
              "delete from pending where tenant = ? and app = ? and type = ? and key = ?")) {
        name(s, actor);
        s.executeUpdate();
      }
      return;
    }
    try (PreparedStatement s =
        connection.prepareStatement(
            "insert or replace into pending (tenant, app, type, key, effects, due)"
                + " values (?, ?, ?, ?, ?, ?)")) {
      name(s, actor);
      s.setBoolean(5, work.effects());
      if (work.dueMillis() == Long.MAX_VALUE) {
        s.setNull(6, Types.INTEGER);
      } else {
        s.setLong(6, work.dueMillis());
      }
      s.executeUpdate();
    }
  }

  private static void name(PreparedStatement s, ActorId actor) throws SQLException {
    s.setString(1, actor.app().tenant());
    s.setString(2, actor.app().name());
    s.setString(3, actor.type());
    s.setString(4, actor.key());
  }

  /** Writes what is queued and closes the file. */
  @Override
  public void close() {
    thread.close();
    try {
      connection.close();
    } catch (SQLException e) {
      throw SqliteErrors.of(path, e);
    }
  }
}
