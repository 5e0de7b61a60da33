package io.plexspaces.engine;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.guest.GuestInstance;
import io.plexspaces.api.guest.TurnStopped;
import io.plexspaces.api.op.TurnContext.Wait;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * How long a turn runs, where it waits, and how it is ended from outside. A class of its own to
 * read, and no object of its own: every turn would need one. Used by the turn's thread, but for
 * what says otherwise.
 */
abstract sealed class TimedTurn permits Turn {
  private static final VarHandle SLICE_START;

  static {
    try {
      SLICE_START = MethodHandles.lookup().findVarHandle(TimedTurn.class, "sliceStart", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  final ActorCell cell;
  final Worker worker;
  private final GuestInstance guest;
  private final long limitNanos;
  private final Thread thread = Thread.currentThread();

  /**
   * When the guest began to run without a break; 0 while it waits. Read by the turn clock, which
   * may see it late.
   */
  private volatile long sliceStart;

  private long resumedAt;
  private long pausedAt;
  private long ranNanos;

  /** How long it has run since it last let others in; a wait that does not park is no break. */
  private long unbrokenNanos;

  private boolean inLane;

  /** Guarded by this turn's monitor, against {@link #kill}; nothing blocks while holding it. */
  private boolean blocked;

  private volatile @Nullable HostError stop;

  /** The turn of {@code cell} that {@code worker}'s thread, the current one, is to run. */
  TimedTurn(ActorCell cell, Worker worker, GuestInstance guest) {
    this.cell = cell;
    this.worker = worker;
    this.guest = guest;
    this.limitNanos = cell.app().plan().limits().turnTimeout().toNanos();
  }

  private Dispatcher dispatcher() {
    return cell.app().engine().dispatcher();
  }

  /** The turn is over. */
  final void stopRunning() {
    pause();
    if (inLane) {
      inLane = false;
      dispatcher().lanes().release();
      dispatcher().blockEnd(worker);
    }
  }

  /** How long it has run, without its waiting. */
  final long ranNanos() {
    return ranNanos;
  }

  /** Any thread. */
  boolean isOverSlice(long now) {
    long s = sliceStart;
    return s != 0 && now - s > TurnClock.SLICE_NANOS;
  }

  /** Any thread. */
  void requestSafepoint() {
    guest.requestSafepoint();
  }

  /** Ends this turn as soon as possible, whether it runs or waits. Any thread. */
  void kill(HostError why) {
    synchronized (this) {
      stop = why;
      if (blocked) {
        thread.interrupt();
      }
    }
    guest.requestSafepoint();
  }

  private void checkStop() {
    HostError why = stop;
    if (why != null) {
      throw new TurnStopped(why);
    }
  }

  private void pause() {
    if (resumedAt != 0) {
      long now = System.nanoTime();
      ranNanos += now - resumedAt;
      unbrokenNanos += now - resumedAt;
      worker.now = now;
      resumedAt = 0;
      pausedAt = now;
      SLICE_START.setOpaque(this, 0L);
    }
  }

  final void resume() {
    long now = System.nanoTime();
    if (pausedAt != 0 && now - pausedAt >= Worker.HOP_NANOS) {
      unbrokenNanos = 0;
    }
    resumedAt = now;
    SLICE_START.setOpaque(this, now - unbrokenNanos);
  }

  private void checkLimit() {
    if (ranNanos > limitNanos) {
      throw new TurnStopped(
          HostError.of(
              ErrorCode.DEADLINE_EXCEEDED,
              "the turn ran longer than turn_timeout, "
                  + cell.app().plan().limits().turnTimeout().toMillis()
                  + " ms"));
    }
  }

  public void safepoint() {
    checkStop();
    if (!isOverSlice(System.nanoTime())) {
      return;
    }
    pause();
    checkLimit();
    // A long turn gives its place to short ones and goes on in a lane that long turns share.
    if (!inLane) {
      dispatcher().blockBegin(worker);
      dispatcher().lanes().acquireUninterruptibly();
      inLane = true;
    } else if (dispatcher().lanes().hasQueuedThreads()) {
      dispatcher().lanes().release();
      dispatcher().lanes().acquireUninterruptibly();
    }
    LockSupport.parkNanos(Worker.HOP_NANOS);
    resume();
    checkStop();
  }

  <T extends @Nullable Object> T await(ActorCell[] on, Wait<T> wait) {
    WaitForGraph graph = cell.app().engine().waitForGraph();
    if (on.length > 0) {
      graph.begin(cell, on);
    }
    pause();
    if (inLane) {
      // The place was given away before, but what this turn has woken since waits in the slot.
      inLane = false;
      dispatcher().flushNext(worker);
      dispatcher().lanes().release();
    } else {
      dispatcher().blockBegin(worker);
    }
    try {
      setBlocked(true);
      return wait.run();
    } catch (InterruptedException e) {
      HostError why = stop;
      throw new TurnStopped(
          why != null ? why : HostError.of(ErrorCode.CANCELLED, "the wait was interrupted"));
    } finally {
      setBlocked(false);
      graph.end(cell);
      dispatcher().blockEnd(worker);
      resume();
    }
  }

  private synchronized void setBlocked(boolean b) {
    blocked = b;
    if (b) {
      checkStop();
    } else {
      // An interrupt that came too late must not hit whatever this worker runs next.
      Thread.interrupted();
    }
  }

  /** A guest that only waits and calls never comes to a safepoint of its own. */
  final void beforeCall() {
    checkStop();
    checkLimit();
    if (unbrokenNanos > TurnClock.SLICE_NANOS) {
      safepoint();
    }
  }
}
