package io.plexspaces.store;

import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.journal.CommitListener;
import io.plexspaces.api.journal.SpaceStore;
import io.plexspaces.api.journal.TupleChange;
import io.plexspaces.store.log.LogListener;
import io.plexspaces.store.log.LogRecord;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The durable tuple spaces of a node: one SQLite file each, which follows the node's log. What
 * changes a space is durable when its record is in the log; the file gets it a little later, in
 * batches, and most tuples never, because they are taken before. Thread-safe.
 */
public final class SqliteSpaceStore implements SpaceStore, AutoCloseable {
  private static final Logger LOG = System.getLogger(SqliteSpaceStore.class.getName());

  /** How long changes gather before they are applied, unless there are many. */
  private static final long APPLY_AFTER_MILLIS = 200;

  private static final long APPLY_FROM_BYTES = 8L << 20;
  private static final long QUIET_MILLIS = 2000;
  private static final long RETRY_AFTER_MILLIS = 1000;
  private static final int THREADS = 2;

  private record Key(AppId app, String space) {}

  /** An app that was purged and whose files are still there. */
  private record Purge(long position, boolean live, List<StoredSpace> old) {}

  private final Map<Key, StoredSpace> spaces = new ConcurrentHashMap<>();
  private final Map<AppId, Purge> purges = new ConcurrentHashMap<>();
  private final SpaceTree tree;
  private final SqliteFiles settings;
  private final InstantSource clock;
  private final SpaceLog log;
  private final IoPool pool = new IoPool("store-spaces", THREADS);
  private final AtomicBoolean stalled = new AtomicBoolean();

  /** Below it, the log wants everything to be released. */
  private volatile long wanted;

  private volatile boolean started;
  private volatile long endAtStart;

  /**
   * The spaces of a node. To be made before the log is started and closed before it.
   *
   * @param clock for the ends of tuples
   */
  public SqliteSpaceStore(
      DataDirectory data, NodeLog log, StoreOptions options, InstantSource clock) {
    this(data, SqliteFiles.of(options), clock, following(log));
    log.follow(
        new LogFollower() {
          @Override
          public void record(long position, LogRecord record) {
            SqliteSpaceStore.this.record(position, record);
          }

          @Override
          public void started() {
            SqliteSpaceStore.this.started();
          }

          @Override
          public void wanted(long position) {
            SqliteSpaceStore.this.wanted(position);
          }

          @Override
          public long needed() {
            return SqliteSpaceStore.this.needed();
          }
        });
  }

  private static SpaceLog following(NodeLog log) {
    return new SpaceLog() {
      @Override
      public void append(LogRecord record, LogListener listener) {
        log.append(record, listener);
      }

      @Override
      public long end() {
        return log.end();
      }

      @Override
      public void released() {
        log.released();
      }

      @Override
      public void stalled(HostException failure) {
        log.stalled(failure);
      }

      @Override
      public void resumed() {
        log.resumed();
      }
    };
  }

  SqliteSpaceStore(DataDirectory data, SqliteFiles settings, InstantSource clock, SpaceLog log) {
    NativeLibrary.load(data);
    this.tree = new SpaceTree(data);
    this.settings = settings;
    this.clock = clock;
    this.log = log;
  }

  // What the log says.

  /** The log has given all that it held: what comes from now on is new. */
  void started() {
    endAtStart = log.end();
    started = true;
    spaces.values().forEach(s -> applyAfter(APPLY_AFTER_MILLIS, s));
    purges.keySet().forEach(this::settleSoon);
    wanted(wanted);
  }

  /** A record, in the order of positions; one that was applied before a restart may come again. */
  void record(long position, LogRecord record) {
    switch (record) {
      case LogRecord.Turn t -> add(position, t.app(), t.turn().tuples());
      case LogRecord.SpaceChanges c -> add(position, c.app(), c.changes());
      case LogRecord.Purged p -> purged(position, p.app());
      case LogRecord.Deleted d -> {}
    }
  }

