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
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Which actors may have undelivered effects ({@code pending.db}), so that a restart opens only
 * their journals. An actor is marked, durably, before its first commit with effects and unmarked
 * some time after it has none: the index names too many, never too few. One thread of its own
 * writes; marks that arrive together share a commit. Thread-safe.
 */
final class PendingIndex implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(PendingIndex.class.getName());
  private static final int FORMAT = 1;

  private sealed interface Change {
    record Mark(ActorId actor) implements Change {}

    record Unmark(ActorId actor) implements Change {}

    record RemoveApp(AppId app) implements Change {}
  }

  private record Queued(Change change, CompletableFuture<Void> done) {}

  private final Path path;
  private final IoPool thread = new IoPool("store-pending", 1);
  private final Connection connection;
  private final ReentrantLock lock = new ReentrantLock();

  /** As it will be when what is queued is written. */
  private final Set<ActorId> marked = new HashSet<>();

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
      try (ResultSet r = s.executeQuery("pragma user_version")) {
        if (r.next() && r.getInt(1) > FORMAT) {
          throw new HostException(
              ErrorCode.FAILED_PRECONDITION,
              path + " has format " + r.getInt(1) + ", this version knows up to " + FORMAT);
        }
      }
      s.execute("begin immediate");
      s.execute(
          "create table if not exists pending (tenant text not null, app text not null,"
              + " type text not null, key text not null, primary key (tenant, app, type, key))"
              + " without rowid");
      s.execute("pragma user_version = " + FORMAT);
      if (rebuildFrom != null) {
        for (AppId app : rebuildFrom.apps()) {
          for (ActorId actor : rebuildFrom.actors(app)) {
            write(new Change.Mark(actor));
          }
        }
      }
      s.execute("commit");
      try (ResultSet r = s.executeQuery("select tenant, app, type, key from pending")) {
        while (r.next()) {
          marked.add(
              new ActorId(
                  new AppId(r.getString(1), r.getString(2)), r.getString(3), r.getString(4)));
        }
      }
    }
  }

  /**
   * Returns when the mark is on disk. Marks and unmarks of one actor come from one thread at a
   * time.
   *
   * @throws HostException UNAVAILABLE if it cannot be written
   */
  void mark(ActorId actor) {
    CompletableFuture<Void> done;
    lock.lock();
    try {
      if (!marked.add(actor)) {
        return;
      }
      done = enqueue(new Change.Mark(actor));
    } finally {
      lock.unlock();
    }
    IoPool.await(done);
  }

  /** Takes the mark away, some time. A later {@link #mark} is written after it. */
  void unmark(ActorId actor) {
    lock.lock();
    try {
      if (marked.remove(actor)) {
        // Nobody waits: a failure is logged, and leaves a name too many.
        var _ = enqueue(new Change.Unmark(actor));
      }
    } finally {
      lock.unlock();
    }
  }

  void removeApp(AppId app) {
    CompletableFuture<Void> done;
    lock.lock();
    try {
      marked.removeIf(a -> a.app().equals(app));
      done = enqueue(new Change.RemoveApp(app));
    } finally {
      lock.unlock();
    }
    IoPool.await(done);
  }

  List<ActorId> pending(AppId app) {
    lock.lock();
    try {
      return marked.stream().filter(a -> a.app().equals(app)).toList();
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
        if (q.change() instanceof Change.Mark m) {
          marked.remove(m.actor());
        }
      }
    } finally {
      lock.unlock();
    }
    batch.forEach(q -> q.done().completeExceptionally(failure));
  }

  private void write(Change change) throws SQLException {
    switch (change) {
      case Change.Mark m -> update("insert or ignore into pending values (?, ?, ?, ?)", m.actor());
      case Change.Unmark u ->
          update(
              "delete from pending where tenant = ? and app = ? and type = ? and key = ?",
              u.actor());
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

  private void update(String sql, ActorId actor) throws SQLException {
    try (PreparedStatement s = connection.prepareStatement(sql)) {
      s.setString(1, actor.app().tenant());
      s.setString(2, actor.app().name());
      s.setString(3, actor.type());
      s.setString(4, actor.key());
      s.executeUpdate();
    }
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
