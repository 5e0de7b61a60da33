package io.plexspaces.engine;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostException;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.journal.TimerChange;
import io.plexspaces.api.journal.TupleChange;
import io.plexspaces.api.journal.TurnRecord.Outgoing;
import io.plexspaces.api.journal.TurnRecord.Step;
import io.plexspaces.api.op.HostOperation;
import io.plexspaces.api.op.TurnParticipant;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a turn has collected, to take hold with its commit or not at all: participants, messages,
 * timers, and for a durable actor the results of its host calls. Made when there is the first of
 * it. Used by the turn's thread, but for what says otherwise.
 */
final class TurnTransaction {
  /** Of what one turn may record, and of what it may send. */
  static final long MAX_BYTES = 64L << 20;

  /** What a step or a message takes beside its payload. */
  private static final int ENTRY_BYTES = 256;

  /** Less is not worth the node's counting. */
  private static final long CHARGED_FROM = 64 << 10;

  private final ActorCell cell;
  private @Nullable Map<Object, TurnParticipant> participants;
  private @Nullable List<Step> steps;
  private @Nullable List<Outgoing> effects;
  private @Nullable List<TimerChange> timers;
  private long stepBytes;
  private long effectBytes;
  private long chargedBytes;
  private boolean handedOn;

  TurnTransaction(ActorCell cell) {
    this.cell = cell;
  }

  // ---- participants

  <P extends TurnParticipant> P participant(Object key, Supplier<P> factory) {
    if (participants == null) {
      participants = new LinkedHashMap<>(4);
    }
    TurnParticipant p = participants.get(key);
    if (p == null) {
      p = factory.get();
      participants.put(key, p);
    }
    @SuppressWarnings("unchecked") // one key is only ever used with one factory
    P typed = (P) p;
    return typed;
  }

  /** What participants want on disk with this turn. Once, before it is appended. */
  List<TupleChange> tupleChanges() {
    if (participants == null) {
      return List.of();
    }
    List<TupleChange> all = List.of();
    for (TurnParticipant p : participants.values()) {
      List<TupleChange> its = p.changes();
      if (all.isEmpty()) {
        all = its;
      } else if (!its.isEmpty()) {
        all = new ArrayList<>(all);
        all.addAll(its);
      }
    }
    return all;
  }

  /** By the thread that knows how the commit ended. */
  void commitParticipants() {
    if (participants != null) {
      List<TurnParticipant> all = new ArrayList<>(participants.values());
      participants = null;
      tell(all, TurnParticipant::commit);
    }
  }

  /** By the thread that knows how the turn ended. */
  void rollBackParticipants() {
    if (participants != null) {
      List<TurnParticipant> reverse = new ArrayList<>(participants.values()).reversed();
      participants = null;
      tell(reverse, TurnParticipant::rollBack);
    }
  }

  /** Each is told, whatever another does. */
  private void tell(List<TurnParticipant> all, Consumer<TurnParticipant> end) {
    for (TurnParticipant p : all) {
      try {
        end.accept(p);
      } catch (RuntimeException | Error e) {
        cell.app().engine().bug("ending a turn of " + cell.id(), e);
      }
    }
  }

  // ---- messages and timers

  /**
   * Collects a message that leaves with the commit; its number within the actor is given when the
   * turn is appended.
   *
   * @throws HostException RESOURCE_EXHAUSTED if the turn sends more than a record takes
   */
  void addEffect(int n, MessageId id, String target, String op, Payload payload) {
    long more = (long) ENTRY_BYTES + payload.size() + target.length() + op.length();
    if (effectBytes + more > MAX_BYTES) {
      throw new HostException(
          ErrorCode.RESOURCE_EXHAUSTED,
          "this turn sends more than "
              + (MAX_BYTES >> 20)
              + " MiB, all that the journal takes of one turn of a durable actor: send the rest in"
              + " further turns");
    }
    effectBytes += more;
    charge();
    if (effects == null) {
      effects = new ArrayList<>();
    }
    effects.add(new Outgoing(n, 0, id, target, op, payload, false));
  }

  List<Outgoing> effects() {
    return effects == null ? List.of() : effects;
  }

  /** Takes out what is to leave before the turn ends, in its order. */
  List<Outgoing> takeEffects(Predicate<Outgoing> which) {
    if (effects == null) {
      return List.of();
    }
    List<Outgoing> taken = effects.stream().filter(which).toList();
    effects.removeAll(taken);
    return taken;
  }

  /** Collects what the commit does to the actor's reminders. */
  void addTimerChange(TimerChange change) {
    if (timers == null) {
      timers = new ArrayList<>(2);
    }
    timers.add(change);
  }

  List<TimerChange> timers() {
    return timers == null ? List.of() : timers;
  }

  // ---- steps

  /**
   * Called before a host call whose result will be recorded: all of it is in the heap until the
   * commit.
   *
   * @throws HostException RESOURCE_EXHAUSTED
   */
  void requireRoomForSteps() {
    if (stepBytes >= MAX_BYTES) {
      throw new HostException(
          ErrorCode.RESOURCE_EXHAUSTED,
          "this turn has read and asked for "
              + (MAX_BYTES >> 20)
              + " MiB, all that the journal takes of one turn of a durable actor: do the rest"
              + " in further turns, with messages to itself");
    }
    charge();
  }

  void addStep(HostOperation op, Frame input, byte[] result, boolean failed) {
    stepBytes += ENTRY_BYTES + result.length;
    if (steps == null) {
      steps = new ArrayList<>();
    }
    steps.add(
        new Step(
            steps.size(),
            op.name(),
            Digests.sha256(input.header(), input.body()),
            Payload.json(result),
            failed));
  }

  List<Step> steps() {
    return steps == null ? List.of() : steps;
  }

  // ---- what all that takes of the node's memory

  private void charge() {
    long uncharged = stepBytes + effectBytes - chargedBytes;
    if (uncharged >= CHARGED_FROM) {
      cell.app().engine().relieveMemory();
      cell.app().engine().budget().charge(uncharged);
      synchronized (this) {
        chargedBytes += uncharged;
      }
    }
  }

  /** What was collected is the commit's now: it gives the memory back. */
  void handOn() {
    handedOn = true;
  }

  /** The turn is over; nobody needs what it has collected, unless its commit does. */
  void drop() {
    if (!handedOn) {
      release();
    }
  }

  /** Gives back what was charged, once. The store's threads as well. */
  void release() {
    long bytes;
    synchronized (this) {
      bytes = chargedBytes;
      chargedBytes = 0;
    }
    if (bytes > 0) {
      cell.app().engine().budget().release(bytes);
    }
  }

  static String digest(String target, String op, Payload payload) {
    return Digests.sha256(
        (target + "\n" + op + "\n" + payload.contentType() + "\n").getBytes(StandardCharsets.UTF_8),
        payload.bytes());
  }
}