  private void add(long position, AppId app, List<TupleChange> changes) {
    if (changes.isEmpty()) {
      return;
    }
    Map<String, List<TupleChange>> bySpace = LinkedHashMap.newLinkedHashMap(1);
    for (TupleChange c : changes) {
      bySpace.computeIfAbsent(c.space(), s -> new ArrayList<>(changes.size())).add(c);
    }
    bySpace.forEach((name, its) -> {
      StoredSpace space = space(app, name);
      boolean first = space.add(position, its);
      if (!started) {
        return; // the files have to wait until the log is known
      }
      if (first) {
        applyAfter(APPLY_AFTER_MILLIS, space);
      } else if (space.pendingBytes() >= APPLY_FROM_BYTES) {
        applyAfter(0, space);
      }
    });
  }

  private void purged(long position, AppId app) {
    List<StoredSpace> old = new ArrayList<>();
    spaces.forEach((key, space) -> {
      if (key.app().equals(app)) {
        old.add(space);
      }
    });
    spaces.keySet().removeIf(k -> k.app().equals(app));
    purges.merge(
        app,
        new Purge(position, started, old),
        (before, now) -> {
          List<StoredSpace> all = new ArrayList<>(before.old());
          all.addAll(now.old());
          return new Purge(now.position(), now.live(), all);
        });
    if (started) {
      settleSoon(app);
    }
  }

  private void settleSoon(AppId app) {
    later(
        0,
        () -> {
          settle(app);
          log.released();
        });
  }

  /** The log wants everything below {@code position} to be released. */
  void wanted(long position) {
    wanted = position;
    if (!started) {
      return; // all that the log holds is applied as soon as it is known
    }
    List<StoredSpace> late = new ArrayList<>();
    for (StoredSpace s : spaces.values()) {
      if (s.needed() < position) {
        late.add(s);
      }
    }
    List<AppId> gone = List.copyOf(purges.keySet());
    if (!late.isEmpty() || !gone.isEmpty()) {
      later(0, () -> release(late, gone));
    }
  }

  private void release(List<StoredSpace> late, List<AppId> gone) {
    gone.forEach(this::settle);
    HostException failure = null;
    for (StoredSpace s : late) {
      try {
        s.sync();
      } catch (HostException e) {
        failure = e;
        later(RETRY_AFTER_MILLIS, () -> release(List.of(s), List.of()));
      }
    }
    told(failure);
    log.released();
  }

  /** The lowest position that is still needed of the log. */
  long needed() {
    long lowest = Long.MAX_VALUE;
    for (StoredSpace s : spaces.values()) {
      lowest = Math.min(lowest, s.needed());
    }
    for (Purge p : purges.values()) {
      lowest = Math.min(lowest, p.position());
    }
    return lowest;
  }

  private void applyAfter(long millis, StoredSpace space) {
    later(
        millis,
        () -> {
          try {
            space.apply();
            told(null);
            if (space.needed() == Long.MAX_VALUE) {
              log.released(); // its file is damaged: it needs nothing any more
            } else {
              later(QUIET_MILLIS, () -> rest(space));
            }
          } catch (HostException e) {
            told(e);
            applyAfter(RETRY_AFTER_MILLIS, space);
          }
        });
  }

  /** Where nothing came for a while, the log is given its room back before it asks. */
  private void rest(StoredSpace space) {
    if (!space.hasPending()) {
      release(List.of(space), List.of());
    }
  }

  /** Where the log waits for room that cannot be made, what is appended fails instead. */
  private void told(@Nullable HostException failure) {
    if (failure == null || failure.code() != ErrorCode.UNAVAILABLE) {
      if (stalled.compareAndSet(true, false)) {
        log.resumed();
      }
    } else {
      LOG.log(Level.WARNING, "tuples stay in the log for now: " + failure.error().message());
      if (needed() < wanted) {
        stalled.set(true);
        log.stalled(failure);
      }
    }
  }

