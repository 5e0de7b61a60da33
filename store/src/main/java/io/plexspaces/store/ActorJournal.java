package io.plexspaces.store;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.Telemetry;
import io.plexspaces.api.journal.CommitListener;
import io.plexspaces.api.journal.IdempotentResult;
import io.plexspaces.api.journal.JournalOptions;
import io.plexspaces.api.journal.Recovered;
import io.plexspaces.api.journal.TurnOutcome;
import io.plexspaces.api.journal.TurnRecord;
import io.plexspaces.api.journal.Watermark;
import io.plexspaces.store.log.LogListener;
import io.plexspaces.store.log.LogRecord;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The journal of one actor: its turns go into the log, its file {@linkplain Following follows}, and
 * what is read is read through both. Thread-safe.
 */
final class ActorJournal {
  private static final System.Logger LOG = System.getLogger(ActorJournal.class.getName());

  /** What all journals of a node share. */
  record Shared(
      NodeLog log,
      ActorFile.Shared files,
      Applier applier,
      IoPool threads,
      Telemetry telemetry,
      InstantSource clock) {}

  private enum Use {
    FREE,
    OPEN,
    CLOSING,
    DELETING
  }

  private final ActorId actor;
  private final Shared shared;
  private final Following following;

  private final ReentrantLock lock = new ReentrantLock();
  private final Deque<InFlight> inFlight = new ArrayDeque<>();
  private Use use = Use.FREE;
  private CompletableFuture<Void> closed = CompletableFuture.completedFuture(null);

  /** In which this journal's turns are in the log; none before it is first recovered. */
  private NodeLog.@Nullable Line line;

  /** Somebody is telling those that were refused. */
  private boolean telling;

  /** Of the journal; 0 as long as it is not known. */
  private long epoch;

  private long lastSeq;

  /** Why appends fail; {@link #recover} ends that. */
  private @Nullable HostException refusal;

  ActorJournal(ActorId actor, Shared shared) {
    this.actor = actor;
    this.shared = shared;
    this.following = new Following(actor, shared.files(), shared.applier(), this::shut);
  }

  Following following() {
    return following;
  }

  /**
   * @throws HostException FAILED_PRECONDITION if it is in use already
   */
  void open() {
    lock.lock();
    try {
      if (use != Use.FREE) {
        throw new HostException(
            ErrorCode.FAILED_PRECONDITION,
            use == Use.DELETING
                ? "the journal of " + actor + " is being deleted"
                : "the journal of " + actor + " is open already");
      }
      use = Use.OPEN;
      refusal =
          new HostException(
              ErrorCode.FAILED_PRECONDITION, "the journal of " + actor + " is to be recovered");
    } finally {
      lock.unlock();
    }
  }

  boolean isInUse() {
    lock.lock();
    try {
      return use != Use.FREE;
    } finally {
      lock.unlock();
    }
  }

  /** Whether nobody needs this object. */
  boolean isIdle() {
    return !isInUse() && following.isIdle();
  }

  private void shut(HostException why) {
    lock.lock();
    try {
      if (use == Use.OPEN && refusal == null) {
        refusal = why;
      }
    } finally {
      lock.unlock();
    }
  }

  Recovered recover(JournalOptions options) {
    awaitSettled();
    return call(() -> {
      lock.lock();
      try {
        if (epoch == 0) {
          epoch = shared.log().nextEpoch();
        }
      } finally {
        lock.unlock();
      }
      Recovered r = following.recover(options, epoch);
      lock.lock();
      try {
        if (line == null) {
          line = shared.log().line();
        }
        line.reset();
        epoch = r.epoch();
        lastSeq = r.lastSeq();
        refusal = null;
      } finally {
        lock.unlock();
      }
      return r;
    });
  }

  /** Returns when everybody has been told of what was appended. */
  private void awaitSettled() {
    refuseListener();
    while (true) {
      InFlight last;
      lock.lock();
      try {
        last = inFlight.peekLast();
      } finally {
        lock.unlock();
      }
      if (last == null) {
        return;
      }
      last.settled().exceptionally(failure -> null).join();
    }
  }

