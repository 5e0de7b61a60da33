package io.plexspaces.store;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes the files follow the log: each some time after it fell behind, those that the log waits for
 * at once and synced. Nothing runs while nothing is to be done. Thread-safe.
 */
final class Applier implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Applier.class.getName());

  /**
   * @param delayMillis how long a file may be behind; what comes meanwhile goes with one
   *     transaction
   * @param quietMillis after so much quiet everything is synced, so that the log is empty
   */
  record Pace(long delayMillis, long quietMillis) {
    static final Pace DEFAULT = new Pace(500, 2_000);
  }

  private final Pace pace;
  private final NodeLog log;
  private final PendingIndex index;
  private final IoPool threads;
  private final Consumer<ActorId> synced;
  private final ScheduledExecutorService timer;

  /** Those whose records the log must keep, by the first of them. */
  private final ConcurrentSkipListMap<Need, Following> needs = new ConcurrentSkipListMap<>();

  /** Several may need the same record: that of a purge concerns all actors of an app. */
  private record Need(long position, long follower) implements Comparable<Need> {
    @Override
    public int compareTo(Need o) {
      int byPosition = Long.compare(position, o.position);
      return byPosition != 0 ? byPosition : Long.compare(follower, o.follower);
    }
  }

  /** Other positions that the log must keep. */
  private final Set<Long> pins = ConcurrentHashMap.newKeySet();

  /** Who waits for room on the disk. */
  private final Set<Following> full = ConcurrentHashMap.newKeySet();

  /** What lies below is synced, and named by the index where it must be. */
  private volatile long safe;

  private final AtomicLong wanted = new AtomicLong();
  private final AtomicBoolean rounds = new AtomicBoolean();
  private final AtomicBoolean watched = new AtomicBoolean();
  private volatile long lastActive = System.nanoTime();
  private final IoPool keeper = new IoPool("store-keeper", 1);
  private int failedRounds;

  /**
   * @param synced told of each that needs nothing of the log any more
   */
  Applier(Pace pace, NodeLog log, PendingIndex index, IoPool threads, Consumer<ActorId> synced) {
    this.pace = pace;
    this.synced = synced;
    this.log = log;
    this.index = index;
    this.threads = threads;
    ScheduledThreadPoolExecutor t =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().name("store-timer").daemon().factory());
    t.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    this.timer = t;
  }

  /**
   * What the log must keep for {@code f} has changed; 0 stands for nothing. Calls for one come one
   * at a time.
   */
  void need(Following f, long before, long now) {
    if (now != 0) {
      needs.put(new Need(now, f.number()), f);
    }
    if (before != 0) {
      needs.remove(new Need(before, f.number()), f);
    }
  }

  void pin(long position) {
    pins.add(position);
  }

  void unpin(long position) {
    pins.remove(position);
  }

  /** As {@link LogFollower#needed}. */
  long needed() {
    return safe;
  }

  private long least() {
    // Looked up as one: who moves from place to place is at the new one before it leaves the old.
    Map.Entry<Need, Following> first = needs.firstEntry();
    long least = first == null ? Long.MAX_VALUE : first.getKey().position();
    for (long pin : pins) {
      least = Math.min(least, pin);
    }
    return least;
  }

  /** {@code f} has fallen behind. */
  void soon(Following f) {
    lastActive = System.nanoTime();
    after(pace.delayMillis(), () -> now(f));
    watch();
  }

  /** {@code f} is far behind. */
  void now(Following f) {
    try {
      threads.execute(() -> follow(f));
    } catch (HostException closed) {
      // What is not applied now is at the next start.
    }
  }

  private void after(long millis, Runnable body) {
    try {
      var _ = timer.schedule(body, millis, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException closed) {
      // As above.
    }
  }

  private void follow(Following f) {
    f.unschedule();
    HostException failure = apply(f, false);
    if (failure != null && f.isToBeRetried()) {
      after(f.backOffMillis(), () -> now(f));
    }
  }

  private @Nullable HostException apply(Following f, boolean sync) {
    HostException failure;
    try {
      f.apply(sync);
      if (full.remove(f) && full.isEmpty()) {
        log.resumed();
      }
      if (sync) {
        synced.accept(f.actor());
      }
      return null;
    } catch (HostException e) {
      failure = e;
    } catch (RuntimeException | Error e) {
      failure = new HostException(ErrorCode.INTERNAL, "journal of " + f.actor() + ": " + e, e);
    }
    LOG.log(System.Logger.Level.WARNING, "journal of " + f.actor(), failure);
    if (SqliteErrors.isNoRoom(failure)) {
      full.add(f);
      log.stalled(failure);
    } else {
      f.refuse(failure);
    }
    return failure;
  }

  /** As {@link LogFollower#wanted}. */
  void wanted(long position) {
    wanted.accumulateAndGet(position, Math::max);
    if (rounds.compareAndSet(false, true)) {
      try {
        keeper.execute(this::round);
      } catch (HostException closed) {
        rounds.set(false);
      }
    }
  }

  private void round() {
    rounds.set(false);
    long position = wanted.getAndSet(0);
    if (syncBelow(position)) {
      failedRounds = 0;
      return;
    }
    long again = Math.min(5_000L, 100L << Math.min(failedRounds++, 6));
    after(again, () -> wanted(position));
  }

  /**
   * Applies and syncs what the log holds below {@code position}, and releases it.
   *
   * @return whether all of it could be
   */
  private boolean syncBelow(long position) {
    List<Following> behind = new ArrayList<>(needs.headMap(new Need(position, 0)).values());
    List<CompletableFuture<@Nullable HostException>> results = new ArrayList<>();
    for (Following f : behind) {
      results.add(CompletableFuture.supplyAsync(() -> apply(f, true), threads));
    }
    List<Following> stuck = new ArrayList<>();
    for (int i = 0; i < behind.size(); i++) {
      HostException failure = IoPool.await(results.get(i));
      if (failure != null) {
        stuck.add(behind.get(i));
      }
    }
    if (!release()) {
      return false;
    }
    // What cannot be applied must not keep the log from being used again.
    boolean moved = false;
    boolean left = false;
    for (Following f : stuck) {
      boolean aside = !full.contains(f) && f.keepAside();
      moved |= aside;
      left |= !aside;
    }
    return (!moved || release()) && !left;
  }

  /** The index must name what only the log has named so far. */
  private boolean release() {
    try {
      // In this order: what is given to us later is not below, and what has been applied is in the
      // index's queue before it is not needed any more.
      long told = log.told();
      long to = Math.min(told, least());
      index.flush();
      safe = to;
      log.released();
      return true;
    } catch (HostException e) {
      LOG.log(System.Logger.Level.WARNING, "the log cannot be released", e);
      return false;
    }
  }

  /** Waits for quiet, while the log holds something. */
  void watch() {
    if (watched.compareAndSet(false, true)) {
      after(pace.quietMillis(), this::quiet);
    }
  }

  private void quiet() {
    watched.set(false);
    long quiet = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - lastActive);
    if (quiet >= pace.quietMillis()) {
      wanted(Long.MAX_VALUE);
    } else if (!needs.isEmpty()) {
      watch();
    }
  }

  /** Applies, syncs and releases everything, as far as that is possible. */
  @Override
  public void close() {
    timer.shutdownNow();
    keeper.close();
    IoPool last = new IoPool("store-keeper", 1);
    try {
      boolean _ = last.call(() -> syncBelow(Long.MAX_VALUE));
    } finally {
      last.close();
    }
  }

  /** Applies, syncs and releases what the log holds now, as far as that is possible. */
  void settle() {
    boolean _ = keeper.call(() -> syncBelow(Long.MAX_VALUE));
  }
}
