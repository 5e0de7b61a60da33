package io.plexspaces.engine;

import java.util.ArrayDeque;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Runs ready cells on long-lived virtual threads. At most {@code places} workers run at once; one
 * that blocks gives its place away meanwhile ({@link #blockBegin}), so another takes over.
 *
 * <p>Wake-up protocol, as in Go's scheduler: at most one worker <i>searches</i> at a time. Who adds
 * a cell wakes a searcher only if there is a free place and nobody searches; a searcher that finds
 * something passes the search on; one that finds nothing gives up its place first and looks once
 * more after that, so no cell is left behind.
 */
final class Dispatcher implements AutoCloseable {
  private static final int MAX_CHAIN = 64;

  /** Resting workers that are kept: making one costs more than waking one. */
  private static final int MAX_IDLE = 256;

  private final int places;
  private final ReadyQueue ready = new ReadyQueue();
  private final AtomicInteger active = new AtomicInteger();
  private final AtomicInteger searchers = new AtomicInteger();
  private final ReentrantLock idleLock = new ReentrantLock();
  private final ArrayDeque<Worker> idle = new ArrayDeque<>();
  private final Set<Worker> workers = ConcurrentHashMap.newKeySet();
  private final Semaphore lanes;
  private final TurnClock clock;
  private volatile boolean closed;

  /**
   * @param places workers that run at once: the number of cores
   */
  Dispatcher(int places) {
    this.places = places;
    this.lanes = new Semaphore(Math.max(1, places / 2), true);
    this.clock = new TurnClock(this);
  }

  ReadyQueue.Tenant tenant(String id) {
    return ready.tenant(id);
  }

  Set<Worker> workers() {
    return workers;
  }

  /** Whether any worker holds a place: while none does, nothing needs to be timed. */
  boolean isActive() {
    return active.get() > 0 || lanes.availablePermits() < Math.max(1, places / 2);
  }

  /**
   * Makes a cell run soon.
   *
   * @param waker the worker on whose turn this happens, or null
   */
  void ready(Ready cell, @Nullable Worker waker) {
    if (waker != null) {
      Ready before = waker.offerNext(cell);
      if (before == null) {
        return;
      }
      ready.add(before);
    } else {
      ready.add(cell);
    }
    wake();
  }

  /** Makes a cell run after all that are ready now. */
  void again(Ready cell) {
    ready.add(cell);
    wake();
  }

  private void wake() {
    if (active.get() >= places || searchers.get() != 0 || !searchers.compareAndSet(0, 1)) {
      return;
    }
    if (closed) {
      searchers.set(0);
      return;
    }
    Worker w;
    idleLock.lock();
    try {
      w = idle.pollLast();
    } finally {
      idleLock.unlock();
    }
    active.incrementAndGet();
    clock.activity();
    if (w == null) {
      Worker fresh = new Worker(this);
      workers.add(fresh);
      Thread.ofVirtual().name("worker").inheritInheritableThreadLocals(false).start(fresh);
    } else {
      w.searching = true;
      w.go = true;
      LockSupport.unpark(w.thread);
    }
  }

  /** Waits for the next cell; null when the worker is to end. */
  @Nullable Ready take(Worker w) {
    while (true) {
      if (active.get() > places) {
        Ready next = w.takeNext();
        if (next != null) {
          ready.add(next);
        }
        int a = active.get();
        if (a > places && active.compareAndSet(a, a - 1)) {
          if (!rest(w)) {
            return null;
          }
          continue;
        }
      }
      if (++w.chain % MAX_CHAIN != 0) {
        Ready next = w.takeNext();
        if (next != null) {
          return next;
        }
      } else {
        Ready next = w.takeNext();
        if (next != null) {
          ready.add(next);
        }
      }
      Ready cell = ready.take(w);
      if (cell != null) {
        stopSearching(w);
        if (!ready.isEmpty()) {
          wake(); // also for a searcher that saw this tenant away from the round
        }
        return cell;
      }
      active.decrementAndGet();
      if (!rest(w)) {
        return null;
      }
    }
  }

  private void stopSearching(Worker w) {
    if (w.searching) {
      w.searching = false;
      searchers.set(0);
    }
  }

  /** Parks a worker without a place until it is woken with one; false if it is to end. */
  private boolean rest(Worker w) {
    stopSearching(w);
    w.go = false;
    w.tenant = null;
    boolean ends;
    idleLock.lock();
    try {
      ends = closed || idle.size() >= MAX_IDLE;
      if (!ends) {
        idle.addLast(w);
      }
    } finally {
      idleLock.unlock();
    }
    // The last look must come after the place was given up, also for a worker that ends.
    if (!ready.isEmpty()) {
      wake();
    }
    if (ends) {
      workers.remove(w);
      return false;
    }
    while (!w.go) {
      LockSupport.park(this);
      Thread.interrupted();
    }
    return !closed;
  }

  /** The worker's thread is about to block: another may take its place. */
  void blockBegin(Worker w) {
    Ready next = w.takeNext();
    if (next != null) {
      ready.add(next);
    }
    active.decrementAndGet();
    if (!ready.isEmpty()) {
      wake();
    }
  }

  /** The worker runs again; for a moment there may be more than {@code places}. */
  void blockEnd(@SuppressWarnings("unused") Worker w) {
    active.incrementAndGet();
    clock.activity();
  }

  /**
   * Turns older than a slice run here, few at a time and in turn; call with the place given away.
   */
  Semaphore lanes() {
    return lanes;
  }

  /** Moves a cell that waits behind a long turn to the queue; called by the turn clock. */
  void flushNext(Worker w) {
    Ready next = w.takeNext();
    if (next != null) {
      ready.add(next);
      wake();
    }
  }

  @Override
  public void close() {
    closed = true;
    clock.close();
    idleLock.lock();
    try {
      for (Worker w : idle) {
        w.go = true;
        LockSupport.unpark(w.thread);
      }
      idle.clear();
    } finally {
      idleLock.unlock();
    }
  }
}
