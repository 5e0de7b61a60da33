package io.plexspaces.store.log;

import io.plexspaces.api.HostException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;

/**
 * Gives numbers that rise over restarts: a good many are set aside on disk before the first of them
 * is given, and a restart goes on behind them. Thread-safe.
 */
final class Epochs {
  /** So many are set aside with one write. */
  static final int ASIDE = 16_384;

  private final AtomicLong last;
  private final LongFunction<CompletableFuture<Void>> setAside;
  private volatile long aside;

  /**
   * @param last none up to this one is given
   * @param aside all up to this one are set aside
   * @param setAside writes a new {@code aside}
   */
  Epochs(long last, long aside, LongFunction<CompletableFuture<Void>> setAside) {
    this.last = new AtomicLong(last);
    this.aside = aside;
    this.setAside = setAside;
  }

  long next() {
    while (true) {
      long now = aside;
      long next = last.get() + 1;
      if (next > now) {
        more(next - 1);
      } else if (last.compareAndSet(next - 1, next)) {
        if (next == now - ASIDE / 2) {
          setAside.apply(next + ASIDE).exceptionally(e -> null); // who needs it tries again
        }
        return next;
      }
    }
  }

  private void more(long from) {
    try {
      setAside.apply(from + ASIDE).join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof HostException h ? h : e;
    }
  }

  /** All up to this one are on disk as set aside. */
  void isAside(long number) {
    aside = number;
  }

  long aside() {
    return aside;
  }

  /** Ends it. */
  long close() {
    return last.getAndSet(Long.MAX_VALUE / 2);
  }
}
