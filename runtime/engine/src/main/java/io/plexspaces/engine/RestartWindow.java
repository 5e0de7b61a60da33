package io.plexspaces.engine;

import java.util.ArrayDeque;

/** Counts restarts within a sliding period, as Erlang's supervisors do. Guarded by its user. */
final class RestartWindow {
  private final int max;
  private final long windowMillis;
  private final ArrayDeque<Long> times = new ArrayDeque<>();

  RestartWindow(int max, long windowMillis) {
    this.max = max;
    this.windowMillis = windowMillis;
  }

  /** Notes a restart at {@code now}; false if it is one too many. */
  boolean admit(long now) {
    expire(now);
    times.addLast(now);
    return times.size() <= max;
  }

  /** Restarts within the window before {@code now}. */
  int recent(long now) {
    expire(now);
    return times.size();
  }

  void clear() {
    times.clear();
  }

  private void expire(long now) {
    while (!times.isEmpty() && now - times.getFirst() > windowMillis) {
      times.removeFirst();
    }
  }
}
