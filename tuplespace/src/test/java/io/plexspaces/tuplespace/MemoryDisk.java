package io.plexspaces.tuplespace;

import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.journal.CommitListener;
import io.plexspaces.api.journal.SpaceStore;
import io.plexspaces.api.journal.TupleChange;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A disk that keeps what has been synced: all at once, or when the test says so. As a log does, it
 * keeps the order of the appends.
 */
final class MemoryDisk implements SpaceStore {
  private record Entry(List<TupleChange> changes, CommitListener listener) {}

  private final InstantSource clock;
  private final boolean atOnce;
  private final List<TupleChange> durable = new ArrayList<>();
  private final Deque<Entry> inFlight = new ArrayDeque<>();
  private volatile @Nullable HostException damage;
  private boolean unreachable;
  private int loads;

  /**
   * @param atOnce whether an append is durable when it returns; else {@link #sync} makes it so
   */
  MemoryDisk(InstantSource clock, boolean atOnce) {
    this.clock = clock;
    this.atOnce = atOnce;
  }

  @Override
  public synchronized void append(AppId app, List<TupleChange> changes, CommitListener listener) {
    inFlight.add(new Entry(changes, listener));
    if (atOnce) {
      sync(1);
    }
  }

  synchronized int inFlight() {
    return inFlight.size();
  }

  /** The first {@code n} appends in flight are on disk, and their turns are told. */
  synchronized void sync(int n) {
    for (int i = 0; i < n; i++) {
      Entry e = inFlight.removeFirst();
      durable.addAll(e.changes());
      e.listener().committed(null);
    }
  }

  /** Nothing that is in flight gets to the disk. */
  synchronized void fail() {
    List<Entry> lost = new ArrayList<>(inFlight);
    inFlight.clear();
    HostException full = new HostException(ErrorCode.UNAVAILABLE, "the disk is full");
    lost.forEach(e -> e.listener().committed(full));
  }

  /**
   * The process dies; {@code n} of the appends in flight had made it. Those who wait for them in
   * the dead process never hear that.
   */
  synchronized MemoryDisk crash(int n) {
    MemoryDisk after = new MemoryDisk(clock, atOnce);
    after.durable.addAll(durable);
    inFlight.stream().limit(n).forEach(e -> after.durable.addAll(e.changes()));
    fail();
    return after;
  }

  void damage(@Nullable String why) {
    damage = why == null ? null : new HostException(ErrorCode.DATA_LOSS, why);
  }

  synchronized void unreachable(boolean yes) {
    unreachable = yes;
  }

  synchronized int loads() {
    return loads;
  }

  /** All that was ever synced. */
  synchronized List<TupleChange> durable() {
    return List.copyOf(durable);
  }

  /** Called under the space's lock, which listeners want as well. */
  @Override
  public void check(AppId app, String space) {
    HostException found = damage;
    if (found != null) {
      throw new HostException(found.error());
    }
  }

  @Override
  public synchronized boolean exists(AppId app) {
    return !durable.isEmpty();
  }

  @Override
  public synchronized void purge(AppId app) {
    durable.clear();
  }

  @Override
  public synchronized Contents load(AppId app, String space) {
    loads++;
    if (unreachable) {
      throw new HostException(ErrorCode.UNAVAILABLE, "default.db is busy");
    }
    check(app, space);
    TreeMap<Long, TupleChange.Written> there = new TreeMap<>();
    long last = 0;
    for (TupleChange c : durable) {
      last = Math.max(last, c.tuple());
      switch (c) {
        case TupleChange.Written w -> there.put(w.tuple(), w);
        case TupleChange.Taken t -> there.remove(t.tuple());
      }
    }
    there.values().removeIf(w -> w.expiresAtMillis() <= clock.millis());
    return new Contents(List.copyOf(there.values()), last);
  }
}
