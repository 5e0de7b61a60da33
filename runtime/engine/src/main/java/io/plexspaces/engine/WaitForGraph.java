package io.plexspaces.engine;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Finds actors that would wait for each other. An edge is published before it is checked, so of two
 * that close a cycle at the same time at least one sees it; the check itself runs under a lock, and
 * the one that finds the cycle first withdraws, which opens it for the other.
 */
final class WaitForGraph {
  private final ReentrantLock checking = new ReentrantLock();

  /**
   * The actor of {@code from} begins to wait for all of {@code on}.
   *
   * @throws HostException ABORTED naming the cycle
   */
  void begin(ActorCell from, ActorCell[] on) {
    from.waitsFor = on;
    for (ActorCell target : on) {
      if (target == from || target.waitsFor.length > 0) {
        check(from);
        return;
      }
    }
  }

  void end(ActorCell from) {
    from.waitsFor = ActorCell.NOBODY;
  }

  private void check(ActorCell from) {
    checking.lock();
    try {
      String cycle = cycleThrough(from);
      if (cycle != null) {
        from.waitsFor = ActorCell.NOBODY;
        throw new HostException(
            ErrorCode.ABORTED, "these actors would wait for each other: " + cycle);
      }
    } finally {
      checking.unlock();
    }
  }

  private static @Nullable String cycleThrough(ActorCell from) {
    Map<ActorCell, ActorCell> reachedFrom = new HashMap<>();
    ArrayDeque<ActorCell> todo = new ArrayDeque<>();
    todo.add(from);
    while (!todo.isEmpty()) {
      ActorCell c = todo.remove();
      for (ActorCell next : c.waitsFor) {
        if (next == from) {
          StringBuilder path = new StringBuilder(from.id().address());
          ActorCell back = c;
          while (back != from) {
            path.insert(0, back.id().address() + " -> ");
            ActorCell before = reachedFrom.get(back);
            if (before == null) {
              break;
            }
            back = before;
          }
          return from.id().address() + " -> " + path;
        }
        if (reachedFrom.putIfAbsent(next, c) == null) {
          todo.add(next);
        }
      }
    }
    return null;
  }
}
