package io.plexspaces.store;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Which actors may have work of their own to do ({@code pending.db}): effects that no receiver has
 * yet, timers and when the first of them falls due. So a restart opens only their journals. The
 * index names an actor before its journal does and forgets it some time after: it names too many,
 * never too few. One thread of its own writes; changes that arrive together share a commit.
 * Thread-safe.
 */
final class PendingIndex implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(PendingIndex.class.getName());
  private static final int FORMAT = 2;

  private sealed interface Change {
    record Put(ActorId actor, Work work) implements Change {}

    record Remove(ActorId actor) implements Change {}

    record RemoveApp(AppId app) implements Change {}
  }

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

  private record Queued(Change change, CompletableFuture<Void> done) {}

  private final Path path;
  private final IoPool thread = new IoPool("store-pending", 1);
  private final Connection connection;
  private final ReentrantLock lock = new ReentrantLock();

  /** As it will be when what is queued is written. */
  private final Map<ActorId, Work> marked = new HashMap<>();

  private List<Queued> queue = new ArrayList<>();
  private boolean scheduled;

  private PendingIndex(Path path, Connection connection) {
    this.path = path;
    this.connection = connection;
  }

  /** Opens the index; where it is missing it is made anew and names every actor with a journal. */
  static PendingIndex open(DataDirectory data, SqliteFiles settings, JournalTree tree) {
    Path path = data.pendingIndex();
    boolean missing = !Files.exists(path);
    try {
      PendingIndex index = new PendingIndex(path, settings.open(path, true));
      try {
        index.load(missing ? tree : null);
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

  private void load(@org.jspecify.annotations.Nullable JournalTree rebuildFrom)
      throws SQLException {
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
      if (rebuildFrom != null) {
        for (AppId app : rebuildFrom.apps()) {
          for (ActorId actor : rebuildFrom.actors(app)) {
            // What is not known may be due at any time.
            write(new Change.Put(actor, new Work(true, 0)));
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
          marked.put(
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

  /**
   * Returns when the index says on disk that the actor may have {@code work}, beside what it says
   * already. Calls for one actor come from one thread at a time.
   *
   * @throws HostException UNAVAILABLE if it cannot be written
   */
  void cover(ActorId actor, Work work) {
    CompletableFuture<Void> done;
    lock.lock();
    try {
      Work before = marked.getOrDefault(actor, Work.NONE);
      Work after = before.and(work);
      if (after.equals(before)) {
        return;
      }
      marked.put(actor, after);
      done = enqueue(new Change.Put(actor, after));
    } finally {
      lock.unlock();
    }
    IoPool.await(done);
  }

  /** The actor has just {@code work}, which it was covered for; written some time. */
  void settle(ActorId actor, Work work) {
    lock.lock();
    try {
      Work before = marked.getOrDefault(actor, Work.NONE);
      if (work.equals(before)) {
        return;
      }
      // Nobody waits: a failure is logged, and leaves a name too many.
      if (work.equals(Work.NONE)) {
        marked.remove(actor);
        var _ = enqueue(new Change.Remove(actor));
      } else {
        marked.put(actor, work);
        var _ = enqueue(new Change.Put(actor, work));
      }
    } finally {
      lock.unlock();
    }
  }

  void removeApp(AppId app) {
    CompletableFuture<Void> done;
    lock.lock();
    try {
      marked.keySet().removeIf(a -> a.app().equals(app));
      done = enqueue(new Change.RemoveApp(app));
    } finally {
      lock.unlock();
    }
    IoPool.await(done);
  }

  /** What the index says of the actors of an app. */
  Map<ActorId, Work> pending(AppId app) {
    lock.lock();
    try {
      Map<ActorId, Work> found = new HashMap<>();
      marked.forEach((actor, work) -> {
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
  private CompletableFuture<Void> enqueue(Change change) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    queue.add(new Queued(change, done));
    if (!scheduled) {
      thread.execute(this::drain);
      scheduled = true;
    }
    return done;
  }

  private void drain() {
    List<Queued> batch;
    lock.lock();
    try {
      batch = queue;
      queue = new ArrayList<>();
      scheduled = false;
    } finally {
      lock.unlock();
    }
    try {
      commit(batch);
    } catch (SQLException e) {
      failed(batch, SqliteErrors.of(path, e));
      return;
    }
    batch.forEach(q -> q.done().complete(null));
  }

  private void commit(List<Queued> batch) throws SQLException {
    try (Statement s = connection.createStatement()) {
      s.execute("begin immediate");
      try {
        for (Queued q : batch) {
          write(q.change());
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

  private void failed(List<Queued> batch, HostException failure) {
    LOG.log(System.Logger.Level.WARNING, "pending index", failure);
    lock.lock();
    try {
      for (Queued q : batch) {
        // Nothing is known of what the file says: the next cover writes.
        switch (q.change()) {
          case Change.Put p -> marked.remove(p.actor());
          case Change.Remove r -> marked.put(r.actor(), new Work(true, 0));
          case Change.RemoveApp _ -> {}
        }
      }
    } finally {
      lock.unlock();
    }
    batch.forEach(q -> q.done().completeExceptionally(failure));
  }

  private void write(Change change) throws SQLException {
    switch (change) {
      case Change.Put p -> {
        try (PreparedStatement s =
            connection.prepareStatement(
                "insert or replace into pending (tenant, app, type, key, effects, due)"
                    + " values (?, ?, ?, ?, ?, ?)")) {
          name(s, p.actor());
          s.setBoolean(5, p.work().effects());
          if (p.work().dueMillis() == Long.MAX_VALUE) {
            s.setNull(6, java.sql.Types.INTEGER);
          } else {
            s.setLong(6, p.work().dueMillis());
          }
          s.executeUpdate();
        }
      }
      case Change.Remove r -> {
        try (PreparedStatement s =
            connection.prepareStatement(
                "delete from pending where tenant = ? and app = ? and type = ? and key = ?")) {
          name(s, r.actor());
          s.executeUpdate();
        }
      }
      case Change.RemoveApp a -> {
        try (PreparedStatement s =
            connection.prepareStatement("delete from pending where tenant = ? and app = ?")) {
          s.setString(1, a.app().tenant());
          s.setString(2, a.app().name());
          s.executeUpdate();
        }
      }
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
