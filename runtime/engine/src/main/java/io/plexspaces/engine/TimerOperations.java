package io.plexspaces.engine;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import io.plexspaces.api.journal.TimerChange;
import io.plexspaces.api.op.Effect;
import io.plexspaces.api.op.HostOperation;
import io.plexspaces.api.op.TurnParticipant;
import io.plexspaces.engine.plan.CronExpression;
import io.plexspaces.engine.plan.TimerFacet;
import io.plexspaces.engine.plan.TimerRule;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** {@code send_after}, {@code send_every}, {@code schedule_cron} and {@code cancel_timer}. */
final class TimerOperations {
  static final long MAX_MILLIS = TimeUnit.DAYS.toMillis(3652);
  static final long MIN_PERIOD_MILLIS = 10;
  private static final String TYPE = MessagingOperations.TYPE;

  private TimerOperations() {}

  static List<HostOperation> all() {
    return List.of(
        new HostOperation("send_after", Effect.DEFERRED, (t, r) -> sendAfter((Turn) t, r)),
        new HostOperation("send_every", Effect.DEFERRED, (t, r) -> sendEvery((Turn) t, r)),
        new HostOperation("schedule_cron", Effect.DEFERRED, (t, r) -> scheduleCron((Turn) t, r)),
        new HostOperation("cancel_timer", Effect.DEFERRED, (t, r) -> cancel((Turn) t, r)));
  }

  private static Frame sendAfter(Turn turn, Frame request) {
    Arguments args = Arguments.of("send_after", request, Set.of("delay_ms", "target", "op", TYPE));
    long delay = millis(args, "delay_ms", 0);
    return set(turn, args, request, new TimerRule.Once(), turn.nowMillis() + delay);
  }

  private static Frame sendEvery(Turn turn, Frame request) {
    Arguments args = Arguments.of("send_every", request, Set.of("period_ms", "target", "op", TYPE));
    TimerRule rule = new TimerRule.Every(millis(args, "period_ms", MIN_PERIOD_MILLIS));
    return set(turn, args, request, rule, rule.first(turn.nowMillis()));
  }

  private static Frame scheduleCron(Turn turn, Frame request) {
    Arguments args =
        Arguments.of("schedule_cron", request, Set.of("expr", "target", "op", "tz", TYPE));
    String zone = args.header().get("tz") == null ? "UTC" : args.string("tz");
    TimerRule rule;
    try {
      rule =
          new TimerRule.Cron(CronExpression.parse(args.string("expr")), CronExpression.zone(zone));
    } catch (HostException e) {
      throw new HostException(e.code(), "schedule_cron: " + e.error().message());
    }
    return set(turn, args, request, rule, rule.first(turn.nowMillis()));
  }

  private static long millis(Arguments args, String name, long min) {
    long ms = args.millis(name, -1, min);
    if (ms < 0) {
      throw args.bad(name, "is missing");
    }
    if (ms > MAX_MILLIS) {
      throw args.bad(name, "must be at most " + MAX_MILLIS + " (ten years)");
    }
    return ms;
  }

  private static Frame set(Turn turn, Arguments args, Frame request, TimerRule rule, long due) {
    AppRuntime app = turn.cell().app();
    String target = app.addressOf(args.string("target"));
    String op = args.string("op");
    Payload payload = MessagingOperations.payload(request, args);
    check(app, target, op, payload, due);
    TurnTimers timers = of(turn);
    String id = timers.nextId(turn, payload);
    timers.add(turn, new TimerChange.Set(id, due, target, op, payload, rule.text()));
    return Frame.ofBody(Json.write(new Value.Str(id)));
  }

  /** The operation takes the payload with the time it was due, or else without. */
  private static void check(AppRuntime app, String target, String op, Payload payload, long due) {
    try {
      app.engine().checkEffect(app, target, op, DuePayload.with(payload, due));
    } catch (HostException e) {
      app.engine().checkEffect(app, target, op, payload);
    }
  }

