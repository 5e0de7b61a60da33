package io.plexspaces.store;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Telemetry;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.api.journal.JournalOptions;
import io.plexspaces.api.journal.JournalStore;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Journals as one SQLite file per durable actor. All I/O is on the store's own platform threads; a
 * caller that waits is parked. Blocking calls must not be made from a {@link
 * io.plexspaces.api.journal.CommitListener}: they throw {@link IllegalStateException} there.
 */
public final class SqliteJournalStore implements JournalStore {
  private final IoPool pool;
  private final JournalTree tree;
  private final PendingIndex pending;
  private final OpenFiles openFiles;
  private final JournalWriter.Shared shared;
  private final Map<ActorId, SqliteJournal> journals = new ConcurrentHashMap<>();
  private volatile boolean closed;

  /**
   * Opens the journals of a node. Blocking: call it on a platform thread.
   *
   * @param clock for the expiry of idempotency keys
   * @throws HostException DATA_LOSS or UNAVAILABLE naming the file if the index of pending effects
   *     cannot be opened
   */
  public SqliteJournalStore(
      DataDirectory data, StoreOptions options, Telemetry telemetry, InstantSource clock) {
    this(data, options, telemetry, clock, SqliteFiles.of(options));
  }

  /** Tests choose how the files are opened. */
  SqliteJournalStore(
      DataDirectory data,
      StoreOptions options,
      Telemetry telemetry,
      InstantSource clock,
      SqliteFiles settings) {
    NativeLibrary.load(data);
    this.tree = new JournalTree(data, settings);
    this.pending = PendingIndex.open(data, SqliteFiles.of(options), tree);
    this.pool = new IoPool("store-journal", options.ioThreads());
    this.openFiles = new OpenFiles(options.maxOpenFiles());
    AtomicLong lastEpoch = new AtomicLong();
    this.shared =
        new JournalWriter.Shared(
            tree,
            settings,
            openFiles,
            pending,
            telemetry,
            clock,
            () -> lastEpoch.updateAndGet(last -> Math.max(last + 1, clock.millis())));
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
    if (closed) {
      throw new HostException(ErrorCode.FAILED_PRECONDITION, "the journal store is closed");
    }
    SqliteJournal journal =
        new SqliteJournal(
            actor, new JournalWriter(actor, options, shared), pool, () -> journals.remove(actor));
    if (journals.putIfAbsent(actor, journal) != null) {
      throw new HostException(
          ErrorCode.FAILED_PRECONDITION, "the journal of " + actor + " is open already");
    }
    return journal;
  }

  @Override
  public List<Pending> pending(AppId app) {
    List<Pending> found = new ArrayList<>();
    pending
        .pending(app)
        .forEach((actor, work) -> found.add(new Pending(actor, work.effects(), work.dueMillis())));
    return found;
  }

  @Override
  public boolean delete(ActorId actor) {
    throw new HostException(ErrorCode.UNIMPLEMENTED, "journals cannot be deleted yet");
  }

  @Override
  public List<ActorId> actors(AppId app) {
    return pool.call(() -> tree.actors(app));
  }

  /**
   * {@inheritDoc}
   *
   * @throws HostException FAILED_PRECONDITION naming an actor whose journal is open
   */
  @Override
  public void purge(AppId app) {
    for (ActorId actor : journals.keySet()) {
      if (actor.app().equals(app)) {
        throw new HostException(
            ErrorCode.FAILED_PRECONDITION,
            "the journals of " + app + " cannot be removed: " + actor + " is running");
      }
    }
    pool.call(() -> {
      tree.remove(app);
      pending.removeApp(app);
      return true;
    });
  }

  /** How many journals have their file open. */
  int openFiles() {
    return openFiles.size();
  }

  @Override
  public void close() {
    IoPool.refuseIoThread();
    closed = true;
    List<CompletableFuture<Void>> closing = new ArrayList<>();
    journals.values().forEach(j -> closing.add(j.startClose()));
    HostException failure = null;
    for (CompletableFuture<Void> c : closing) {
      try {
        IoPool.await(c);
      } catch (HostException e) {
        failure = e;
      }
    }
    pool.close();
    pending.close();
    if (failure != null) {
      throw failure;
    }
  }
}