  void append(TurnRecord turn, CommitListener listener) {
    long of;
    lock.lock();
    try {
      of = epoch;
    } finally {
      lock.unlock();
    }
    LogRecord.Turn record = new LogRecord.Turn(actor, of, turn);
    byte[] bytes = NodeLog.encode(record);
    lock.lock();
    try {
      requireOpen();
      if (refusal == null && turn.seq() != lastSeq + 1) {
        refusal =
            new HostException(
                ErrorCode.FAILED_PRECONDITION,
                "turn " + turn.seq() + " of " + actor + " does not follow turn " + lastSeq);
      }
      InFlight f = new InFlight(turn, listener, refusal);
      inFlight.add(f);
      if (refusal == null && line != null) {
        lastSeq = turn.seq();
        // Under the lock: the order here is the order in the log.
        line.append(record, bytes, told(f));
      } else if (inFlight.peek() == f) {
        shared.threads().execute(this::tellRefused);
      }
    } finally {
      lock.unlock();
    }
  }

  private LogListener told(InFlight f) {
    return new LogListener() {
      @Override
      public void committed(long position) {
        settle(f, null);
      }

      @Override
      public void failed(HostException failure) {
        settle(f, failure);
      }
    };
  }

  /** The log has the turn: before its listener is told. */
  @SuppressWarnings("ReferenceEquality") // whether it is this very record, not one like it
  void committed(long position, LogRecord.Turn record) {
    lock.lock();
    try {
      InFlight head = inFlight.peek();
      if (head == null || head.turn != record.turn()) {
        return;
      }
    } finally {
      lock.unlock();
    }
    following.committed(position, record.epoch(), record.turn());
  }

  private void settle(InFlight f, @Nullable HostException failure) {
    lock.lock();
    try {
      if (failure != null && refusal == null) {
        refusal = failure;
      }
    } finally {
      lock.unlock();
    }
    if (failure == null) {
      shared.telemetry().journalCommit(actor, 1, f.nanos());
    }
    f.tell(failure);
    // It goes after it was told, so that who waits for the last has waited for all.
    lock.lock();
    try {
      inFlight.remove(f);
    } finally {
      lock.unlock();
    }
    tellRefused();
  }

  /** Tells those at the head that never went to the log. */
  private void tellRefused() {
    while (true) {
      InFlight head;
      lock.lock();
      try {
        head = inFlight.peek();
        if (telling || head == null || head.refused == null) {
          return;
        }
        telling = true;
      } finally {
        lock.unlock();
      }
      head.tell(head.refused);
      lock.lock();
      try {
        inFlight.remove(head);
        telling = false;
      } finally {
        lock.unlock();
      }
    }
  }

  Optional<TurnOutcome> findTurn(MessageId message) {
    TurnRecord t = find(Overlay.handled(message));
    return t != null
        ? Optional.of(t.outcome())
        : call(() -> following.read(f -> new JournalReader(f).findTurn(message)))
            .flatMap(found -> found);
  }

  /** What a repeated id asked for, as long as a result under a key would be kept too. */
  Optional<IdempotentResult> findRequest(MessageId message, JournalOptions options) {
    long oldest = shared.clock().millis() - options.idempotencyRetention().toMillis();
    TurnRecord t = find(Overlay.handled(message));
    if (t != null) {
      return t.atMillis() > oldest
          ? Optional.of(
              new IdempotentResult(
                  IdempotentResult.digest(t.op(), false, t.input().bytes()), t.outcome()))
          : Optional.empty();
    }
    return call(() -> following.read(f -> new JournalReader(f).findRequest(message)))
        .flatMap(found -> found)
        .filter(found -> found.at() > oldest)
        .map(JournalReader.FoundRequest::result);
  }

  Optional<IdempotentResult> findIdempotent(String key, JournalOptions options) {
    long now = shared.clock().millis();
    TurnRecord t = find(Overlay.under(key));
    if (t != null) {
      return t.atMillis() + options.idempotencyRetention().toMillis() > now
          ? Optional.of(
              new IdempotentResult(t.requestDigest() == null ? "" : t.requestDigest(), t.outcome()))
          : Optional.empty();
    }
    return call(() -> following.read(f -> new JournalReader(f).findKey(key)))
        .flatMap(found -> found)
        .filter(found -> found.expiresAt() > now)
        .map(JournalReader.FoundKey::result);
  }

