package io.plexspaces.engine;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.journal.TimerChange;
import io.plexspaces.engine.TimerSet.Armed;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The timers of an app's actors that are in no journal. They outlive an actor's passivation, for
 * that is no end, and go with its crash, its stop or the app. A message that its receiver cannot
 * take now is tried again; one that is lost later is lost, as any message without a journal.
 * Thread-safe.
 */
final class MemoryTimers {
  private static final int MAX_BATCH = 256;
  private static final long RETRY_MILLIS = 200;
  private static final long MAX_RETRY_MILLIS = 5_000;
  private static final long IN_DELIVERY_MILLIS = 60_000;

  private final AppRuntime app;

  /** Looked at and changed in {@code compute} only. */
  private final ConcurrentMap<ActorId, TimerSet> owners = new ConcurrentHashMap<>();

  /** One message of a timer. */
  private static final class Delivery {
    final ActorId owner;
    final Armed timer;
    final TimerChange.Set set;

    Delivery(ActorId owner, Armed timer) {
      this.owner = owner;
      this.timer = timer;
      this.set = timer.set();
    }
  }

  MemoryTimers(AppRuntime app) {
    this.app = app;
  }

  private Schedule schedule() {
    return app.engine().timers().schedule();
  }

  /** How many timers an actor has. */
  int size(ActorId owner) {
    int[] n = new int[1];
    owners.computeIfPresent(
        owner,
        (k, set) -> {
          n[0] = set.size();
          return set;
        });
    return n[0];
  }

  /** What the payloads of an actor's timers take. */
  long bytes(ActorId owner) {
    long[] n = new long[1];
    owners.computeIfPresent(
        owner,
        (k, set) -> {
          n[0] = set.bytes();
          return set;
        });
    return n[0];
  }

  /** Whether an actor has such a timer already, whenever it is due. */
  boolean has(ActorId owner, TimerChange.Set wanted) {
    boolean[] there = new boolean[1];
    owners.computeIfPresent(
        owner,
        (k, set) -> {
          there[0] = set.has(wanted);
          return set;
        });
    return there[0];
  }

  /** What a committed turn has set and cancelled. */
  void apply(ActorId owner, List<TimerChange> changes) {
    change(owner, set -> changes.forEach(set::apply));
  }

  /** The actor begins anew, or is gone. */
  void clear(ActorId owner) {
    if (owners.containsKey(owner)) {
      change(owner, TimerSet::clear);
    }
  }

  /** The app is gone. */
  void clear() {
    owners.keySet().forEach(this::clear);
  }

  /** Removes what begins with {@code prefix} and is not among {@code kept}. */
  void retain(ActorId owner, String prefix, List<String> kept) {
    if (owners.containsKey(owner)) {
      change(
          owner,
          set -> {
            for (String id : set.ids()) {
              if (id.startsWith(prefix) && !kept.contains(id)) {
                set.remove(id);
              }
            }
          });
    }
  }

  private void change(ActorId owner, Consumer<TimerSet> how) {
    owners.compute(
        owner,
        (k, before) -> {
          TimerSet set = before == null ? new TimerSet() : before;
          how.accept(set);
          schedule().set(new Schedule.Key(owner, false), set.next());
          return set.isEmpty() ? null : set;
        });
  }

  /** Sends what is due. Does not wait for receivers. */
  void due(ActorId owner) {
    long now = app.engine().clock().millis();
    List<Delivery> due = new ArrayList<>();
    change(
        owner,
        set -> {
          Armed a = set.due(now);
          while (a != null && due.size() < MAX_BATCH) {
            if (a.last == null) {
              Delivery d = new Delivery(owner, a);
              a.last = d;
              due.add(d);
              set.lookAgain(a, now + IN_DELIVERY_MILLIS);
            } else if (a.rule().isOnce()) {
              set.lookAgain(a, now + IN_DELIVERY_MILLIS); // its message is on its way
            } else {
              set.lookAgain(a, a.rule().next(a.set().dueMillis(), now));
            }
            a = set.due(now);
          }
        });
    due.forEach(this::deliver);
  }

  private void deliver(Delivery d) {
    HostException failed = null;
    try {
      app.engine().deliverTimer(app, d.owner, d.set, new Handled(d));
    } catch (HostException e) {
      failed = e;
    }
    boolean passing =
        failed != null
            && (failed.code() == ErrorCode.UNAVAILABLE
                || (failed.code() == ErrorCode.RESOURCE_EXHAUSTED && failed.error().retryable()));
    if (failed != null && !passing) {
      app.engine().undeliverable(d.owner, d.set.op(), d.set.target(), failed.error().message());
    }
    boolean sent = failed == null;
    change(d.owner, set -> after(set, d, sent, passing));
  }

  private void after(TimerSet set, Delivery d, boolean sent, boolean passing) {
    if (set.armed(d.set.id()) != d.timer) {
      return; // cancelled or set anew meanwhile
    }
    long now = app.engine().clock().millis();
    if (!sent) {
      d.timer.last = null;
    }
    if (passing) {
      long late = Math.max(0, now - d.set.dueMillis());
      set.lookAgain(d.timer, now + Math.min(MAX_RETRY_MILLIS, Math.max(RETRY_MILLIS, late)));
    } else if (d.timer.rule().isOnce()) {
      set.remove(d.set.id());
    } else {
      set.put(TimerSet.next(d.timer, now));
    }
  }

  /** Learns when the receiver has handled a message, which nobody waits for. */
  private final class Handled extends ReplySlot {
    private final Delivery delivery;

    Handled(Delivery delivery) {
      this.delivery = delivery;
    }

    @Override
    void complete(Reply r) {
      handled(delivery, r instanceof Reply.Failed f ? f.error().message() : null);
    }
  }

  /** Only now may the timer's next message follow. */
  private void handled(Delivery d, @Nullable String lost) {
    if (lost != null) {
      app.engine().undeliverable(d.owner, d.set.op(), d.set.target(), lost);
    }
    owners.computeIfPresent(
        d.owner,
        (k, set) -> {
          Armed a = set.armed(d.set.id());
          if (a != null && a.last == d) {
            a.last = null;
          }
          return set;
        });
  }
}
