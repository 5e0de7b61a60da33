package io.plexspaces.gateway;

import java.util.concurrent.atomic.AtomicLong;

/** How many bytes of request bodies may be in memory at once. Thread-safe. */
final class HeapBudget {
  private final long max;
  private final AtomicLong used = new AtomicLong();

  HeapBudget(long max) {
    this.max = max;
  }

  /** Whether there was room. */
  boolean reserve(long bytes) {
    if (used.addAndGet(bytes) <= max) {
      return true;
    }
    used.addAndGet(-bytes);
    return false;
  }

  void release(long bytes) {
    used.addAndGet(-bytes);
  }
}
