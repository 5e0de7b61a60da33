package io.plexspaces.engine;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One platform thread that finds turns older than a slice and asks their guests for a safepoint. It
 * ticks only while workers run and sleeps a little after the last one rested: an idle node has no
 * timer.
 */
final class TurnClock implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(TurnClock.class.getName());

  /** A turn that ran so long without a break is asked to let others in. */
  static final long SLICE_NANOS = 5_000_000;

  private static final int IDLE_TICKS = 40;

  private final Dispatcher dispatcher;
  private final Thread thread;

  /** The turn whose failure was logged last: once a turn is enough. */
  private @Nullable Turn failed;

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
        interrupt(w, t);
      }
    }
  }

  /** What goes wrong with one turn is no reason to let the others run for ever. */
  private void interrupt(Worker w, Turn t) {
    try {
      dispatcher.flushNext(w);
      t.requestSafepoint();
    } catch (RuntimeException | Error e) {
      if (failed != t) {
        failed = t;
        LOG.log(
            System.Logger.Level.ERROR,
            "internal error while asking a turn of " + t.cell().id() + " for a safepoint",
            e);
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
  }
}
