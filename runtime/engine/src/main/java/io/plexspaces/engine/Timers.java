package io.plexspaces.engine;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.journal.TimerChange;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** The timers of the node's actors: their schedule, and what happens when one is due. */
final class Timers implements AutoCloseable {
  /** Of one actor. */
  static final int MAX_PER_ACTOR = 10_000;

  /** Of the payloads of one actor's timers. */
  static final long MAX_BYTES_PER_ACTOR = 16L << 20;

  private final ActorEngine engine;
  private final Schedule schedule;

  Timers(ActorEngine engine, InstantSource clock) {
    this.engine = engine;
    this.schedule = new Schedule(clock, this::due);
  }

  Schedule schedule() {
    return schedule;
  }

  /**
   * What the journals know of an actor's reminders at its app's start: that none of them falls due
   * earlier. An actor that is in memory knows better.
   */
  void resume(ActorId actor, long nextDueMillis) {
    Schedule.Key key = new Schedule.Key(actor, true);
    if (nextDueMillis != Long.MAX_VALUE && schedule.due(key).isEmpty()) {
      schedule.set(key, nextDueMillis);
    }
  }

  /** The actor is deleted. */
  void forget(ActorId actor) {
    schedule.set(new Schedule.Key(actor, true), Long.MAX_VALUE);
  }

  /**
   * An actor's next time, whether it is in memory or not; empty if it has no timer. One that was
   * due and is being handled counts with a time shortly after.
   */
  OptionalLong next(ActorId actor) {
    long next =
        Math.min(
            schedule.due(new Schedule.Key(actor, true)).orElse(Long.MAX_VALUE),
            schedule.due(new Schedule.Key(actor, false)).orElse(Long.MAX_VALUE));
    return next == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(next);
  }

  /** The schedule's thread: one thread an app, so that none waits for another. */
  private void due(List<Schedule.Key> keys) {
    Map<AppId, List<Schedule.Key>> byApp = new LinkedHashMap<>();
    for (Schedule.Key k : keys) {
      byApp.computeIfAbsent(k.actor().app(), a -> new ArrayList<>()).add(k);
    }
    byApp.forEach((id, some) -> {
      AppRuntime app = engine.runningOrNull(id);
      if (app != null) {
        Thread.startVirtualThread(() -> some.forEach(k -> due(app, k)));
      }
    });
  }

  private void due(AppRuntime app, Schedule.Key k) {
    try {
      if (k.durable()) {
        app.find(k.actor().localAddress()).remindersDue();
      } else {
        app.memoryTimers().due(k.actor());
      }
    } catch (HostException e) {
      // A child that its supervisor is about to start comes back by itself; it is looked at again.
      engine.debug("the timers of " + k.actor() + " wait: " + e.error().message());
      if (e.code() == ErrorCode.NOT_FOUND) {
        engine.warn(k.actor() + " has reminders and cannot be activated: " + e.error().message());
        schedule.set(k, Long.MAX_VALUE); // until the app is started again
      }
    } catch (RuntimeException | Error e) {
      engine.bug("waking " + k.actor() + " for its timers", e);
    }
  }

  /** The message of a timer that was due. */
  Payload payload(AppRuntime from, TimerChange.Set timer) {
    Payload with = DuePayload.with(timer.payload(), timer.dueMillis());
    if (with.equals(timer.payload())) {
      return with;
    }
    try {
      ActorId target = ActorId.parse(from.id().tenant(), timer.target());
      @Nullable AppRuntime app = engine.runningOrNull(target.app());
      if (app != null) {
        app.checkInput(target.type(), timer.op(), with);
      }
      return with;
    } catch (HostException e) {
      return timer.payload(); // an operation that takes no further fields does not get one
    }
  }

  @Override
  public void close() {
    schedule.close();
  }
}
