package io.plexspaces.store;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Telemetry;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.api.journal.JournalOptions;
import io.plexspaces.api.journal.JournalStore;
import io.plexspaces.store.log.LogRecord;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * Journals as one SQLite file per durable actor, which follow the node's log. All I/O is on the
 * store's own platform threads; a caller that waits is parked. Blocking calls must not be made from
 * a {@link io.plexspaces.api.journal.CommitListener}: they throw {@link IllegalStateException}
 * there.
 */
public final class SqliteJournalStore implements JournalStore {
  private final NodeLog log;
  private final IoPool pool;
  private final IoPool appliers;
  private final JournalTree tree;
  private final PendingIndex pending;
  private final OpenFiles openFiles;
  private final Applier applier;
  private final ActorJournal.Shared shared;

  /** Those that are open, or of which the log holds something. */
  private final Map<ActorId, ActorJournal> journals = new ConcurrentHashMap<>();

  private final Map<ActorId, SqliteJournal> open = new ConcurrentHashMap<>();
  private final Set<AppId> purging = ConcurrentHashMap.newKeySet();
  private volatile boolean started;
  private volatile boolean closed;

  /**
   * Opens the journals of a node. Blocking: call it on a platform thread, before the log is
   * started.
   *
   * @param log closed after this store
   * @param clock for the expiry of idempotency keys
   * @throws HostException DATA_LOSS or UNAVAILABLE naming the file if the index of pending work
   *     cannot be opened
   */
  public SqliteJournalStore(
      DataDirectory data,
      NodeLog log,
      StoreOptions options,
      Telemetry telemetry,
      InstantSource clock) {
    this(data, log, options, telemetry, clock, SqliteFiles.of(options), Applier.Pace.DEFAULT);
  }

  /** Tests choose how the files are opened and when they follow. */
  SqliteJournalStore(
      DataDirectory data,
      NodeLog log,
      StoreOptions options,
      Telemetry telemetry,
      InstantSource clock,
      SqliteFiles settings,
      Applier.Pace pace) {
    NativeLibrary.load(data);
    this.log = log;
    this.tree = new JournalTree(data, settings);
    this.pending = PendingIndex.open(data, SqliteFiles.of(options), tree);
    this.pool = new IoPool("store-journal", options.ioThreads());
    this.appliers = new IoPool("store-applier", Math.max(1, options.ioThreads() / 2));
    this.openFiles = new OpenFiles(options.maxOpenFiles());
    this.applier = new Applier(pace, log, pending, appliers, this::forgetIdle);
    this.shared =
        new ActorJournal.Shared(
            log,
            new ActorFile.Shared(tree, settings, openFiles, pending, clock),
            applier,
            pool,
            telemetry,
            clock);
    log.follow(new Follower());
  }

  /** Gives the log's records to the actors they are of. */
  private final class Follower implements LogFollower {
    private final Map<AppId, Long> purged = new ConcurrentHashMap<>();

    @Override
    public void record(long position, LogRecord record) {
      switch (record) {
        case LogRecord.Turn t when started -> {
          ActorJournal j = journals.get(t.actor());
          if (j != null) {
            j.committed(position, t);
          }
        }
        case LogRecord.Turn t -> of(t.actor()).following().replayed(position, t);
        case LogRecord.Deleted d -> of(d.actor()).following().deleted(position);
        case LogRecord.Purged p -> {
          journals.forEach((actor, j) -> {
            if (actor.app().equals(p.app())) {
              j.following().deleted(position);
            }
          });
          applier.pin(position);
          purged.put(p.app(), position);
        }
        case LogRecord.SpaceChanges _ -> {}
      }
    }

    private ActorJournal of(ActorId actor) {
      return journals.computeIfAbsent(actor, a -> new ActorJournal(a, shared));
    }

    @Override
    public void started() {
      // What was purged and may still be there. Turns that came later are in the log.
      purged.forEach((app, position) -> removeApp(app, position));
      started = true;
      applier.watch();
    }

    @Override
    public void wanted(long position) {
      applier.wanted(position);
    }

    @Override
    public long needed() {
      return applier.needed();
    }
  }

  /**
   * {@inheritDoc}
   *
   * @throws HostException FAILED_PRECONDITION if the actor's journal is open already or the store
   *     is closed, INVALID_ARGUMENT if the key is not valid Unicode or an option out of range
   */
  @Override
  public Journal journal(ActorId actor, JournalOptions options) {
    if (options.checkpointInterval() < 1) {
      throw new HostException(
          ErrorCode.INVALID_ARGUMENT,
          "the checkpoint interval of "
              + actor
              + " must be at least 1, not "
              + options.checkpointInterval());
    }
    if (closed || purging.contains(actor.app())) {
      throw new HostException(
          ErrorCode.FAILED_PRECONDITION,
          closed
              ? "the journal store is closed"
              : "the journals of " + actor.app() + " are being removed");
    }
    ActorJournal journal =
        use(
            actor,
            j -> {
              j.open();
              return j;
            });
    SqliteJournal handle =
        new SqliteJournal(
            journal,
            options,
            () -> {
              open.remove(actor);
              forgetIdle(actor);
            });
    open.put(actor, handle);
    return handle;
  }

