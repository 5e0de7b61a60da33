package io.plexspaces.engine;

import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jctools.queues.MpmcUnboundedXaddArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * Cells that are ready to run: one queue a tenant, served in weighted round robin, so that a tenant
 * with a million ready actors delays another by one quantum only. Lock-free; any thread adds, any
 * worker takes.
 */
final class ReadyQueue {
  /** Cells a worker takes from one tenant, times its weight, before it looks at the next. */
  private static final int QUANTUM = 8;

  private final Queue<Tenant> round = new MpmcUnboundedXaddArrayQueue<>(256);
  private final ConcurrentMap<String, Tenant> tenants = new ConcurrentHashMap<>();

  /** A tenant's queue. It is in the round if and only if {@code listed}. */
  static final class Tenant {
    private final Queue<Ready> cells = new MpmcUnboundedXaddArrayQueue<>(512);
    private final AtomicBoolean listed = new AtomicBoolean();
    private final int weight;

    Tenant(int weight) {
      this.weight = weight;
    }
  }

  Tenant tenant(String id) {
    return tenants.computeIfAbsent(id, t -> new Tenant(1));
  }

  void add(Ready cell) {
    Tenant t = cell.tenant();
    t.cells.add(cell);
    list(t);
  }

  private void list(Tenant t) {
    if (!t.listed.get() && t.listed.compareAndSet(false, true)) {
      round.add(t);
    }
  }

  boolean isEmpty() {
    return round.isEmpty();
  }

  /** The next cell for this worker, or null. */
  @Nullable Ready take(Worker w) {
    if (w.credit > 0 && w.tenant != null) {
      Ready c = w.tenant.cells.poll();
      if (c != null) {
        w.credit--;
        return c;
      }
    }
    w.tenant = null;
    w.credit = 0;
    while (true) {
      Tenant t = round.poll();
      if (t == null) {
        return null;
      }
      Ready c = t.cells.poll();
      if (t.cells.isEmpty()) {
        t.listed.set(false);
        if (!t.cells.isEmpty()) {
          list(t);
        }
      } else {
        round.add(t);
      }
      if (c != null) {
        w.tenant = t;
        w.credit = t.weight * QUANTUM - 1;
        return c;
      }
    }
  }
}
