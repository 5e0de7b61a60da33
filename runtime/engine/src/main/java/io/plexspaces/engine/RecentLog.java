package io.plexspaces.engine;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The last log lines of each app, for whoever wants to follow them, on their way to another log.
 * Bounded: {@value #MAX_LINES} lines and {@value #MAX_CHARS} characters an app, fewer characters
 * where many apps share {@value #MAX_ALL_CHARS}, and {@value #MAX_APPS} apps. Each app has a lock
 * of its own. Thread-safe.
 */
public final class RecentLog implements GuestLog {
  static final int MAX_LINES = 1000;
  static final int MAX_CHARS = 256 << 10;
  static final int MAX_ALL_CHARS = 16 << 20;
  static final int MAX_LINE_CHARS = 8 << 10;
  static final int MAX_APPS = 200;

  /** Before so many lines in a millisecond, an app's numbers rise over restarts of the node. */
  private static final long NUMBERS_A_MILLI = 1000;

  private final GuestLog next;
  private final InstantSource clock;
  private final ConcurrentMap<AppId, Lines> apps = new ConcurrentHashMap<>();

  /**
   * A line.
   *
   * @param number rises from line to line of an app, over restarts of the node as well; what is
   *     between two of them means nothing
   * @param level 0 trace, 1 debug, 2 info, 3 warn, 4 error
   */
  public record Line(long number, long atMillis, int level, ActorId actor, String message) {}

  private static final class Lines {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition more = lock.newCondition();
    private final Deque<Line> lines = new ArrayDeque<>();
    private long chars;
    private long last;
    private boolean gone;

    /** Of the last line; read without the lock. */
    private volatile long writtenMillis;

    Lines(long nowMillis) {
      last = nowMillis * NUMBERS_A_MILLI;
      writtenMillis = nowMillis;
    }
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
    long now = clock.millis();
    Lines l = of(actor.app());
    int apart = Math.min(MAX_CHARS, MAX_ALL_CHARS / Math.max(1, apps.size()));
    l.lock.lock();
    try {
      l.lines.addLast(new Line(++l.last, now, level, actor, text));
      l.writtenMillis = now;
      l.chars += text.length();
      while (l.lines.size() > MAX_LINES || l.chars > apart) {
        l.chars -= l.lines.removeFirst().message().length();
      }
      l.more.signalAll();
    } finally {
      l.lock.unlock();
    }
  }

  private Lines of(AppId app) {
    Lines l = apps.get(app);
    if (l == null) {
      l = apps.computeIfAbsent(app, a -> new Lines(clock.millis()));
      if (apps.size() > MAX_APPS) {
        apps.entrySet().stream()
            .filter(e -> !e.getKey().equals(app))
            .min(Comparator.comparingLong(e -> e.getValue().writtenMillis))
            .ifPresent(e -> forget(e.getKey()));
      }
    }
    return l;
  }

  /** Drops the lines of an app; who waits for more gets none. */
  void forget(AppId app) {
    Lines l = apps.remove(app);
    if (l != null) {
      l.lock.lock();
      try {
        l.gone = true;
        l.more.signalAll();
      } finally {
        l.lock.unlock();
      }
    }
  }

  /**
   * The lines of an app with a number above {@code after}, oldest first; if there is none, waits
   * for one. Blocking.
   *
   * @param after 0 for all that are kept; a number that no line has yet, from before a restart of
   *     the node whose clock was ahead, is as good as 0
   * @return none if {@code wait} passed without one
   */
  public List<Line> lines(AppId app, long after, Duration wait) throws InterruptedException {
    long left = wait.toNanos();
    Lines l = of(app);
    l.lock.lock();
    try {
      long from = after > l.last ? 0 : after;
      while (true) {
        List<Line> found = l.lines.stream().filter(line -> line.number() > from).toList();
        if (!found.isEmpty() || left <= 0 || l.gone) {
          return found;
        }
        left = l.more.awaitNanos(left);
      }
    } finally {
      l.lock.unlock();
    }
  }

  /** How many apps have lines, or are waited for. */
  int apps() {
    return apps.size();
  }
}
