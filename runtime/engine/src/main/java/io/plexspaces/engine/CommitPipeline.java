package io.plexspaces.engine;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.api.journal.TurnRecord;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The output gate of a durable actor: turns whose commit is in flight, in order. What a turn lets
 * out (replies, effects, tuples) waits here until it and all turns before it are durable; when a
 * commit fails, every turn behind it is cancelled.
 */
final class CommitPipeline {
  /** Turns in flight before the actor waits for the disk. */
  private static final int MAX_IN_FLIGHT = 256;

  /** What waits for a commit. */
  interface Gated {
    void released();

    void cancelled(HostError why);
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition progressed = lock.newCondition();
  private final ArrayDeque<Entry> inFlight = new ArrayDeque<>();
  private @Nullable HostError failure;
  private final Runnable onFailure;

  /** A turn in flight and what waits behind it without a commit of its own. */
  private static final class Entry {
    final List<Gated> gated = new ArrayList<>(1);
  }

  /**
   * @param onFailure told once after a failed commit: the actor must reload from its journal
   */
  CommitPipeline(Runnable onFailure) {
    this.onFailure = onFailure;
  }

  /** Appends a turn; {@code outputs} is released when it is durable. */
  void append(Journal journal, TurnRecord record, Gated outputs) {
    Entry e = new Entry();
    e.gated.add(outputs);
    HostError failed;
    lock.lock();
    try {
      failed = failure;
      if (failed == null) {
        inFlight.add(e);
      }
    } finally {
      lock.unlock();
    }
    if (failed != null) {
      outputs.cancelled(failed);
      return;
    }
    try {
      journal.append(record, f -> committed(e, f));
    } catch (HostException f) {
      fail(e, f);
    }
  }

  /** Releases {@code outputs} behind the commits in flight: now, if there are none. */
  void gate(Gated outputs) {
    HostError failed;
    lock.lock();
    try {
      failed = failure;
      if (failed == null && !inFlight.isEmpty()) {
        inFlight.getLast().gated.add(outputs);
        return;
      }
    } finally {
      lock.unlock();
    }
    if (failed != null) {
      outputs.cancelled(failed);
    } else {
      outputs.released();
    }
  }

  boolean isEmpty() {
    lock.lock();
    try {
      return inFlight.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /** Whether all earlier turns are durable: nothing is in flight and nothing was lost. */
  boolean isSettled() {
    lock.lock();
    try {
      return inFlight.isEmpty() && failure == null;
    } finally {
      lock.unlock();
    }
  }

  /** Whether a commit was lost, so that the actor must reload. */
  boolean hasFailed() {
    lock.lock();
    try {
      return failure != null;
    } finally {
      lock.unlock();
    }
  }

  boolean isFull() {
    lock.lock();
    try {
      return inFlight.size() >= MAX_IN_FLIGHT;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until at most {@code left} turns are in flight. */
  void awaitAtMost(int left) throws InterruptedException {
    lock.lock();
    try {
      while (inFlight.size() > left) {
        progressed.await();
      }
      if (failure != null) {
        throw new HostException(failure);
      }
    } finally {
      lock.unlock();
    }
  }

  static int maxInFlight() {
    return MAX_IN_FLIGHT;
  }

  /** The actor has reloaded: a new life begins. */
  void reset() {
    lock.lock();
    try {
      failure = null;
    } finally {
      lock.unlock();
    }
  }

  private void committed(Entry e, @Nullable HostException f) {
    if (f != null) {
      fail(e, f);
      return;
    }
    // The entry stays at the head while its outputs leave, so that nothing overtakes them.
    int done = 0;
    while (true) {
      List<Gated> batch;
      lock.lock();
      try {
        batch = List.copyOf(e.gated.subList(done, e.gated.size()));
        if (batch.isEmpty()) {
          if (inFlight.peekFirst() == e) {
            inFlight.removeFirst();
          }
          progressed.signalAll();
          return;
        }
        done += batch.size();
      } finally {
        lock.unlock();
      }
      for (Gated g : batch) {
        release(g);
      }
    }
  }

  /** One that throws must not keep the others, and the turns behind, for ever. */
  private static void release(Gated g) {
    try {
      g.released();
    } catch (RuntimeException | Error e) {
      System.getLogger(CommitPipeline.class.getName())
          .log(System.Logger.Level.ERROR, "internal error while releasing a turn", e);
    }
  }

  private static void cancel(Gated g, HostError why) {
    try {
      g.cancelled(why);
    } catch (RuntimeException | Error e) {
      System.getLogger(CommitPipeline.class.getName())
          .log(System.Logger.Level.ERROR, "internal error while cancelling a turn", e);
    }
  }

  private void fail(Entry e, HostException f) {
    HostError why =
        new HostError(
            f.code() == ErrorCode.DATA_LOSS ? ErrorCode.DATA_LOSS : ErrorCode.UNAVAILABLE,
            "the turn could not be committed: " + f.getMessage(),
            f.code() != ErrorCode.DATA_LOSS,
            f.error().details(),
            false);
    List<Entry> all;
    boolean first;
    lock.lock();
    try {
      if (!inFlight.contains(e)) {
        return; // cancelled already, with the turn before it
      }
      first = failure == null;
      failure = why;
      all = List.copyOf(inFlight);
      inFlight.clear();
      progressed.signalAll();
    } finally {
      lock.unlock();
    }
    for (Entry entry : all) {
      for (Gated g : entry.gated) {
        cancel(g, why);
      }
    }
    if (first) {
      onFailure.run();
    }
  }
}