  private void later(long millis, Runnable work) {
    Runnable careful =
        () -> {
          try {
            work.run();
          } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "a tuple space could not be brought up to date", e);
          }
        };
    try {
      if (millis == 0) {
        pool.execute(careful);
      } else {
        CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS, this::execute)
            .execute(careful);
      }
    } catch (HostException e) {
      LOG.log(Level.DEBUG, "the spaces are closed", e);
    }
  }

  private void execute(Runnable work) {
    try {
      pool.execute(work);
    } catch (HostException e) {
      LOG.log(Level.DEBUG, "the spaces are closed", e);
    }
  }

  private StoredSpace space(AppId app, String name) {
    return spaces.computeIfAbsent(
        new Key(app, name),
        k ->
            new StoredSpace(app, name, tree, settings, clock, () -> endAtStart, () -> settle(app)));
  }

  /** Removes the files of an app that was purged, before anything else is done to them. */
  private synchronized void settle(AppId app) {
    Purge p = purges.get(app);
    if (p == null) {
      return;
    }
    p.old().forEach(StoredSpace::closeForGood);
    boolean younger = false;
    if (!p.live()) {
      // The log tells of it again at a start. What has been there since then stays.
      for (String name : tree.spaces(app)) {
        younger |= SpaceFile.isYounger(tree.path(app, name), settings, p.position());
      }
    }
    if (!younger) {
      tree.remove(app);
    }
    purges.remove(app, p);
  }

  // What the spaces ask for.

  @Override
  public Contents load(AppId app, String space) {
    return pool.call(() -> {
      settle(app);
      return space(app, space).load();
    });
  }

  @Override
  public void append(AppId app, List<TupleChange> changes, CommitListener listener) {
    try {
      changes.stream().map(TupleChange::space).distinct().forEach(s -> check(app, s));
    } catch (HostException e) {
      listener.committed(e);
      return;
    }
    log.append(
        new LogRecord.SpaceChanges(app, changes),
        new LogListener() {
          @Override
          public void committed(long position) {
            listener.committed(null);
          }

          @Override
          public void failed(HostException failure) {
            listener.committed(failure);
          }
        });
  }

  @Override
  public void check(AppId app, String space) {
    StoredSpace s = spaces.get(new Key(app, space));
    if (s != null) {
      s.check();
    }
  }

  @Override
  public boolean exists(AppId app) {
    return pool.call(() -> {
      settle(app);
      boolean pending =
          spaces.entrySet().stream()
              .anyMatch(e -> e.getKey().app().equals(app) && e.getValue().hasPending());
      return pending || !tree.spaces(app).isEmpty();
    });
  }

  @Override
  public void purge(AppId app) {
    if (!exists(app)) {
      return;
    }
    CompletableFuture<Long> gone = new CompletableFuture<>();
    log.append(new LogRecord.Purged(app), LogListener.completing(gone));
    long _ = IoPool.await(gone);
    boolean _ =
        pool.call(() -> {
          settle(app);
          return true;
        });
    log.released();
  }

  /**
   * Brings all files up to date and closes them; the log must still be open. What cannot be written
   * stays in the log.
   */
  @Override
  public void close() {
    List<CompletableFuture<Void>> closing = new ArrayList<>();
    for (StoredSpace s : spaces.values()) {
      closing.add(CompletableFuture.runAsync(s::close, pool));
    }
    HostException failure = null;
    for (CompletableFuture<Void> c : closing) {
      try {
        Void _ = IoPool.await(c);
      } catch (HostException e) {
        failure = e;
      }
    }
    for (AppId app : List.copyOf(purges.keySet())) {
      boolean _ =
          pool.call(() -> {
            settle(app);
            return true;
          });
    }
    pool.close();
    log.released();
    if (failure != null) {
      throw failure;
    }
  }
}
