package io.plexspaces.store;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.Telemetry;
import io.plexspaces.api.journal.IdempotentResult;
import io.plexspaces.api.journal.JournalOptions;
import io.plexspaces.api.journal.Recovered;
import io.plexspaces.api.journal.TimerChange;
import io.plexspaces.api.journal.TurnOutcome;
import io.plexspaces.api.journal.TurnRecord;
import io.plexspaces.api.journal.Watermark;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What one actor's journal holds and how it is changed. The owner's file lock guards all of it but
 * {@link #effectDone}; every method but that one is for platform threads.
 */
final class JournalWriter {
  /** What all journals of a node share. */
  record Shared(
      JournalTree tree,
      SqliteFiles settings,
      OpenFiles openFiles,
      PendingIndex pending,
      Telemetry telemetry,
      InstantSource clock,
      LongSupplier epochs) {}

  /** How often a busy journal rids itself of expired keys. */
  private static final long SWEEP_MILLIS = 60_000;

  private final ActorId actor;
  private final JournalOptions options;
  private final Shared shared;
  private final Path path;
  private final StateChain chain;

  private @Nullable JournalFile file;
  private boolean exists;

  /** What the journal will have if its first turn is still to come; 0: not decided. */
  private long newEpoch;

  private JournalReader.@Nullable Position position;
  private @Nullable HostException failed;

  /** Keys that were looked up after their time; they go with the next commit. */
  private final List<String> expiredKeys = new ArrayList<>();

  /** When expired keys were last looked for. */
  private long sweptAt;

  private final ReentrantLock doneLock = new ReentrantLock();
  private List<Long> done = new ArrayList<>();

  JournalWriter(ActorId actor, JournalOptions options, Shared shared) {
    this.actor = actor;
    this.options = options;
    this.shared = shared;
    this.path = shared.tree().path(actor);
    this.chain = new StateChain(options.checkpointInterval());
  }

  void effectDone(long number) {
    doneLock.lock();
    try {
      done.add(number);
    } finally {
      doneLock.unlock();
    }
  }

  Recovered recover(SqliteJournal owner) {
    failed = null;
    position = null;
    chain.reset();
    if (!exists()) {
      return new Recovered(0, newEpoch(), 0, null, List.of(), List.of());
    }
    return onFile(
        owner,
        f -> {
          flush(f); // what receivers have taken meanwhile is not pending
          chain.reset();
          return new JournalReader(f).recover(chain, newEpoch());
        });
  }

  private long newEpoch() {
    if (newEpoch == 0) {
      newEpoch = shared.epochs().getAsLong();
    }
    return newEpoch;
  }

  Watermark watermark(SqliteJournal owner, String sender) {
    return exists() ? onFile(owner, f -> new JournalReader(f).watermark(sender)) : Watermark.NONE;
  }

  Optional<TurnOutcome> findTurn(SqliteJournal owner, MessageId message) {
    return exists() ? onFile(owner, f -> new JournalReader(f).findTurn(message)) : Optional.empty();
  }

  Optional<IdempotentResult> findIdempotent(SqliteJournal owner, String key) {
    if (!exists()) {
      return Optional.empty();
    }
    Optional<JournalReader.FoundKey> found = onFile(owner, f -> new JournalReader(f).findKey(key));
    if (found.isPresent() && found.get().expiresAt() <= shared.clock().millis()) {
      expiredKeys.add(key);
      return Optional.empty();
    }
    return found.map(JournalReader.FoundKey::result);
  }

  /**
   * Writes all turns in one transaction, or none.
   *
   * @throws HostException as {@link SqliteErrors} says; then every call fails the same way until
   *     {@link #recover}
   */
  void commit(SqliteJournal owner, List<TurnRecord> turns) {
    if (failed != null) {
      throw failed;
    }
    long begin = System.nanoTime();
    try {
      if (!exists()) {
        shared.tree().create(path);
        exists = true;
      }
      onFile(
          owner,
          f -> {
            transaction(f, turns);
            return true;
          });
    } catch (HostException e) {
      fail(e);
      throw e;
    }
    shared.telemetry().journalCommit(actor, turns.size(), System.nanoTime() - begin);
  }

  private void transaction(JournalFile f, List<TurnRecord> turns) throws SQLException {
    JournalReader.Position at = position(f);
    int effects = 0;
    PendingIndex.Work work = PendingIndex.Work.NONE;
    long seq = at.lastSeq();
    for (TurnRecord t : turns) {
      if (t.seq() != ++seq) {
        throw new HostException(
            ErrorCode.FAILED_PRECONDITION,
            "turn " + t.seq() + " of " + actor + " does not follow turn " + (seq - 1));
      }
      effects += t.effects().size();
      work = work.and(work(t));
    }
    shared.pending().cover(actor, work);
    List<Long> received = takeDone();
    TurnRows rows = new TurnRows(f);
    int finished = 0;
    long nextDue;
    try {
      f.begin();
      finished = writeDone(rows, received);
      if (at.epoch() == 0) {
        rows.insertMeta(actor, newEpoch(), shared.clock().millis());
      }
      for (TurnRecord t : turns) {
        rows.insert(
            t,
            t.state() == null ? null : chain.next(t.seq(), t.state()),
            t.atMillis() + options.idempotencyRetention().toMillis());
        for (TurnRecord.DeadLetter dead : t.undeliverable()) {
          finished += rows.markDead(dead) ? 1 : 0;
        }
      }
      nextDue = new JournalReader(f).nextDue();
      f.commit();
    } catch (SQLException | RuntimeException e) {
      giveBack(received);
      throw e;
    }
    expiredKeys.clear();
    position =
        new JournalReader.Position(
            at.epoch() == 0 ? newEpoch() : at.epoch(),
            seq,
            at.pendingEffects() + effects - finished,
            nextDue);
  }

  /** What the turn may leave to be done. */
  private static PendingIndex.Work work(TurnRecord t) {
    long due = Long.MAX_VALUE;
    for (TimerChange change : t.timers()) {
      if (change instanceof TimerChange.Set set) {
        due = Math.min(due, set.dueMillis());
      }
    }
    return new PendingIndex.Work(!t.effects().isEmpty(), due);
  }

  private int writeDone(TurnRows rows, List<Long> received) throws SQLException {
    int finished = 0;
    for (long number : received) {
      finished += rows.markDone(number) ? 1 : 0;
    }
    long now = shared.clock().millis();
    if (!expiredKeys.isEmpty() || now - sweptAt >= SWEEP_MILLIS) {
      rows.deleteExpired(now);
      sweptAt = now;
    }
    return finished;
  }

  /** From here on every append fails with {@code failure}. */
  void fail(HostException failure) {
    failed = failure;
    abandonFile();
  }

  /** Writes what is lazy and closes the file; it is opened again when it is needed. */
  void closeFile() {
    JournalFile f = file;
    if (f == null) {
      flushUnopened();
      return;
    }
    try {
      try {
        flush(f);
      } finally {
        file = null;
        f.close();
      }
    } catch (SQLException e) {
      throw SqliteErrors.of(path, e);
    }
  }

  void close(SqliteJournal owner) {
    try {
      if (file == null && hasLazyWork() && failed == null && exists()) {
        onFile(owner, f -> true);
      }
      closeFile();
    } finally {
      shared.openFiles().closed(owner);
    }
  }

  private void flush(JournalFile f) throws SQLException {
    if (failed != null) {
      return;
    }
    JournalReader.Position at = position(f);
    List<Long> received = takeDone();
    if (!received.isEmpty() || !expiredKeys.isEmpty()) {
      try {
        f.begin();
        int finished = writeDone(new TurnRows(f), received);
        f.commit();
        expiredKeys.clear();
        at =
            new JournalReader.Position(
                at.epoch(), at.lastSeq(), at.pendingEffects() - finished, at.nextDueMillis());
        position = at;
      } catch (SQLException | RuntimeException e) {
        giveBack(received);
        throw e;
      }
    }
    shared
        .pending()
        .settle(actor, new PendingIndex.Work(at.pendingEffects() > 0, at.nextDueMillis()));
  }

  /** An actor without a file has nothing to do, whatever the index says. */
  private void flushUnopened() {
    if (failed == null && !exists()) {
      shared.pending().settle(actor, PendingIndex.Work.NONE);
    }
  }

  private boolean hasLazyWork() {
    doneLock.lock();
    try {
      return !done.isEmpty() || !expiredKeys.isEmpty();
    } finally {
      doneLock.unlock();
    }
  }

  private List<Long> takeDone() {
    doneLock.lock();
    try {
      List<Long> taken = done;
      done = new ArrayList<>();
      return taken;
    } finally {
      doneLock.unlock();
    }
  }

  private void giveBack(List<Long> effects) {
    doneLock.lock();
    try {
      done.addAll(effects);
    } finally {
      doneLock.unlock();
    }
  }

  private boolean exists() {
    exists = exists || Files.exists(path);
    return exists;
  }

  private interface FileUse<T> {
    T on(JournalFile f) throws SQLException;
  }

  private <T> T onFile(SqliteJournal owner, FileUse<T> use) {
    try {
      JournalFile f = file;
      if (f == null) {
        f = JournalFile.open(path, actor, shared.settings());
        file = f;
        checkUnchanged(f);
      }
      shared.openFiles().used(owner);
      return use.on(f);
    } catch (SQLException e) {
      abandonFile();
      throw SqliteErrors.of(path, e);
    } catch (RuntimeException e) {
      abandonFile();
      throw e;
    }
  }

  private JournalReader.Position position(JournalFile f) throws SQLException {
    if (position == null) {
      position = new JournalReader(f).position();
    }
    return position;
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

  /** After an error nothing is assumed of the connection: closing it rolls back. */
  private void abandonFile() {
    JournalFile f = file;
    file = null;
    position = null;
    chain.reset();
    if (f != null) {
      try {
        f.close();
      } catch (SQLException e) {
        System.getLogger(JournalWriter.class.getName())
            .log(System.Logger.Level.WARNING, "closing " + path + " after an error", e);
      }
    }
  }
}
