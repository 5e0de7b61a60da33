package io.plexspaces.store;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.journal.JournalOptions;
import io.plexspaces.api.journal.Recovered;
import io.plexspaces.api.journal.TurnRecord;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One actor's file: made, opened and closed when that is needed, brought up to what the log holds,
 * synced when the log is to forget it. Platform threads; every method but {@link #tryLock} and
 * {@link #lock} needs the lock.
 */
final class ActorFile implements OpenFiles.Holder {
  private static final System.Logger LOG = System.getLogger(ActorFile.class.getName());

  /** What all files of a node share. */
  record Shared(
      JournalTree tree,
      SqliteFiles settings,
      OpenFiles openFiles,
      PendingIndex pending,
      InstantSource clock) {}

  /** How often a busy journal rids itself of expired keys. */
  private static final long SWEEP_MILLIS = 60_000;

  private final ActorId actor;
  private final Shared shared;
  private final Path path;
  private final ReentrantLock lock = new ReentrantLock();
  private JournalOptions options;
  private StateChain chain;
  private Retention retention;

  private @Nullable JournalFile file;
  private boolean exists;
  private JournalReader.@Nullable Position position;

  /** Something was written that only the operating system may have. */
  private boolean unsynced;

  /** When expired keys were last looked for. */
  private long sweptAt;

  /**
   * @param options as far as they are known: the log may be ahead of an actor that nobody has used
   *     since a restart
   */
  ActorFile(ActorId actor, JournalOptions options, Shared shared) {
    this.actor = actor;
    this.shared = shared;
    this.path = shared.tree().path(actor);
    this.options = options;
    this.chain = new StateChain(options.checkpointInterval());
    this.retention = new Retention(options.retain());
  }

  void options(JournalOptions now) {
    options = now;
    chain = new StateChain(now.checkpointInterval());
    retention = new Retention(now.retain());
    // The chain knows nothing of the state on disk: the next row is full.
  }

  void lock() {
    lock.lock();
  }

  @Override
  public boolean tryLock() {
    // Whoever has it already uses the file: closing another one, it must not close this one.
    return !lock.isHeldByCurrentThread() && lock.tryLock();
  }

  @Override
  public void unlock() {
    lock.unlock();
  }

  Path path() {
    return path;
  }

  boolean exists() {
    exists = exists || Files.exists(path);
    return exists;
  }

  /** What a piece of work does with the open file. */
  interface Use<T> {
    T on(JournalFile f) throws SQLException;
  }

  /**
   * Opens the file if need be.
   *
   * @throws HostException as {@link SqliteErrors} and {@link JournalFile#open} say
   */
  <T> T use(Use<T> use) {
    try {
      JournalFile f = file;
      if (f == null) {
        f = JournalFile.open(path, actor, shared.settings());
        file = f;
        checkUnchanged(f);
      }
      shared.openFiles().used(this);
      return use.on(f);
    } catch (SQLException e) {
      abandon();
      throw SqliteErrors.of(path, e);
    } catch (RuntimeException e) {
      abandon();
      throw e;
    }
  }

  private void checkUnchanged(JournalFile f) throws SQLException {
    if (position != null && new JournalReader(f).position().lastSeq() != position.lastSeq()) {
      throw new HostException(
          ErrorCode.DATA_LOSS,
          path
              + " was changed by another program: it does not end with turn "
              + position.lastSeq());
    }
  }

  /** What the file has; there is one. */
  Recovered recover(long newEpoch) {
    return use(f -> {
      chain.reset();
      Recovered r = new JournalReader(f).recover(chain, newEpoch);
      position = null;
      return r;
    });
  }

  /** Begins anew: whatever is at the file's place has nothing that is needed. */
  void makeAnew() {
    remove();
    shared.tree().create(path);
    exists = true;
  }

  /** Removes the file; its name is gone from the disk on return. */
  void remove() {
    abandon();
    shared.openFiles().closed(this);
    position = null;
    exists = false;
    unsynced = false;
    shared.tree().remove(path);
  }

  /**
   * Brings the file up to the last of {@code turns}, in one transaction. Turns that it has are left
   * out.
   *
   * @param epoch of the turns
   * @param done effects that receivers have taken
   * @param sync whether all is on disk on return
   * @throws HostException DATA_LOSS naming the file if it is damaged or lacks turns before the
   *     first of these; UNAVAILABLE if it cannot be written now
   */
  void apply(long epoch, List<TurnRecord> turns, Collection<Long> done, boolean sync) {
    if (!exists()) {
      if (turns.isEmpty()) {
        return;
      }
      List<TurnRecord> _ = missing(path, 0, 0, epoch, turns);
      makeAnew();
    }
    if (file == null && turns.isEmpty() && done.isEmpty() && !(sync && unsynced)) {
      // Whoever comes late, when the actor is another object's already, must not look at the file:
      // it has gone on.
      return;
    }
    use(f -> {
      if (sync) {
        shared.settings().syncCommits(f, true);
      }
      JournalReader.Position at = position(f);
      transaction(f, epoch, missing(path, at.epoch(), at.lastSeq(), epoch, turns), done, sync);
      if (sync) {
        shared.settings().syncCommits(f, false);
        unsynced = false;
      }
      if (retention.isDue(shared.clock().millis())) {
        unsynced |= retention.run(f, shared.clock().millis());
      }
      return true;
    });
  }

  /**
   * Which of the log's turns a file lacks.
   *
   * @param fileEpoch 0 if it has no turn
   * @throws HostException DATA_LOSS naming the file if turns are in neither
   */
  static List<TurnRecord> missing(
      Path path, long fileEpoch, long lastSeq, long logEpoch, List<TurnRecord> turns) {
    if (turns.isEmpty() || fileEpoch > logEpoch) {
      return List.of();
    }
    if (fileEpoch != 0 && fileEpoch < logEpoch) {
      throw new HostException(
          ErrorCode.DATA_LOSS,
          path + " is of epoch " + fileEpoch + ", the log has turns of epoch " + logEpoch);
    }
    List<TurnRecord> missing = turns.stream().filter(t -> t.seq() > lastSeq).toList();
    if (!missing.isEmpty() && missing.getFirst().seq() != lastSeq + 1) {
      throw new HostException(
          ErrorCode.DATA_LOSS,
          path
              + (lastSeq == 0 ? " is missing or empty" : " ends with turn " + lastSeq)
              + ": the log goes on with turn "
              + missing.getFirst().seq());
    }
    return missing;
  }

  private void transaction(
      JournalFile f, long epoch, List<TurnRecord> turns, Collection<Long> done, boolean always)
      throws SQLException {
    JournalReader.Position at = position(f);
    long now = shared.clock().millis();
    boolean sweep = now - sweptAt >= SWEEP_MILLIS;
    if (turns.isEmpty() && done.isEmpty() && !(always && unsynced)) {
      return;
    }
    TurnRows rows = new TurnRows(f);
    f.begin();
    unsynced = true;
    int pending = at.pendingEffects();
    if (turns.isEmpty()) {
      // Writes a page, so that there is a commit to be synced.
      rows.touch();
    } else if (at.epoch() == 0) {
      rows.insertMeta(actor, epoch, now);
    }
    if (sweep) {
      rows.deleteExpired(now);
      sweptAt = now;
    }
    for (TurnRecord t : turns) {
      rows.insert(
          t,
          t.state() == null ? null : chain.next(t.seq(), t.state()),
          t.atMillis() + options.idempotencyRetention().toMillis());
      pending += t.effects().size();
    }
    for (long number : done) {
      pending -= rows.markDone(number) ? 1 : 0;
    }
    for (TurnRecord t : turns) {
      for (TurnRecord.DeadLetter dead : t.undeliverable()) {
        pending -= rows.markDead(dead) ? 1 : 0;
      }
    }
    long nextDue = new JournalReader(f).nextDue();
    f.commit();
    position =
        new JournalReader.Position(
            turns.isEmpty() ? at.epoch() : epoch,
            turns.isEmpty() ? at.lastSeq() : turns.getLast().seq(),
            pending,
            nextDue);
    shared.pending().cover(actor, new PendingIndex.Work(pending > 0, nextDue));
  }

  private JournalReader.Position position(JournalFile f) throws SQLException {
    JournalReader.Position p = position;
    if (p == null) {
      p = new JournalReader(f).position();
      position = p;
    }
    return p;
  }

  /** The actor may have that to do. */
  void cover(PendingIndex.Work work) {
    shared.pending().cover(actor, work);
  }

  /** Says exactly what the actor has to do, as far as the file knows. */
  void settleIndex() {
    if (!exists()) {
      shared.pending().settle(actor, PendingIndex.Work.NONE);
      return;
    }
    JournalReader.Position at = use(this::position);
    shared
        .pending()
        .settle(actor, new PendingIndex.Work(at.pendingEffects() > 0, at.nextDueMillis()));
  }

  /** Everything that was written is on disk on return. */
  void sync() {
    if (unsynced && exists()) {
      apply(0, List.of(), List.of(), true);
    }
  }

  /** As {@link #sync}, where another program keeps the file from being written. */
  void syncWithoutWriting() {
    if (unsynced && exists()) {
      use(f -> {
        // A checkpoint syncs the WAL before it reads it.
        if (f.number("pragma wal_checkpoint(passive)") != 0) {
          throw new HostException(
              ErrorCode.UNAVAILABLE, path + " is busy: another program copies its WAL");
        }
        unsynced = false;
        return true;
      });
    }
  }

  /** Syncs and closes the file; it is opened again when it is needed. */
  void close() {
    sync();
    JournalFile f = file;
    file = null;
    shared.openFiles().closed(this);
    if (f != null) {
      try {
        f.close();
      } catch (SQLException e) {
        throw SqliteErrors.of(path, e);
      }
    }
  }

  /** To make room for others; what is not synced stays known as that. */
  @Override
  public void closeIdle() {
    try {
      close();
    } catch (HostException e) {
      LOG.log(System.Logger.Level.WARNING, "closing the idle journal of " + actor, e);
      abandon();
    }
  }

  /** After an error nothing is assumed of the connection: closing it rolls back. */
  private void abandon() {
    JournalFile f = file;
    file = null;
    position = null;
    chain.reset();
    if (f != null) {
      try {
        f.close();
      } catch (SQLException e) {
        LOG.log(System.Logger.Level.WARNING, "closing " + path + " after an error", e);
      }
    }
  }
}
