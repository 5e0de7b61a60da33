package io.plexspaces.tuplespace;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.journal.TupleChange;
import io.plexspaces.api.op.TurnContext;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The tuple space of an app: what turns do in it, and how they wait. {@link Shelf} says which
 * tuples are where, {@link Answers} how a call is answered. One lock guards it all and is never
 * held while someone waits. Thread-safe.
 *
 * <p>A tuple that becomes free goes at once, under the lock, to the waiters before it in the queue,
 * so no free tuple ever matches a waiting taker, and there is nothing to poll. A waiter that gives
 * up looks under the same lock whether something was handed to it: it either has the tuple or was
 * never given it.
 */
final class TupleSpace {
  /**
   * For how long a call waits: no longer than this, in nanoseconds, and never past the deadline.
   */
  static final long UNTIL_DEADLINE = Long.MAX_VALUE;

  private final AppId app;
  private final String leasePrefix;
  private final @Nullable SpaceDisk disk;
  private final LongSupplier nanoTime;
  private final long origin;
  private final ReentrantLock lock = new ReentrantLock();
  private final Shelf shelf;
  private final Answers answers;

  /** Of the last waiter: their places in the queue. */
  private long orders;

  /** Of the last tuple. */
  private long numbers;

  private boolean closed;

  /**
   * A space in memory.
   *
   * @param leasePrefix tells this space's leases from those of an earlier one of the same app
   * @param nanoTime a monotonic clock; deadlines are by the same
   * @param maxBytes how much its tuples may count for in all
   */
  TupleSpace(AppId app, String leasePrefix, LongSupplier nanoTime, long maxBytes) {
    this(app, leasePrefix, null, nanoTime, maxBytes);
  }

  private TupleSpace(
      AppId app,
      String leasePrefix,
      @Nullable SpaceDisk disk,
      LongSupplier nanoTime,
      long maxBytes) {
    this.app = app;
    this.leasePrefix = leasePrefix;
    this.disk = disk;
    this.nanoTime = nanoTime;
    this.origin = nanoTime.getAsLong();
    this.shelf = new Shelf(this::now, this::nextNumber, maxBytes);
    this.answers = new Answers(shelf, this::nextNumber);
  }

  /**
   * A space that goes on from what is on disk. Blocking.
   *
   * @param maxBytes binds writes; what is loaded counts, but is never refused
   * @throws HostException DATA_LOSS naming the file if it is damaged
   */
  static TupleSpace load(AppId app, SpaceDisk disk, LongSupplier nanoTime, long maxBytes) {
    TupleSpace space = new TupleSpace(app, "", disk, nanoTime, maxBytes);
    space.numbers = disk.load(space.now(), space.shelf::load);
    return space;
  }

  /**
   * Writes a tuple when the turn commits; until then the turn alone sees it.
   *
   * @return the lease
   * @throws HostException RESOURCE_EXHAUSTED if the space is full
   */
  String write(TurnContext turn, Tuple t) {
    SpaceTransaction tx = join(turn);
    admit(t);
    lock.lock();
    try {
      check(tx);
      shelf.reserve(t.bytes());
      t.placeAt(nextNumber());
      t.heldBy(tx);
      shelf.enlist(tx);
      tx.addWritten(t);
      return disk == null ? leasePrefix + "-" + t.order() : disk.lease(t);
    } finally {
      lock.unlock();
    }
  }

  /** The oldest match that nobody holds, own writes last; null if there was none in time. */
  @Nullable Tuple read(TurnContext turn, Pattern pattern, long timeoutNanos) {
    SpaceTransaction tx = settled(turn);
    return serve(turn, waiter(Waiter.Kind.READ, turn, tx, pattern, null, timeoutNanos));
  }

  /**
   * Takes the oldest match that nobody holds, own writes last; null if there was none in time.
   *
   * @param ifExists wait only while matches are held by other turns
   * @throws HostException ABORTED naming the cycle, if their holders wait for this actor
   */
  @Nullable Tuple take(TurnContext turn, Pattern pattern, long timeoutNanos, boolean ifExists) {
    SpaceTransaction tx = settled(turn);
    Waiter.Kind kind = ifExists ? Waiter.Kind.TAKE_IF_EXISTS : Waiter.Kind.TAKE;
    return serve(turn, waiter(kind, turn, tx, pattern, null, timeoutNanos));
  }

