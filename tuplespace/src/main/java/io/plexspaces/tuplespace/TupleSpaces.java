package io.plexspaces.tuplespace;

import io.plexspaces.api.AppId;
import io.plexspaces.api.Telemetry;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * The tuple spaces of a node: one an app, made at its first use, in memory. Thread-safe; no method
 * here waits.
 */
public final class TupleSpaces {
  /** What the tuples of an app may count for unless said otherwise: 64 MiB. */
  public static final long DEFAULT_MAX_BYTES = 64L << 20;

  private final Map<AppId, TupleSpace> spaces = new ConcurrentHashMap<>();
  private final Telemetry telemetry;
  private final LongSupplier nanoTime;
  private final RandomGenerator random;
  private final long maxBytes;

  /**
   * @param nanoTime a monotonic clock in nanoseconds, the one that deadlines are by
   * @param random makes leases of different lives of a space different; thread-safe
   * @param maxBytes what the tuples of one app may count for: 512 a tuple, 16 a value, and the
   *     content of strings and bytes
   */
  public TupleSpaces(
      Telemetry telemetry, LongSupplier nanoTime, RandomGenerator random, long maxBytes) {
    this.telemetry = telemetry;
    this.nanoTime = nanoTime;
    this.random = random;
    this.maxBytes = maxBytes;
  }

  /** How many tuples the app's space holds, taken but uncommitted ones included. */
  public int size(AppId app) {
    TupleSpace space = spaces.get(app);
    return space == null ? 0 : space.size();
  }

  /** How many calls of the app's actors wait, for a tuple or for another turn to end. */
  public int waiting(AppId app) {
    TupleSpace space = spaces.get(app);
    return space == null ? 0 : space.waiting();
  }

  /**
   * Drops the app's space with all that is in it. Every call that waits there ends with
   * UNAVAILABLE. To be called after the app's actors have stopped: a call that comes later begins a
   * new, empty space.
   */
  public void remove(AppId app) {
    TupleSpace space = spaces.remove(app);
    if (space != null) {
      space.close();
    }
  }

  Telemetry telemetry() {
    return telemetry;
  }

  TupleSpace space(AppId app) {
    return spaces.computeIfAbsent(
        app,
        a -> new TupleSpace(a, HexFormat.of().toHexDigits(random.nextLong()), nanoTime, maxBytes));
  }
}
