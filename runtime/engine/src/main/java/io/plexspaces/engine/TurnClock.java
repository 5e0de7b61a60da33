package io.plexspaces.engine;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One platform thread that finds turns older than a slice and asks their guests for a safepoint. It
 * ticks only while workers run and sleeps a little after the last one rested: an idle node has no
 * timer.
 */
final class TurnClock implements AutoCloseable {
  /** A turn that ran so long without a break is asked to let others in. */
  static final long SLICE_NANOS = 5_000_000;

  private static final int IDLE_TICKS = 40;

  private final Dispatcher dispatcher;
  private final Thread thread;
  private volatile boolean resting;
  private volatile boolean closed;

  TurnClock(Dispatcher dispatcher) {
    this.dispatcher = dispatcher;
    this.thread = Thread.ofPlatform().daemon().name("turn-clock").start(this::run);
  }

  /** Workers run again. Wait-free unless the clock rests. */
  void activity() {
    if (resting) {
      resting = false;
      LockSupport.unpark(thread);
    }
  }

  private void run() {
    int idleTicks = 0;
    while (!closed) {
      if (dispatcher.isActive()) {
        idleTicks = 0;
      } else if (++idleTicks > IDLE_TICKS) {
        resting = true;
        while (resting && !dispatcher.isActive() && !closed) {
          LockSupport.park(this);
        }
        resting = false;
        idleTicks = 0;
      }
      LockSupport.parkNanos(this, SLICE_NANOS);
      tick();
    }
  }

  private void tick() {
    long now = System.nanoTime();
    for (Worker w : dispatcher.workers()) {
      @Nullable Turn t = w.turn();
      if (t != null && t.isOverSlice(now)) {
        dispatcher.flushNext(w);
        t.requestSafepoint();
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
  }
}
