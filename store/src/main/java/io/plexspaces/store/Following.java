package io.plexspaces.store;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.journal.JournalOptions;
import io.plexspaces.api.journal.Recovered;
import io.plexspaces.api.journal.TurnRecord;
import io.plexspaces.api.journal.Watermark;
import io.plexspaces.store.log.LogRecord;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * How one actor's file follows the log: the turns that the log has and the file lacks, and whether
 * the file is synced. Thread-safe.
 *
 * <p>Two locks: that of the file, for whatever reads or writes it, and {@link #lock} for what is in
 * memory; who needs both takes the file's first.
 */
final class Following {
  /** Bounds a transaction, so that who waits for the file does not wait for long. */
  private static final int MAX_BATCH = 1024;

  /** Turns in memory at which the file follows at once. */
  private static final int MANY = 256;

  private final ActorId actor;
  private final ActorFile file;
  private final Applier applier;

  private final ReentrantLock lock = new ReentrantLock();
  private final Overlay overlay = new Overlay();

  /**
   * What is at the file's place is not needed: the log has the actor's turns from the first on, or
   * the actor was deleted.
   */
  private boolean discard;

  private static final AtomicLong NUMBERS = new AtomicLong();

  /** Tells it from others that need the same record. */
  private final long number = NUMBERS.incrementAndGet();

  /** Of the first record whose effect on the file is not synced; 0 if all are. */
  private long unsyncedFrom;

  /** Under which the applier knows it; 0 if the log may forget all of it. */
  private long need;

  /** The applier will come. */
  private boolean scheduled;

  /** Of the actor that this has seen; one more with each deletion. */
  private int lives;

  /** Effects that receivers have taken and the file does not know of. */
  private final Set<Long> done = new HashSet<>();

  /** How often in a row the file could not follow, and why the last time. */
  private int failures;

  private @Nullable HostException failure;

  /** Whether turns may be kept beside the file, and whether that was looked for. */
  private boolean kept;

  private boolean keptRead;

  private final Gate gate;

  /** Keeps turns from being appended. */
  interface Gate {
    /** From here on appends fail, until the journal is recovered. */
    void shut(HostException why);
  }

  long number() {
    return number;
  }

  Following(ActorId actor, ActorFile.Shared files, Applier applier, Gate gate) {
    this.actor = actor;
    this.gate = gate;
    this.file = new ActorFile(actor, JournalOptions.DEFAULT, files);
    this.applier = applier;
  }

  ActorId actor() {
    return actor;
  }

  /** A record that the log held at the start. */
  void replayed(long position, LogRecord.Turn r) {
    lock.lock();
    try {
      if (overlay.replayed(position, r)) {
        discard |= r.turn().seq() == 1;
      }
      updateNeed();
    } finally {
      lock.unlock();
    }
  }

  /** A turn is on disk in the log. */
  void committed(long position, long epoch, TurnRecord turn) {
    lock.lock();
    try {
      overlay.add(position, epoch, turn);
      discard |= turn.seq() == 1;
      updateNeed();
      if (overlay.size() == MANY) {
        applier.now(this);
      }
      schedule();
    } finally {
      lock.unlock();
    }
  }

  /** The log says at {@code position} that the actor was deleted. */
  void deleted(long position) {
    lock.lock();
    try {
      overlay.clear();
      done.clear();
      discard = true;
      lives++;
      unsyncedFrom = position;
      updateNeed();
    } finally {
      lock.unlock();
    }
  }

  void effectDone(long number) {
    lock.lock();
    try {
      done.add(number);
      schedule();
    } finally {
      lock.unlock();
    }
  }

  /** The caller holds the lock. */
  private void schedule() {
    if (!scheduled) {
      scheduled = true;
      applier.soon(this);
    }
  }

  /** The caller holds the lock. */
  private void updateNeed() {
    long first = overlay.firstPosition();
    long now =
        unsyncedFrom == 0 || first == 0
            ? Math.max(unsyncedFrom, first)
            : Math.min(unsyncedFrom, first);
    if (now != need) {
      applier.need(this, need, now);
      need = now;
    }
  }

  private List<TurnRecord> turns() {
    lock.lock();
    try {
      return overlay.turns();
    } finally {
      lock.unlock();
    }
  }

  /** The latest of these for which {@code wanted} holds. */
  @Nullable TurnRecord last(Predicate<TurnRecord> wanted) {
    lock.lock();
    try {
      return overlay.last(wanted);
    } finally {
      lock.unlock();
    }
  }

  /** Whether the log may forget all of it and nothing is to be written. */
  boolean isIdle() {
    lock.lock();
    try {
      return need == 0 && done.isEmpty() && !scheduled;
    } finally {
      lock.unlock();
    }
  }

  /** Whether there is a journal, as far as the log knows; empty if it does not. */
  Optional<Boolean> exists() {
    lock.lock();
    try {
      return overlay.isEmpty()
          ? discard ? Optional.of(false) : Optional.empty()
          : Optional.of(true);
    } finally {
      lock.unlock();
    }
  }

  /** What the turns that the file may not have leave to be done. */
  PendingIndex.Work work() {
    lock.lock();
    try {
      return overlay.work();
    } finally {
      lock.unlock();
    }
  }

  /** What the file says, if there is one that is of use. Platform threads. */
  <T> Optional<T> read(ActorFile.Use<T> use) {
    file.lock();
    try {
      return isDiscarded() || !file.exists() ? Optional.empty() : Optional.of(file.use(use));
    } finally {
      file.unlock();
    }
  }

  /** What was received of a sender, as far as the log knows. Platform threads. */
  Watermark watermark(String sender) {
    file.lock();
    try {
      Watermark w = read(f -> new JournalReader(f).watermark(sender)).orElse(Watermark.NONE);
      for (TurnRecord t : turns()) {
        w = Overlay.watermark(w, sender, t);
      }
      return w;
    } finally {
      file.unlock();
    }
  }

  private boolean isDiscarded() {
    lock.lock();
    try {
      return discard;
    } finally {
      lock.unlock();
    }
  }

  /**
   * What a restart needs. Platform threads; no turn may be on its way into the log.
   *
   * @param newEpoch of the journal if there is none yet
   */
  Recovered recover(JournalOptions options, long newEpoch) {
    file.lock();
    try {
      file.options(options);
      readKept();
      boolean none = isDiscarded() || !file.exists();
      Recovered base =
          none ? new Recovered(0, newEpoch, 0, null, List.of(), List.of()) : file.recover(newEpoch);
      return behind(base);
    } finally {
      file.unlock();
    }
  }

  /** With the turns that the file lacks. */
  private Recovered behind(Recovered base) {
    lock.lock();
    try {
      List<TurnRecord> missing =
          ActorFile.missing(
              file.path(),
              base.lastSeq() == 0 ? 0 : base.epoch(),
              base.lastSeq(),
              overlay.epoch(),
              overlay.turns());
      return Overlay.recovered(
          base, missing.isEmpty() ? base.epoch() : overlay.epoch(), missing, done);
    } finally {
      lock.unlock();
    }
  }

  /** The applier has come. */
  void unschedule() {
    lock.lock();
    try {
      scheduled = false;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Brings the file up to what the log had when this was called. Platform threads.
   *
   * @param sync whether the log may forget it on return
   * @throws HostException as {@link ActorFile#apply}
   */
  void apply(boolean sync) {
    file.lock();
    try {
      readKept();
      int left = size();
      do {
        left -= applyBatch(left, sync);
      } while (left > 0);
      if (kept && sync) {
        Unapplied.remove(file.path());
        kept = false;
      }
      failed(null);
    } catch (HostException e) {
      failed(e);
      throw e;
    } finally {
      file.unlock();
    }
  }

  private void failed(@Nullable HostException e) {
    lock.lock();
    try {
      failures = e == null ? 0 : failures + 1;
      failure = e;
    } finally {
      lock.unlock();
    }
  }

  /** The file cannot follow. Nothing that will not get into it may be promised any more. */
  void refuse(HostException why) {
    if (why.code() == ErrorCode.DATA_LOSS || size() > MAX_BATCH) {
      gate.shut(why);
    }
  }

  private int size() {
    lock.lock();
    try {
      return overlay.size();
    } finally {
      lock.unlock();
    }
  }

  private int applyBatch(int left, boolean sync) {
    List<Overlay.Entry> batch;
    List<Long> taken;
    boolean anew;
    long epoch;
    int life;
    boolean last = left <= MAX_BATCH;
    lock.lock();
    try {
      batch = overlay.entries(Math.min(left, MAX_BATCH));
      epoch = overlay.epoch();
      anew = discard;
      taken = List.copyOf(done);
      life = lives;
    } finally {
      lock.unlock();
    }
    if (anew && batch.isEmpty()) {
      file.remove();
      file.settleIndex();
    } else if (anew) {
      file.makeAnew();
    }
    // The log has forgotten those that were kept aside: nothing else is left of them after this.
    boolean orphans = batch.stream().anyMatch(e -> e.position() == 0);
    boolean synced = orphans || (sync && last);
    file.apply(epoch, batch.stream().map(Overlay.Entry::turn).toList(), taken, synced);
    lock.lock();
    try {
      if (life != lives) {
        return left; // all of it is to go
      }
      overlay.applied(batch.size());
      taken.forEach(done::remove);
      if (anew) {
        discard = false;
      }
      if (synced || (last && anew && batch.isEmpty())) {
        unsyncedFrom = 0;
      } else if (!batch.isEmpty() && unsyncedFrom == 0) {
        unsyncedFrom = batch.getFirst().position();
      }
      updateNeed();
    } finally {
      lock.unlock();
    }
    return last ? left : batch.size();
  }

  /** Whether the file may follow later; one that is damaged is tried when the log wants room. */
  boolean isToBeRetried() {
    lock.lock();
    try {
      scheduled = failure != null && failure.code() != ErrorCode.DATA_LOSS;
      return scheduled;
    } finally {
      lock.unlock();
    }
  }

  /** How long to wait before the file is tried again. */
  long backOffMillis() {
    lock.lock();
    try {
      return Math.min(5_000L, 50L << Math.min(failures, 10));
    } finally {
      lock.unlock();
    }
  }

  /** Applies what there is, notes what the actor has to do, and closes the file. */
  void close() {
    file.lock();
    try {
      apply(true);
      file.settleIndex();
    } finally {
      try {
        file.close();
      } finally {
        file.unlock();
      }
    }
  }

  /** Removes the file of an actor that is deleted; it is gone for good on return. */
  void remove() {
    apply(true);
  }

  /** Whether there is anything of the actor. Platform threads. */
  boolean isThere() {
    file.lock();
    try {
      return exists().orElseGet(file::exists);
    } finally {
      file.unlock();
    }
  }

  /**
   * Keeps what the file cannot take beside it, so that the log may forget it. Platform threads.
   *
   * @return whether it could
   */
  boolean keepAside() {
    file.lock();
    try {
      syncWhatIsApplied();
      List<LogRecord.Turn> turns;
      lock.lock();
      try {
        long epoch = overlay.epoch();
        turns = overlay.turns().stream().map(t -> new LogRecord.Turn(actor, epoch, t)).toList();
      } finally {
        lock.unlock();
      }
      Unapplied.write(file.path(), turns);
      kept = true;
      lock.lock();
      try {
        file.cover(overlay.work());
        overlay.keptElsewhere(turns.size());
        unsyncedFrom = 0;
        updateNeed();
      } finally {
        lock.unlock();
      }
      return true;
    } catch (HostException e) {
      return false;
    } finally {
      file.unlock();
    }
  }

  /** What is applied already shares the fate of the file. */
  private void syncWhatIsApplied() {
    try {
      file.syncWithoutWriting();
    } catch (HostException e) {
      if (e.code() != ErrorCode.DATA_LOSS) {
        throw e;
      }
    }
  }

  /** Takes up what was kept beside the file. The caller has the file. */
  private void readKept() {
    if (keptRead) {
      return;
    }
    if (Unapplied.exists(file.path())) {
      List<LogRecord.Turn> turns = Unapplied.read(file.path());
      kept = true;
      lock.lock();
      try {
        if (!discard) {
          overlay.addKept(turns);
        }
      } finally {
        lock.unlock();
      }
    }
    keptRead = true;
  }
}
