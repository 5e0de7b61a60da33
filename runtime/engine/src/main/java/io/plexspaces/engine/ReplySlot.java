package io.plexspaces.engine;

import io.plexspaces.api.ErrorCode;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Where one reply arrives. Completed once by any thread, awaited by at most one. */
class ReplySlot {
  /** Tells whoever waits for a cell that it has left memory: another cell is to be asked. */
  static final Reply GONE = Reply.failed(ErrorCode.UNAVAILABLE, "the actor is leaving memory");

  @SuppressWarnings("ReferenceEquality") // it is one object
  static boolean isGone(@Nullable Reply r) {
    return r == GONE;
  }

  private static final VarHandle REPLY;

  static {
    try {
      REPLY = MethodHandles.lookup().findVarHandle(ReplySlot.class, "reply", Reply.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private volatile @Nullable Reply reply;
  private volatile @Nullable Thread waiter;
  private volatile boolean abandoned;

  /** Set by the timer: the waiter is to time its wait itself. */
  private volatile boolean slow;

  /** The next in the timer's list. Owned by the timer. */
  @Nullable ReplySlot watchedNext;

  /** Sets the reply unless there is one already. */
  void complete(Reply r) {
    if (REPLY.compareAndSet(this, null, r)) {
      Thread t = waiter;
      if (t != null) {
        LockSupport.unpark(t);
      }
    }
  }

  /** From now on the waiter times its wait itself. Any thread. */
  void timeYourself() {
    if (reply == null) {
      slow = true;
      LockSupport.unpark(waiter);
    }
  }

  /** The stream whose turns answer here, or null for a single reply. */
  @Nullable StreamPipe stream() {
    return null;
  }

  @Nullable Reply poll() {
    return reply;
  }

  /** Whether nobody waits any more, so that a message still queued need not run. */
  boolean isAbandoned() {
    return abandoned;
  }

  void abandon() {
    abandoned = true;
  }

  /**
   * Waits for the reply.
   *
   * @return null if {@code deadlineNanos} passed first; the slot is then abandoned
   */
  @Nullable Reply await(long deadlineNanos, ReplyTimer timer) throws InterruptedException {
    waiter = Thread.currentThread();
    boolean watched = false;
    while (true) {
      Reply r = reply;
      if (r != null) {
        return r;
      }
      if (Thread.interrupted()) {
        abandoned = true;
        throw new InterruptedException();
      }
      if (deadlineNanos == Long.MAX_VALUE) {
        LockSupport.park(this);
      } else {
        long left = deadlineNanos - System.nanoTime();
        if (left <= 0) {
          abandoned = true;
          return reply;
        }
        if (slow || left < ReplyTimer.WORTHWHILE_NANOS) {
          LockSupport.parkNanos(this, left);
        } else if (watched) {
          LockSupport.park(this);
        } else {
          watched = true;
          timer.watch(this);
        }
      }
    }
  }
}
