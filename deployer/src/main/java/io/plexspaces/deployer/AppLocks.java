package io.plexspaces.deployer;

import io.plexspaces.api.AppId;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** A lock an app, which exists while somebody holds it or waits for it. Thread-safe. */
final class AppLocks {
  private final ConcurrentHashMap<AppId, Slot> slots = new ConcurrentHashMap<>();

  private record Slot(ReentrantLock lock, int users) {
    Slot(int users) {
      this(new ReentrantLock(), users);
    }

    Slot plus(int n) {
      return new Slot(lock, users + n);
    }
  }

  /** Runs {@code work} while no other does for {@code app}. */
  <T> T with(AppId app, Supplier<T> work) {
    ReentrantLock lock = slots.merge(app, new Slot(1), (there, mine) -> there.plus(1)).lock();
    lock.lock();
    try {
      return work.get();
    } finally {
      lock.unlock();
      slots.computeIfPresent(app, (id, s) -> s.users() == 1 ? null : s.plus(-1));
    }
  }

  /** How many apps have a lock at the moment. */
  int size() {
    return slots.size();
  }
}
