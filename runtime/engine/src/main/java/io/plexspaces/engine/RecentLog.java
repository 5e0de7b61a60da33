package io.plexspaces.engine;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The last log lines of each app, for whoever wants to follow them, on their way to another log.
 * Bounded: {@value #MAX_LINES} lines and {@value #MAX_CHARS} characters an app, {@value #MAX_APPS}
 * apps. Thread-safe.
 */
public final class RecentLog implements GuestLog {
  static final int MAX_LINES = 1000;
  static final int MAX_CHARS = 256 << 10;
  static final int MAX_LINE_CHARS = 8 << 10;
  static final int MAX_APPS = 200;

  private final GuestLog next;
  private final InstantSource clock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition more = lock.newCondition();

  /** The least recently written app goes first. Guarded by the lock. */
  private final Map<AppId, Lines> apps =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<AppId, Lines> eldest) {
          return size() > MAX_APPS;
        }
      };

  /**
   * A line.
   *
   * @param number from 1, in the order of the app's lines; gaps are lines that are gone
   * @param level 0 trace, 1 debug, 2 info, 3 warn, 4 error
   */
  public record Line(long number, long atMillis, int level, ActorId actor, String message) {}

  private static final class Lines {
    private final Deque<Line> lines = new ArrayDeque<>();
    private long chars;
    private long last;
  }

  /**
   * @param next where every line goes as well
   */
  public RecentLog(GuestLog next, InstantSource clock) {
    this.next = next;
    this.clock = clock;
  }

  @Override
  public void log(ActorId actor, int level, String message) {
    next.log(actor, level, message);
    keep(actor, level, message);
  }

  @Override
  public void failed(ActorId actor, String what) {
    next.failed(actor, what);
    keep(actor, 4, what);
  }

  private void keep(ActorId actor, int level, String message) {
    String text =
        message.length() <= MAX_LINE_CHARS ? message : message.substring(0, MAX_LINE_CHARS);
    lock.lock();
    try {
      Lines l = apps.computeIfAbsent(actor.app(), a -> new Lines());
      l.lines.addLast(new Line(++l.last, clock.millis(), level, actor, text));
      l.chars += text.length();
      while (l.lines.size() > MAX_LINES || l.chars > MAX_CHARS) {
        l.chars -= l.lines.removeFirst().message().length();
      }
      more.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * The lines of an app with a number above {@code after}, oldest first; if there is none, waits
   * for one. Blocking.
   *
   * @param after 0 for all that are kept
   * @return none if {@code wait} passed without one
   */
  public List<Line> lines(AppId app, long after, Duration wait) throws InterruptedException {
    long left = wait.toNanos();
    lock.lock();
    try {
      while (true) {
        Lines l = apps.get(app);
        if (l != null && l.last > after) {
          return l.lines.stream().filter(line -> line.number() > after).toList();
        }
        if (left <= 0) {
          return List.of();
        }
        left = more.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }
}
