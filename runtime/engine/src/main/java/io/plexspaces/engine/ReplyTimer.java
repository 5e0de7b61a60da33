package io.plexspaces.engine;

import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Spares those who wait for a reply a timer each: a timed park of a virtual thread costs about as
 * much as a whole ask, and nearly all replies come long before their deadline. A waiter parks
 * without a time and is watched here; if it still waits after one or two ticks, it is told to time
 * the rest itself. One thread, which rests while nobody is watched.
 */
final class ReplyTimer implements AutoCloseable {
  private static final long TICK_NANOS = 20_000_000;

  /** A wait shorter than this has to be timed by the waiter. */
  static final long WORTHWHILE_NANOS = 3 * TICK_NANOS;

  private final AtomicReference<@Nullable ReplySlot> watched = new AtomicReference<>();
  private final Thread thread;
  private volatile boolean resting;
  private volatile boolean closed;

  ReplyTimer() {
    thread = Thread.ofPlatform().daemon().name("reply-timer").start(this::run);
  }

  /** Called once by the waiter of a slot. Lock-free. */
  void watch(ReplySlot slot) {
    ReplySlot before;
    do {
      before = watched.get();
      slot.watchedNext = before;
    } while (!watched.compareAndSet(before, slot));
    if (closed) {
      slot.timeYourself();
    } else if (resting) {
      LockSupport.unpark(thread);
    }
  }

  private void run() {
    ReplySlot older = null;
    while (!closed) {
      if (older == null && watched.get() == null) {
        resting = true;
        while (watched.get() == null && !closed) {
          LockSupport.park(this);
        }
        resting = false;
      }
      LockSupport.parkNanos(this, TICK_NANOS);
      tell(older);
      older = watched.getAndSet(null);
    }
    tell(older);
    tell(watched.getAndSet(null));
  }

  private static void tell(@Nullable ReplySlot first) {
    ReplySlot s = first;
    while (s != null) {
      ReplySlot next = s.watchedNext;
      s.watchedNext = null; // an old slot must not keep younger ones alive
      s.timeYourself();
      s = next;
    }
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
  }
}
