package io.plexspaces.engine;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * When a virtual actor leaves memory: at most one timer, which looks when it fires how long ago the
 * actor was used. {@link #used} and {@link #cancel} are called by the worker that runs the actor.
 */
final class IdleTimer {
  private final ActorCell cell;
  private final @Nullable Duration timeout;
  private volatile long lastUsedNanos;
  private volatile boolean set;

  /** Cancelled when the actor leaves memory, so that nothing holds on to it. */
  private volatile @Nullable Future<?> timer;

  IdleTimer(ActorCell cell) {
    this.cell = cell;
    this.timeout = cell.plan().idleTimeout();
  }

  long lastUsedNanos() {
    return lastUsedNanos;
  }

  /** The actor has just been used. */
  void used() {
    lastUsedNanos = System.nanoTime();
    if (timeout != null && !set && cell.state() == ActorStatus.ActorState.RUNNING) {
      start(timeout.toMillis());
    }
  }

  void cancel() {
    Future<?> t = timer;
    if (t != null) {
      t.cancel(false);
      set = false;
    }
  }

  private void start(long millis) {
    set = true;
    timer = cell.app().engine().timer().after(millis, this::fired);
  }

  private void fired() {
    set = false;
    if (timeout == null || cell.state() != ActorStatus.ActorState.RUNNING) {
      return;
    }
    long idle = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - lastUsedNanos);
    if (idle >= timeout.toMillis()) {
      cell.command(new ActorCell.Command.Passivate());
    } else {
      start(timeout.toMillis() - idle);
    }
  }
}
