package io.plexspaces.store;

import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.journal.SpaceStore.Contents;
import io.plexspaces.api.journal.TupleChange;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One durable space: its file, and what of the log the file does not have yet. Thread-safe. What
 * says so does I/O and is for platform threads; nothing else waits for I/O.
 */
final class StoredSpace {
  private static final Logger LOG = System.getLogger(StoredSpace.class.getName());

  private final AppId app;
  private final String name;
  private final SpaceTree tree;
  private final SqliteFiles settings;
  private final InstantSource clock;
  private final LongSupplier logEnd;
  private final Runnable beforeOpening;

  /** Held during I/O. Taken before {@link #lock}. */
  private final ReentrantLock io = new ReentrantLock();

  /** Guarded by {@link #io}. */
  private @Nullable SpaceFile file;

  /** Never held during I/O: the log's listeners come here. */
  private final ReentrantLock lock = new ReentrantLock();

  /** Guarded by {@link #lock}, as all that follows. */
  private PendingTuples pending = new PendingTuples(false);

  /** The oldest record that is in the file and not synced, or on its way into it. */
  private long unsynced = Long.MAX_VALUE;

  /** Whether this process has written the file: it has nothing of what comes then. */
  private volatile boolean known;

  private boolean closed;

  /** Why the file cannot be used, until the node starts again. */
  private volatile @Nullable HostException damage;

  /**
   * @param logEnd where the log ended when the node started
   * @param beforeOpening called before the file is looked at, without any lock
   */
  StoredSpace(
      AppId app,
      String name,
      SpaceTree tree,
      SqliteFiles settings,
      InstantSource clock,
      LongSupplier logEnd,
      Runnable beforeOpening) {
    this.app = app;
    this.name = name;
    this.tree = tree;
    this.settings = settings;
    this.clock = clock;
    this.logEnd = logEnd;
    this.beforeOpening = beforeOpening;
  }

  /**
   * @throws HostException if the file is damaged
   */
  void check() {
    HostException d = damage;
    if (d != null) {
      throw new HostException(d.error());
    }
  }

  /**
   * Takes what a record of the log does here.
   *
   * @return whether there is now something to apply and was nothing before
   */
  boolean add(long position, List<TupleChange> changes) {
    lock.lock();
    try {
      if (damage != null || closed) {
        return false;
      }
      boolean first = pending.isEmpty();
      pending.add(position, changes);
      return first;
    } finally {
      lock.unlock();
    }
  }

  /** About what waits to be applied, in bytes. */
  long pendingBytes() {
    lock.lock();
    try {
      return pending.bytes();
    } finally {
      lock.unlock();
    }
  }

  /** The oldest record that is not synced into the file; {@link Long#MAX_VALUE} if all are. */
  long needed() {
    lock.lock();
    try {
      return damage != null ? Long.MAX_VALUE : Math.min(unsynced, pending.first());
    } finally {
      lock.unlock();
    }
  }

  /**
   * Applies what is pending. I/O.
   *
   * @throws HostException UNAVAILABLE if it cannot be done now and stays pending
   */
  void apply() {
    beforeOpening.run();
    io.lock();
    try {
      applyLocked();
    } finally {
      io.unlock();
    }
  }

  /**
   * Applies and syncs what is pending: then nothing of it is needed from the log. I/O.
   *
   * @throws HostException UNAVAILABLE if it cannot be done now
   */
  void sync() {
    beforeOpening.run();
    io.lock();
    try {
      applyLocked();
      SpaceFile f = file;
      if (f == null || damage != null || isSynced()) {
        return;
      }
      try {
        f.sync();
      } catch (SQLException e) {
        throw failed(e);
      }
      lock.lock();
      try {
        unsynced = Long.MAX_VALUE;
      } finally {
        lock.unlock();
      }
    } finally {
      io.unlock();
    }
  }

  private boolean isSynced() {
    lock.lock();
    try {
      return unsynced == Long.MAX_VALUE;
    } finally {
      lock.unlock();
    }
  }

  private void applyLocked() {
    PendingTuples batch;
    lock.lock();
    try {
      if (damage != null || closed || pending.isEmpty()) {
        return;
      }
      batch = pending;
      unsynced = Math.min(unsynced, batch.first());
      pending = new PendingTuples(known);
    } finally {
      lock.unlock();
    }
    boolean done = false;
    try {
      SpaceFile f = open();
      f.apply(batch.changes(), batch.last(), batch.highest(), clock.millis());
      done = true;
    } catch (SQLException e) {
      throw failed(e);
    } catch (HostException e) {
      throw failed(e);
    } finally {
      lock.lock();
      try {
        if (done) {
          known = true;
          if (pending.isEmpty()) {
            pending = new PendingTuples(true);
          }
        } else if (damage == null && !closed) {
          batch.addAll(pending);
          pending = batch;
        }
      } finally {
        lock.unlock();
      }
    }
  }

  private SpaceFile open() throws SQLException {
    SpaceFile f = file;
    if (f == null) {
      Path path = path();
      if (!Files.exists(path)) {
        tree.create(path);
      }
      f = SpaceFile.open(path, app, name, settings, known ? Long.MAX_VALUE : logEnd.getAsLong());
      file = f;
    }
    return f;
  }

  private Path path() {
    return tree.path(app, name);
  }

  /**
   * The tuples, with all that the log was given so far. I/O.
   *
   * @throws HostException DATA_LOSS or FAILED_PRECONDITION if the file cannot be used at all,
   *     UNAVAILABLE if it cannot be now
   */
  Contents load() {
    beforeOpening.run();
    io.lock();
    try {
      check();
      applyLocked();
      if (file == null && !Files.exists(path())) {
        return new Contents(List.of(), 0);
      }
      try {
        return open().contents(clock.millis());
      } catch (SQLException e) {
        throw failed(e);
      } catch (HostException e) {
        throw failed(e);
      }
    } finally {
      io.unlock();
    }
  }

  private HostException failed(SQLException e) {
    return failed(SqliteErrors.of(path(), e));
  }

  /** What will not pass is kept: the log must not wait for a file that never takes it. */
  private HostException failed(HostException e) {
    if (e.code() == ErrorCode.UNAVAILABLE || damage != null) {
      return e;
    }
    lock.lock();
    try {
      damage = e;
      pending = new PendingTuples(false);
      unsynced = Long.MAX_VALUE;
    } finally {
      lock.unlock();
    }
    LOG.log(
        Level.ERROR,
        "the durable tuple space \""
            + name
            + "\" of "
            + app
            + " cannot be used, its operations answer "
            + e.code()
            + ": "
            + e.error().message());
    return e;
  }

  /** Whether the log has something for it that the file has not. */
  boolean hasPending() {
    lock.lock();
    try {
      return !pending.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /** Closes the file after what was applied is synced. I/O. */
  void close() {
    sync();
    closeFile();
  }

  /** Its app was purged: what is pending is nothing any more. I/O. */
  void closeForGood() {
    lock.lock();
    try {
      pending = new PendingTuples(false);
      unsynced = Long.MAX_VALUE;
      closed = true;
    } finally {
      lock.unlock();
    }
    closeFile();
  }

  private void closeFile() {
    io.lock();
    try {
      SpaceFile f = file;
      file = null;
      if (f != null) {
        f.close();
      }
    } catch (SQLException e) {
      throw failed(e);
    } finally {
      io.unlock();
    }
  }
}
