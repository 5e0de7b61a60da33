package io.plexspaces.engine;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * When each actor of the node has a timer that falls due: one entry an actor and kind, whether the
 * actor is in memory or not, and one thread that sleeps until the first of them. Times are by the
 * host's clock, which may be set; so it sleeps in pieces and looks again. Thread-safe.
 *
 * <p>What is due is handed out once and is then due again a while later, until whoever got it says
 * when its next time is: what goes wrong in between loses nothing.
 */
final class Schedule implements AutoCloseable {
  /** How late a clock that was set forward is noticed. */
  static final long MAX_SLEEP_MILLIS = 10_000;

  private static final long MIN_AGAIN_MILLIS = 1_000;
  private static final long MAX_AGAIN_MILLIS = 60_000;
  private static final int MAX_BATCH = 1_000;

  /**
   * @param durable whether these are its reminders, or its timers in memory
   */
  record Key(ActorId actor, boolean durable) {}

  private static final class Entry {
    final Key key;
    final long number;
    long due;
    int handedOut;

    Entry(Key key, long number) {
      this.key = key;
      this.number = number;
    }
  }

  private final InstantSource clock;
  private final Consumer<List<Key>> due;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<Key, Entry> entries = new HashMap<>();
  private final TreeSet<Entry> order =
      new TreeSet<>(Comparator.<Entry>comparingLong(e -> e.due).thenComparingLong(e -> e.number));
  private long lastNumber;
  private boolean closed;

  /**
   * @param due gets what is due, in the order of their times; called by the schedule's thread, so
   *     it must not block
   */
  Schedule(InstantSource clock, Consumer<List<Key>> due) {
    this.clock = clock;
    this.due = due;
    var _ = Thread.ofPlatform().daemon().name("schedule").start(this::run);
  }

  /**
   * @param at milliseconds since 1970; {@link Long#MAX_VALUE} for never
   */
  void set(Key key, long at) {
    lock.lock();
    try {
      Entry e = entries.get(key);
      if (at == Long.MAX_VALUE) {
        if (e != null) {
          order.remove(e);
          entries.remove(key);
        }
        return;
      }
      if (e == null) {
        e = new Entry(key, ++lastNumber);
        entries.put(key, e);
      } else {
        order.remove(e);
      }
      e.due = at;
      e.handedOut = 0;
      order.add(e);
      if (order.first() == e) {
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Drops all of an app. */
  void remove(AppId app) {
    lock.lock();
    try {
      entries
          .values()
          .removeIf(e -> {
            boolean gone = e.key.actor().app().equals(app);
            if (gone) {
              order.remove(e);
            }
            return gone;
          });
    } finally {
      lock.unlock();
    }
  }

  /** When something of {@code key} falls due; empty if it has nothing. */
  OptionalLong due(Key key) {
    lock.lock();
    try {
      Entry e = entries.get(key);
      return e == null ? OptionalLong.empty() : OptionalLong.of(e.due);
    } finally {
      lock.unlock();
    }
  }

  int size() {
    lock.lock();
    try {
      return entries.size();
    } finally {
      lock.unlock();
    }
  }

  /** The clock was set: look now. */
  void look() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    while (true) {
      List<Key> batch = awaitDue();
      if (batch == null) {
        return;
      }
      try {
        due.accept(batch);
      } catch (RuntimeException | Error e) { // the thread outlives what one batch does
        System.getLogger(Schedule.class.getName())
            .log(System.Logger.Level.ERROR, "internal error while handing out timers", e);
      }
    }
  }

  /** The next that are due, at least one; null when it is closed. */
  private @Nullable List<Key> awaitDue() {
    lock.lock();
    try {
      while (!closed) {
        long now = clock.millis();
        List<Key> batch = takeDue(now);
        if (!batch.isEmpty()) {
          return batch;
        }
        if (order.isEmpty()) {
          changed.await();
        } else {
          long sleep = Math.min(MAX_SLEEP_MILLIS, order.first().due - now);
          var _ = changed.awaitNanos(TimeUnit.MILLISECONDS.toNanos(sleep));
        }
      }
      return null;
    } catch (InterruptedException e) {
      return null; // nobody but a JVM that ends interrupts this thread
    } finally {
      lock.unlock();
    }
  }

  private List<Key> takeDue(long now) {
    List<Key> batch = new ArrayList<>();
    while (batch.size() < MAX_BATCH && !order.isEmpty() && order.first().due <= now) {
      Entry e = order.pollFirst();
      batch.add(e.key);
      e.due = now + Math.min(MAX_AGAIN_MILLIS, MIN_AGAIN_MILLIS << Math.min(e.handedOut, 10));
      e.handedOut++;
      order.add(e);
    }
    return batch;
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
