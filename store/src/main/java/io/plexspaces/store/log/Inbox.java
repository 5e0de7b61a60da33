package io.plexspaces.store.log;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A queue that any thread adds to without waiting and one thread takes from.
 *
 * @param <T> what is queued
 */
final class Inbox<T> {
  private final ConcurrentLinkedQueue<T> queue = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean waiting = new AtomicBoolean();
  private volatile @Nullable Thread taker;

  void add(T item) {
    queue.add(item);
    wake();
  }

  @Nullable T peek() {
    return queue.peek();
  }

  @Nullable T poll() {
    return queue.poll();
  }

  boolean isEmpty() {
    return queue.isEmpty();
  }

  /** Ends a wait of the taker, whose condition may have become true. */
  void wake() {
    if (waiting.get() && waiting.compareAndSet(true, false)) {
      LockSupport.unpark(taker);
    }
  }

  /** The taker waits until something is there or {@code over}. */
  void await(BooleanSupplier over) {
    awaitCondition(() -> !queue.isEmpty() || over.getAsBoolean());
  }

  /** The taker waits for a condition; who makes it true calls {@link #wake}. */
  void awaitCondition(BooleanSupplier condition) {
    taker = Thread.currentThread();
    while (!condition.getAsBoolean()) {
      waiting.set(true);
      if (!condition.getAsBoolean()) {
        LockSupport.park(this);
      }
      waiting.set(false);
    }
  }
}
