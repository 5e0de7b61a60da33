package io.plexspaces.engine;

import io.plexspaces.api.guest.MemoryBudget;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Passivates idle virtual actors, the longest unused first, when the node's memory budget is nearly
 * used up. Looks only when memory is asked for; one look at a time.
 */
final class MemoryRelief {
  private static final double BEGIN = 0.9;
  private static final double ENOUGH = 0.8;
  private static final long MOMENT_NANOS = 5_000_000;

  private final MemoryBudget budget;
  private final Supplier<Stream<ActorCell>> cells;
  private final AtomicBoolean looking = new AtomicBoolean();

  private record Idle(ActorCell cell, long since) {}

  MemoryRelief(MemoryBudget budget, Supplier<Stream<ActorCell>> cells) {
    this.budget = budget;
    this.cells = cells;
  }

  /** Any thread; returns at once. */
  void check() {
    if (budget.used() > budget.limit() * BEGIN && looking.compareAndSet(false, true)) {
      Thread.startVirtualThread(() -> relieve(0));
    }
  }

  /**
   * For somebody who was refused memory and asks again: makes idle actors leave, at least one if
   * there is any, and waits a moment for it.
   */
  void await() {
    if (looking.compareAndSet(false, true)) {
      relieve(1);
    }
    LockSupport.parkNanos(MOMENT_NANOS);
  }

  private void relieve(long atLeast) {
    try {
      long toFree = Math.max(atLeast, budget.used() - (long) (budget.limit() * ENOUGH));
      // The time is read once a cell: it may change while the list is sorted.
      List<Idle> idle =
          cells
              .get()
              .filter(ActorCell::mayPassivate)
              .map(c -> new Idle(c, c.lastUsedNanos()))
              .sorted(Comparator.comparingLong(Idle::since))
              .toList();
      for (Idle i : idle) {
        if (toFree <= 0) {
          return;
        }
        toFree -= i.cell().memoryBytes();
        i.cell().command(new ActorCell.Command.Passivate());
      }
    } finally {
      looking.set(false);
    }
  }
}
