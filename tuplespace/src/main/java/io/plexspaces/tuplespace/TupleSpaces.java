package io.plexspaces.tuplespace;

import io.plexspaces.api.AppId;
import io.plexspaces.api.Telemetry;
import io.plexspaces.api.journal.SpaceStore;
import io.plexspaces.api.op.TurnContext;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The tuple spaces of a node: one an app, in memory unless {@link #durable} says otherwise.
 * Thread-safe.
 */
public final class TupleSpaces {
  /** What the tuples of an app may count for unless said otherwise: 64 MiB. */
  public static final long DEFAULT_MAX_BYTES = 64L << 20;

  /** Spaces that are there; a durable one when it has been loaded. */
  private final Map<AppId, TupleSpace> spaces = new ConcurrentHashMap<>();

  /** Of apps whose space is durable, also after they have gone: nothing may be lost in memory. */
  private final Map<AppId, DurableSpace> durables = new ConcurrentHashMap<>();

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

  /**
   * The app's own space is on disk from now on; it is loaded at its first use or by {@link #load}.
   * To be called before the app's actors start. A durable space that is open already stays as it
   * is; one in memory is dropped.
   *
   * @param clock what the ends of tuples are by on disk
   */
  public void durable(AppId app, SpaceStore store, InstantSource clock) {
    DurableSpace before = durables.get(app);
    if (before == null || before.isGone()) {
      close(spaces.remove(app));
      SpaceDisk disk = new SpaceDisk(app, SpaceDisk.DEFAULT_SPACE, store, clock);
      durables.put(
          app, new DurableSpace(app, () -> TupleSpace.load(app, disk, nanoTime, maxBytes)));
    }
  }

  /** The app's own space is in memory from now on. To be called before the app's actors start. */
  public void inMemory(AppId app) {
    DurableSpace before = durables.remove(app);
    if (before != null) {
      before.end();
      close(spaces.remove(app));
    }
  }

  /**
   * Loads the app's space if it is durable and not there yet. Blocking.
   *
   * @throws io.plexspaces.api.HostException DATA_LOSS naming the file if it is damaged
   */
  public void load(AppId app) {
    DurableSpace durable = durables.get(app);
    if (durable != null) {
      durable.space(s -> spaces.put(app, s));
    }
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
   * Drops the app's space with all that is in memory of it. Every call that waits there ends with
   * UNAVAILABLE. To be called after the app's actors have stopped: a call that comes later begins a
   * new, empty space, or ends with UNAVAILABLE if the space was durable.
   */
  public void remove(AppId app) {
    DurableSpace durable = durables.get(app);
    if (durable != null) {
      durable.end();
    }
    close(spaces.remove(app));
  }

  private static void close(@Nullable TupleSpace space) {
    if (space != null) {
      space.close();
    }
  }

  Telemetry telemetry() {
    return telemetry;
  }

  /** The space of the turn's app; the turn waits while it is being loaded. */
  TupleSpace space(TurnContext turn) {
    AppId app = turn.self().app();
    TupleSpace there = spaces.get(app);
    if (there != null) {
      return there;
    }
    DurableSpace durable = durables.get(app);
    if (durable != null) {
      return turn.await(null, () -> durable.space(s -> spaces.put(app, s)));
    }
    return spaces.computeIfAbsent(
        app,
        a -> new TupleSpace(a, HexFormat.of().toHexDigits(random.nextLong()), nanoTime, maxBytes));
  }
}