  /** The latest turn that the file may not have; on return it is on disk. */
  private @Nullable TurnRecord find(Predicate<TurnRecord> wanted) {
    refuseListener();
    InFlight onItsWay = null;
    lock.lock();
    try {
      requireOpen();
      for (Iterator<InFlight> it = inFlight.descendingIterator(); it.hasNext(); ) {
        InFlight f = it.next();
        if (f.refused == null && wanted.test(f.turn)) {
          onItsWay = f;
          break;
        }
      }
    } finally {
      lock.unlock();
    }
    if (onItsWay != null) {
      IoPool.await(onItsWay.settled());
      return onItsWay.turn;
    }
    return following.last(wanted);
  }

  Watermark watermark(String sender) {
    // In this order: a turn is seen by the log before it is no longer on its way.
    List<InFlight> onTheirWay;
    lock.lock();
    try {
      onTheirWay = List.copyOf(inFlight);
    } finally {
      lock.unlock();
    }
    Watermark w = call(() -> following.watermark(sender));
    for (InFlight f : onTheirWay) {
      w = f.refused == null ? Overlay.watermark(w, sender, f.turn) : w;
    }
    return w;
  }

  void effectDone(long number) {
    following.effectDone(number);
  }

  /** Closes after what was appended, without waiting. */
  CompletableFuture<Void> close() {
    CompletableFuture<?> last;
    CompletableFuture<Void> done;
    lock.lock();
    try {
      if (use != Use.OPEN) {
        return closed;
      }
      use = Use.CLOSING;
      done = new CompletableFuture<>();
      closed = done;
      last =
          inFlight.isEmpty()
              ? CompletableFuture.completedFuture(null)
              : inFlight.getLast().settled().exceptionally(failure -> null);
    } finally {
      lock.unlock();
    }
    var _ = last.thenRunAsync(() -> finish(done), shared.threads());
    return done;
  }

  private void finish(CompletableFuture<Void> done) {
    try {
      following.close();
    } catch (HostException e) {
      // Nothing is lost: what the file lacks is in the log, and the applier goes on trying.
      LOG.log(System.Logger.Level.WARNING, "closing the journal of " + actor, e);
    } finally {
      free();
      done.complete(null);
    }
  }

  private void free() {
    lock.lock();
    try {
      use = Use.FREE;
      epoch = 0;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Nobody may open it until {@link #delete} has returned.
   *
   * @throws HostException FAILED_PRECONDITION if it is in use
   */
  void beginDelete() {
    lock.lock();
    try {
      if (use != Use.FREE) {
        throw new HostException(
            ErrorCode.FAILED_PRECONDITION,
            "the journal of " + actor + " cannot be deleted: the actor is running");
      }
      use = Use.DELETING;
    } finally {
      lock.unlock();
    }
  }

  /** Removes the journal; false if there is none. Platform threads. */
  boolean delete() {
    try {
      if (!following.isThere()) {
        return false;
      }
      // Above every epoch that the journal may have.
      long all = shared.log().nextEpoch();
      long _ = shared.log().appendAndWait(new LogRecord.Deleted(actor, all));
      following.remove();
      return true;
    } finally {
      free();
    }
  }

  private <T> T call(Supplier<T> body) {
    refuseListener();
    lock.lock();
    try {
      requireOpen();
    } finally {
      lock.unlock();
    }
    return shared.threads().call(body);
  }

  private void refuseListener() {
    IoPool.refuseIoThread();
    if (shared.log().isListening()) {
      throw new IllegalStateException("a blocking call of the store on the log's own thread");
    }
  }

  /** The caller holds the lock. */
  private void requireOpen() {
    if (use != Use.OPEN) {
      throw new HostException(
          ErrorCode.FAILED_PRECONDITION, "the journal of " + actor + " is closed");
    }
  }
}