  /** Nobody forgets the journal before {@code body} has it in use. */
  private <T> T use(ActorId actor, Function<ActorJournal, T> body) {
    List<T> result = new ArrayList<>(1);
    journals.compute(
        actor,
        (a, j) -> {
          ActorJournal journal = j == null ? new ActorJournal(a, shared) : j;
          result.add(body.apply(journal));
          return journal;
        });
    return result.getFirst();
  }

  private void forgetIdle(ActorId actor) {
    journals.computeIfPresent(actor, (a, j) -> j.isIdle() ? null : j);
  }

  @Override
  public List<Pending> pending(AppId app) {
    // First what is in memory, then the index: what goes from one to the other meanwhile is in
    // both.
    Map<ActorId, PendingIndex.Work> inMemory = new HashMap<>();
    Set<ActorId> gone = new HashSet<>();
    journals.forEach((actor, j) -> {
      if (actor.app().equals(app)) {
        if (!j.following().exists().orElse(true)) {
          gone.add(actor);
        }
        inMemory.put(actor, j.following().work());
      }
    });
    Map<ActorId, PendingIndex.Work> found = pending.pending(app);
    found.keySet().removeAll(gone);
    inMemory.forEach((actor, work) -> {
      if (!work.equals(PendingIndex.Work.NONE)) {
        found.merge(actor, work, PendingIndex.Work::and);
      }
    });
    List<Pending> list = new ArrayList<>();
    found.forEach((actor, work) -> list.add(new Pending(actor, work.effects(), work.dueMillis())));
    return list;
  }

  @Override
  public List<ActorId> actors(AppId app) {
    Set<ActorId> found = new LinkedHashSet<>(pool.call(() -> tree.actors(app)));
    journals.forEach((actor, j) -> {
      if (actor.app().equals(app)) {
        j.following()
            .exists()
            .ifPresent(yes -> {
              if (yes) {
                found.add(actor);
              } else {
                found.remove(actor);
              }
            });
      }
    });
    return List.copyOf(found);
  }

  @Override
  public boolean delete(ActorId actor) {
    ActorJournal journal =
        use(
            actor,
            j -> {
              j.beginDelete();
              return j;
            });
    try {
      return pool.call(journal::delete);
    } finally {
      forgetIdle(actor);
    }
  }

  /**
   * {@inheritDoc}
   *
   * @throws HostException FAILED_PRECONDITION naming an actor whose journal is open
   */
  @Override
  public void purge(AppId app) {
    purging.add(app);
    try {
      journals.forEach((actor, j) -> {
        if (actor.app().equals(app) && j.isInUse()) {
          throw new HostException(
              ErrorCode.FAILED_PRECONDITION,
              "the journals of " + app + " cannot be removed: " + actor + " is running");
        }
      });
      pool.call(() -> {
        long position = log.appendAndWait(new LogRecord.Purged(app));
        removeApp(app, position);
        return true;
      });
    } finally {
      purging.remove(app);
    }
  }

  private void removeApp(AppId app, long position) {
    // Those that are open are closed; the rest of the files goes as one tree.
    Set<ActorId> known = new HashSet<>(journals.keySet());
    known.removeIf(a -> !a.app().equals(app));
    for (ActorId actor : known) {
      ActorJournal j = journals.get(actor);
      if (j != null && !j.following().exists().orElse(true)) {
        j.following().remove();
        forgetIdle(actor);
      }
    }
    tree.remove(app);
    pending.removeApp(app);
    applier.unpin(position);
  }

  /** How many journals have their file open. */
  int openFiles() {
    return openFiles.size();
  }

  NodeLog log() {
    return log;
  }

  /**
   * Brings the file of one actor up to what the log has. Blocking.
   *
   * @throws HostException as {@link ActorFile#apply}
   */
  void settle(ActorId actor) {
    ActorJournal j = journals.get(actor);
    if (j != null && !j.following().isIdle()) {
      pool.call(() -> {
        j.following().apply(false);
        return true;
      });
    }
  }

  /** Applies, syncs and releases all that can be. Blocking. */
  void settle() {
    applier.settle();
  }

  /** Closes all journals; their files then have what the log has. */
  @Override
  public void close() {
    IoPool.refuseIoThread();
    closed = true;
    List<CompletableFuture<Void>> closing = new ArrayList<>();
    open.values().forEach(j -> closing.add(j.startClose()));
    closing.forEach(IoPool::await);
    applier.close();
    pool.close();
    appliers.close();
    pending.close();
  }
}