  private static Frame cancel(Turn turn, Frame request) {
    Arguments args = Arguments.of("cancel_timer", request, Set.of("id"));
    String id = args.string("id");
    if (TimerFacet.isFacet(id)) {
      throw new HostException(
          ErrorCode.INVALID_ARGUMENT,
          "cancel_timer: \"" + id + "\" is set by the app's configuration and ends with its facet");
    }
    of(turn).add(turn, new TimerChange.Cancelled(id));
    return Frame.ofBody(Json.write(Value.NULL));
  }

  private static TurnTimers of(Turn turn) {
    return turn.participant("timers", () -> new TurnTimers(turn.cell()));
  }

  /** The timer that a facet of the actor asks for, if it is set at {@code now}. */
  static TimerChange.Set byFacet(ActorCell cell, TimerFacet f, long now) {
    return new TimerChange.Set(
        f.id(),
        f.rule().first(now),
        cell.id().address(),
        f.op(),
        Payload.EMPTY_OBJECT,
        f.rule().text());
  }

  /** Sets and cancels an actor's timers in memory so that they are those of the configuration. */
  static void settleFacets(ActorCell cell) {
    MemoryTimers memory = cell.app().memoryTimers();
    long now = cell.app().engine().clock().millis();
    List<String> kept = new ArrayList<>();
    for (TimerFacet f : cell.plan().timers()) {
      if (!f.durable()) {
        kept.add(f.id());
        TimerChange.Set wanted = byFacet(cell, f, now);
        if (!memory.has(cell.id(), wanted)) {
          memory.apply(cell.id(), List.of(wanted));
        }
      }
    }
    memory.retain(cell.id(), TimerFacet.TIMER, kept);
  }

  /** What a turn does to its actor's timers. A durable actor's are part of its record. */
  private static final class TurnTimers implements TurnParticipant {
    private final ActorCell cell;
    private final List<TimerChange> inMemory = new ArrayList<>();
    private final Set<String> touched = new HashSet<>();
    private int set;
    private long bytes;

    TurnTimers(ActorCell cell) {
      this.cell = cell;
    }

    /** An init that runs again sets what it has set before, and not another one beside it. */
    String nextId(Turn turn, Payload payload) {
      DurableTimers durable = cell.reminders();
      int there = durable != null ? durable.size() : cell.app().memoryTimers().size(cell.id());
      if (there + set >= Timers.MAX_PER_ACTOR) {
        throw new HostException(
            ErrorCode.RESOURCE_EXHAUSTED,
            cell.id().address()
                + " has "
                + Timers.MAX_PER_ACTOR
                + " timers already: cancel some, or let one timer serve many things");
      }
      bytes += payload.size();
      long kept = durable != null ? durable.bytes() : cell.app().memoryTimers().bytes(cell.id());
      if (kept + bytes > Timers.MAX_BYTES_PER_ACTOR) {
        throw new HostException(
            ErrorCode.RESOURCE_EXHAUSTED,
            "the payloads of the timers of "
                + cell.id().address()
                + " would take more than "
                + (Timers.MAX_BYTES_PER_ACTOR >> 20)
                + " MiB: let them name what the actor keeps in its state");
      }
      int n = set++;
      return turn.op().equals("init") ? "init-" + n : turn.nextEffectId().toString();
    }

    void add(Turn turn, TimerChange change) {
      DurableTimers durable = cell.reminders();
      boolean first = touched.add(change.id());
      if (first
          && change instanceof TimerChange.Set s
          && (durable != null ? durable.has(s) : cell.app().memoryTimers().has(cell.id(), s))) {
        return; // it keeps its phase
      }
      if (durable != null) {
        turn.addTimerChange(change);
      } else {
        inMemory.add(change);
      }
    }

    @Override
    public void commit() {
      if (!inMemory.isEmpty()) {
        cell.app().memoryTimers().apply(cell.id(), inMemory);
      }
    }

    @Override
    public void rollBack() {
      inMemory.clear();
    }
  }
}
