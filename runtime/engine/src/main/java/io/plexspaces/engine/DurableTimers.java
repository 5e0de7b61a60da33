package io.plexspaces.engine;

import io.plexspaces.api.HostError;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import io.plexspaces.api.journal.TimerChange;
import io.plexspaces.api.journal.TurnRecord.Outgoing;
import io.plexspaces.engine.TimerSet.Armed;
import io.plexspaces.engine.plan.TimerFacet;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The reminders of one durable actor: as its journal will have them when all that was appended is
 * on disk. The node's schedule is told of a change when it is. Used by the worker that runs the
 * cell, but for what says otherwise.
 */
final class DurableTimers {
  private static final int MAX_BATCH = 64;

  /** When another cell may be there, after this one has left memory. */
  private static final long GONE_MILLIS = 50;

  private final ActorCell cell;
  private final Ledger ledger;
  private final Schedule.Key key;
  private final TimerSet timers = new TimerSet();
  private final AtomicBoolean queued = new AtomicBoolean();

  /** For readers of the actor's status. */
  private volatile int size;

  /** The number of the last message that a commit has let out. */
  private volatile long lastOut;

  DurableTimers(ActorCell cell, Ledger ledger) {
    this.cell = cell;
    this.ledger = ledger;
    this.key = new Schedule.Key(cell.id(), true);
  }

  private Schedule schedule() {
    return cell.app().engine().timers().schedule();
  }

  private long now() {
    return cell.app().engine().clock().millis();
  }

  /** How many are set. Any thread, perhaps a moment late. */
  int size() {
    return size;
  }

  /** What their payloads take; of the worker that runs the cell. */
  long bytes() {
    return timers.bytes();
  }

  boolean has(TimerChange.Set wanted) {
    return timers.has(wanted);
  }

  /**
   * The journal was read: these are set.
   *
   * @param lastNumber of its last effect
   */
  void recovered(List<TimerChange.Set> all, long lastNumber) {
    Set<String> ids = new HashSet<>();
    all.forEach(s -> ids.add(s.id()));
    for (String id : timers.ids()) {
      if (!ids.contains(id)) {
        timers.remove(id);
      }
    }
    for (TimerChange.Set s : all) {
      Armed a = timers.put(s); // what is under way of one that was set before is so still
      if (a.last instanceof Long number && number > lastNumber) {
        a.last = null; // it was lost with its turn
      }
    }
    lastOut = lastNumber;
    size = timers.size();
    schedule().set(key, timers.next());
  }

  /**
   * What an appended turn does to the reminders; the schedule is told when it is committed.
   *
   * @param outputs what else the commit releases
   */
  CommitPipeline.Gated appended(List<TimerChange> changes, CommitPipeline.Gated outputs) {
    if (changes.isEmpty()) {
      return outputs;
    }
    changes.forEach(timers::apply);
    size = timers.size();
    long next = timers.next();
    return new CommitPipeline.Gated() {
      @Override
      public void released() {
        schedule().set(key, next); // whoever has the reply finds its timer set
        outputs.released();
      }

      @Override
      public void cancelled(HostError why) {
        outputs.cancelled(why);
      }
    };
  }

  /** Whether the message with this number waits for its commit or for its receiver. */
  private boolean isUnderWay(long number) {
    return number > lastOut || cell.outbox().isUnderWay(number);
  }

  /** What has to change so that the reminders are those of the configuration. */
  List<TimerChange> facetChanges() {
    List<TimerChange> changes = new ArrayList<>();
    List<String> kept = new ArrayList<>();
    for (TimerFacet f : cell.plan().timers()) {
      if (f.durable()) {
        kept.add(f.id());
        TimerChange.Set wanted = TimerOperations.byFacet(cell, f, now());
        if (!timers.has(wanted)) {
          changes.add(wanted);
        }
      }
    }
    for (String id : timers.ids()) {
      if (TimerFacet.isFacet(id) && !kept.contains(id)) {
        changes.add(new TimerChange.Cancelled(id));
      }
    }
    return changes;
  }

  /** Something may be due. Any thread. */
  void due() {
    if (queued.compareAndSet(false, true)) {
      cell.record(new Firing());
    }
  }

  /** Reminders that are due, in one record with their messages. */
  private final class Firing implements SilentTurn {
    private long lastNumber;

    @Override
    public @Nullable Note note(Worker worker) {
      queued.set(false);
      cell.outbox().requireRoom();
      lastNumber = ledger.lastNumber();
      List<TimerChange> changes = new ArrayList<>(facetChanges());
      changes.forEach(timers::apply);
      List<Outgoing> effects = new ArrayList<>();
      List<Value> fired = new ArrayList<>();
      MessageId message = cell.app().engine().newMessageId();
      String op = "";
      long now = now();
      Armed a = timers.due(now);
      while (a != null && effects.size() < MAX_BATCH) {
        TimerChange.Set s = a.set();
        if (!a.rule().isOnce() && a.last instanceof Long last && isUnderWay(last)) {
          // Its last message is not handled yet: this one is left out.
          timers.lookAgain(a, a.rule().next(s.dueMillis(), now));
        } else {
          op = effects.isEmpty() ? s.op() : op;
          Outgoing e = message(message, effects.size(), s);
          effects.add(e);
          fired.add(Value.Obj.builder().put("timer", s.id()).put("due_ms", s.dueMillis()).build());
          lastNumber++;
          changes.add(after(a, now));
        }
        a = timers.due(now);
      }
      size = timers.size();
      if (changes.isEmpty()) {
        if (ledger.pipeline().isSettled()) {
          // Else a commit in flight will say it, or the schedule asks again.
          schedule().set(key, timers.next());
        }
        cell.atRest(); // it may have been made for nothing
        return null;
      }
      Payload input = Payload.json(new Value.Arr(fired));
      return new Note(message, op, "timer", input, effects, b -> b.timers(changes));
    }

    private Outgoing message(MessageId of, int n, TimerChange.Set s) {
      Payload p = cell.app().engine().timers().payload(cell.app(), s);
      return new Outgoing(n, 0, of.derive(n), s.target(), s.op(), p, false);
    }

    private TimerChange after(Armed a, long now) {
      TimerChange change =
          a.rule().isOnce() ? new TimerChange.Cancelled(a.set().id()) : TimerSet.next(a, now);
      timers.apply(change);
      Armed following = timers.armed(a.set().id());
      if (following != null) {
        following.last = lastNumber;
      }
      return change;
    }

    @Override
    public void recorded() {
      lastOut = lastNumber;
    }

    @Override
    public void failed(HostError why) {
      // The journal still has them: the schedule asks again after a while.
      cell.app().engine().debug("reminders of " + cell.id() + " wait: " + why.message());
    }

    @Override
    public void gone(HostError why) {
      schedule().set(key, now() + GONE_MILLIS);
    }
  }
}
