package io.plexspaces.engine;

import io.plexspaces.api.HostException;
import io.plexspaces.api.journal.TimerChange;
import io.plexspaces.engine.plan.TimerRule;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The timers of one actor, by id and in the order in which they fall due. Not thread-safe. */
final class TimerSet {
  private final Map<String, Armed> byId = new HashMap<>();
  private final TreeSet<Armed> order =
      new TreeSet<>(Comparator.<Armed>comparingLong(a -> a.look).thenComparing(a -> a.set.id()));

  private long bytes;

  /** A timer that is set. */
  static final class Armed {
    private final TimerChange.Set set;
    private final TimerRule rule;

    /** When it is to be looked at: when it is due, or later. */
    private long look;

    /** Its last message, as its owner tells messages apart; null while none is under way. */
    @Nullable Object last;

    Armed(TimerChange.Set set, TimerRule rule) {
      this.set = set;
      this.rule = rule;
      this.look = set.dueMillis();
    }

    TimerChange.Set set() {
      return set;
    }

    TimerRule rule() {
      return rule;
    }
  }

  int size() {
    return byId.size();
  }

  /** What the payloads of all of them take. */
  long bytes() {
    return bytes;
  }

  boolean isEmpty() {
    return byId.isEmpty();
  }

  TimerChange.@Nullable Set find(String id) {
    Armed a = byId.get(id);
    return a == null ? null : a.set;
  }

  @Nullable Armed armed(String id) {
    return byId.get(id);
  }

  List<String> ids() {
    return List.copyOf(byId.keySet());
  }

  /** A timer that has fallen due, set for its next time. */
  static TimerChange.Set next(Armed a, long now) {
    TimerChange.Set s = a.set;
    long due = a.rule.next(s.dueMillis(), now);
    return new TimerChange.Set(s.id(), due, s.target(), s.op(), s.payload(), s.rule());
  }

  /** Sets a timer, in place of the one that has its id. */
  Armed put(TimerChange.Set set) {
    Armed a = new Armed(set, rule(set));
    Armed before = byId.put(set.id(), a);
    bytes += set.payload().size();
    if (before != null) {
      bytes -= before.set.payload().size();
      order.remove(before);
      a.last = before.last;
    }
    order.add(a);
    return a;
  }

  /** One that no longer means anything, for a zone that is gone perhaps, falls due a last time. */
  private static TimerRule rule(TimerChange.Set set) {
    try {
      return TimerRule.parse(set.rule());
    } catch (HostException e) {
      System.getLogger(TimerSet.class.getName())
          .log(
              System.Logger.Level.WARNING,
              "timer " + set.id() + " to " + set.target() + " ends: " + e.getMessage());
      return new TimerRule.Once();
    }
  }

  void remove(String id) {
    Armed before = byId.remove(id);
    if (before != null) {
      bytes -= before.set.payload().size();
      order.remove(before);
    }
  }

  void apply(TimerChange change) {
    switch (change) {
      case TimerChange.Set s -> put(s);
      case TimerChange.Cancelled(String id) -> remove(id);
    }
  }

  /** When the first is to be looked at; {@link Long#MAX_VALUE} if there is none. */
  long next() {
    return order.isEmpty() ? Long.MAX_VALUE : order.first().look;
  }

  /** The first if it is to be looked at by now, or null. */
  @Nullable Armed due(long now) {
    return next() <= now ? order.first() : null;
  }

  /** It is not to be looked at before {@code at}. */
  void lookAgain(Armed a, long at) {
    order.remove(a);
    a.look = at;
    order.add(a);
  }

  /** Whether what {@code s} asks for is set already, whenever it is due. */
  boolean has(TimerChange.Set s) {
    TimerChange.@Nullable Set there = find(s.id());
    return there != null
        && there.rule().equals(s.rule())
        && there.op().equals(s.op())
        && there.target().equals(s.target())
        && there.payload().equals(s.payload());
  }

  void clear() {
    byId.clear();
    order.clear();
    bytes = 0;
  }
}