  /**
   * Places {@code candidate} unless there is a match. Waits for turns that hold a match, have
   * placed one, or claim a pattern that the candidate matches.
   *
   * @return the match, or {@code candidate} itself if it was placed
   * @throws HostException ABORTED naming the cycle, if they wait for this actor; DEADLINE_EXCEEDED;
   *     RESOURCE_EXHAUSTED if the space is full
   */
  Tuple writeOnce(TurnContext turn, Pattern pattern, Tuple candidate) {
    SpaceTransaction tx = settled(turn);
    admit(candidate);
    Waiter w = waiter(Waiter.Kind.WRITE_ONCE, turn, tx, pattern, candidate, UNTIL_DEADLINE);
    Tuple t = serve(turn, w);
    if (t == null) {
      throw new HostException(
          ErrorCode.DEADLINE_EXCEEDED,
          "ts_write_once of " + turn.self() + " still waited for a rival's turn to end");
    }
    return t;
  }

  /**
   * All matches that nobody holds, oldest first, own writes last, at one moment.
   *
   * @param limit at most so many; 0 is all
   */
  List<Tuple> readAll(TurnContext turn, Pattern pattern, long limit) {
    SpaceTransaction tx = settled(turn);
    lock.lock();
    try {
      check(tx);
      return shelf.visible(tx, pattern, limit);
    } finally {
      lock.unlock();
    }
  }

  long count(TurnContext turn, Pattern pattern) {
    SpaceTransaction tx = settled(turn);
    lock.lock();
    try {
      check(tx);
      return shelf.count(tx, pattern);
    } finally {
      lock.unlock();
    }
  }

  /** Published tuples that have not expired, held ones included. */
  int size() {
    lock.lock();
    try {
      return shelf.size();
    } finally {
      lock.unlock();
    }
  }

  /** What its tuples count for, unpublished ones included. */
  long bytes() {
    lock.lock();
    try {
      return shelf.bytes();
    } finally {
      lock.unlock();
    }
  }

  /** Calls that wait just now, for a tuple or for another turn. */
  int waiting() {
    lock.lock();
    try {
      return shelf.openWaiters().size();
    } finally {
      lock.unlock();
    }
  }

  /** Ends the space: every waiter and every later call gets UNAVAILABLE. */
  void close() {
    lock.lock();
    try {
      closed = true;
      shelf.openWaiters().forEach(w -> w.fail(gone()));
    } finally {
      lock.unlock();
    }
  }

  /** What a turn leaves on disk; from now on it does nothing more here. */
  List<TupleChange> changes(SpaceTransaction tx) {
    SpaceDisk d = disk;
    if (d == null) {
      return List.of();
    }
    lock.lock();
    try {
      tx.record();
      return d.changes(tx, now());
    } finally {
      lock.unlock();
    }
  }

  void commit(SpaceTransaction tx) {
    end(tx, true);
  }

  void rollBack(SpaceTransaction tx) {
    end(tx, false);
  }

