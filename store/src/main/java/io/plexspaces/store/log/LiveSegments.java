package io.plexspaces.store.log;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** The segments that have been begun and not given back, oldest first. Thread-safe. */
final class LiveSegments {
  private final Deque<Recovery.Live> segments = new ArrayDeque<>();

  LiveSegments(List<Recovery.Live> found) {
    segments.addAll(found);
  }

  /**
   * A segment is the newest now.
   *
   * @param end of what is in the one before it
   */
  synchronized void begun(long number, long bytes, long end) {
    Recovery.Live before = segments.pollLast();
    if (before != null) {
      segments.addLast(new Recovery.Live(before.number(), before.bytes(), end));
    }
    segments.addLast(new Recovery.Live(number, bytes, Positions.of(number, SegmentHeader.BYTES)));
  }

  /**
   * Bytes of the files in which something is not released.
   *
   * @param end of what is in the newest
   */
  synchronized long bytes(long released, long end) {
    long sum = 0;
    Recovery.Live newest = segments.peekLast();
    for (Recovery.Live s : segments) {
      sum += (s.equals(newest) ? end : s.end()) > released ? s.bytes() : 0;
    }
    return sum;
  }

  /** Those of which nothing is needed; never the newest, which shows that none is missing. */
  synchronized List<Recovery.Live> released(long released) {
    List<Recovery.Live> all = new ArrayList<>();
    Recovery.Live newest = segments.peekLast();
    for (Recovery.Live s : segments) {
      if (s.equals(newest) || s.end() > released) {
        break;
      }
      all.add(s);
    }
    return all;
  }

  synchronized void remove(List<Recovery.Live> gone) {
    segments.removeAll(gone);
  }
}