  private void end(SpaceTransaction tx, boolean commit) {
    lock.lock();
    try {
      tx.end();
      Waiter orphan = tx.waiter();
      if (orphan != null) {
        shelf.forget(orphan);
        orphan.fail(new HostException(ErrorCode.CANCELLED, "the turn that waited has ended"));
      }
      if (!closed) {
        boolean forgotten = commit && disk != null && tx.isEnlisted() && !tx.isRecorded();
        if (commit && !forgotten) {
          shelf.publish(tx);
        } else {
          shelf.undo(tx);
        }
        tx.wakeRivals();
        if (forgotten) {
          throw new IllegalStateException(
              "a turn of " + tx.actor() + " was committed without what it did to " + disk);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private SpaceTransaction join(TurnContext turn) {
    return turn.participant(this, () -> new SpaceTransaction(this, turn.self()));
  }

  /**
   * The turn's transaction, after the same actor's earlier turns have ended: an actor finds what it
   * wrote a turn ago although that commit may still be on its way to the disk.
   */
  private SpaceTransaction settled(TurnContext turn) {
    SpaceTransaction tx = join(turn);
    if (!tx.isSettled()) {
      Waiter w = waiter(Waiter.Kind.SETTLE, turn, tx, Waiter.NOTHING, null, UNTIL_DEADLINE);
      serve(turn, w);
      if (!w.isDone()) {
        throw new HostException(
            ErrorCode.DEADLINE_EXCEEDED,
            "an earlier turn of " + turn.self() + " was not committed in time");
      }
      tx.settle();
    }
    return tx;
  }

  private Waiter waiter(
      Waiter.Kind kind,
      TurnContext turn,
      SpaceTransaction tx,
      Pattern pattern,
      @Nullable Tuple candidate,
      long timeoutNanos) {
    long until = Tuple.NEVER;
    if (turn.request().hasDeadline()) {
      until = turn.request().deadlineNanos() - origin;
    }
    if (timeoutNanos != UNTIL_DEADLINE) {
      until = Math.min(until, now() + timeoutNanos);
    }
    lock.lock();
    try {
      return new Waiter(kind, tx, pattern, candidate, nextOrder(), until, lock.newCondition());
    } finally {
      lock.unlock();
    }
  }

  /** Serves {@code w}, now or in time; null if it could not be. */
  private @Nullable Tuple serve(TurnContext turn, Waiter w) {
    try {
      while (true) {
        List<SpaceTransaction> blockers;
        lock.lock();
        try {
          check(w.tx());
          if (answers.attempt(w)) {
            return w.result();
          }
          blockers = answers.blockers(w);
          boolean hopeless = w.kind() == Waiter.Kind.TAKE_IF_EXISTS && blockers.isEmpty();
          if (hopeless || w.isLate(now())) {
            return null;
          }
        } finally {
          lock.unlock();
        }
        await(turn, w, blockers);
        if (w.isDone()) {
          return w.result();
        }
      }
    } catch (RuntimeException | Error e) {
      giveBack(w);
      throw e;
    }
  }

  /** Waits with the engine's knowledge of whom for, if it is known. */
  private void await(TurnContext turn, Waiter w, List<SpaceTransaction> blockers) {
    if (blockers.isEmpty()) {
      turn.await(null, () -> park(w, null));
      return;
    }
    HostException cycle = null;
    for (SpaceTransaction blocker : blockers) {
      // An earlier turn of the same actor waits for the disk, not for this turn.
      ActorId holder = blocker.actor().equals(turn.self()) ? null : blocker.actor();
      try {
        turn.await(holder, () -> park(w, blocker));
        return;
      } catch (HostException e) {
        // Any holder of a match may give it back: only if all wait for us is there no way out.
        if (e.code() != ErrorCode.ABORTED || w.kind() != Waiter.Kind.TAKE_IF_EXISTS || w.isDone()) {
          throw e;
        }
        cycle = e;
      }
    }
    if (cycle != null) {
      throw cycle;
    }
  }

  private Boolean park(Waiter w, @Nullable SpaceTransaction blocker) throws InterruptedException {
    lock.lock();
    try {
      check(w.tx());
      if (answers.attempt(w) || (blocker != null && !answers.blockers(w).contains(blocker))) {
        return w.isDone();
      }
      shelf.enqueue(w, blocker);
      try {
        w.sleep(this::now);
      } finally {
        shelf.dequeue(w, blocker);
      }
      w.throwIfFailed();
      return w.isDone();
    } finally {
      lock.unlock();
    }
  }

  /** Undoes what was handed to a call that ends with an error: its guest never saw it. */
  private void giveBack(Waiter w) {
    lock.lock();
    try {
      if (!closed && !w.tx().isEnded()) {
        answers.giveBack(w);
      }
    } finally {
      lock.unlock();
    }
  }

  private void admit(Tuple t) {
    if (disk != null) {
      disk.admit(t);
    }
  }

  private void check(SpaceTransaction tx) {
    if (closed) {
      throw gone();
    }
    if (disk != null) {
      disk.check();
    }
    if (tx.isEnded()) {
      throw new HostException(ErrorCode.CANCELLED, "the turn of " + tx.actor() + " has ended");
    }
  }

  private HostException gone() {
    return gone(app);
  }

  static HostException gone(AppId app) {
    return new HostException(
        ErrorCode.UNAVAILABLE,
        "the tuple space of app \"" + app.name() + "\" is gone: the app was undeployed");
  }

  private long nextOrder() {
    return ++orders;
  }

  private long nextNumber() {
    return ++numbers;
  }

  private long now() {
    return nanoTime.getAsLong() - origin;
  }
}
