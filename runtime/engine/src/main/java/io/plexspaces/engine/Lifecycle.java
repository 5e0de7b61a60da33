package io.plexspaces.engine;

import static io.plexspaces.engine.ActorStatus.ActorState.FAILED;
import static io.plexspaces.engine.ActorStatus.ActorState.PASSIVE;
import static io.plexspaces.engine.ActorStatus.ActorState.RESTARTING;
import static io.plexspaces.engine.ActorStatus.ActorState.RUNNING;
import static io.plexspaces.engine.ActorStatus.ActorState.STARTING;
import static io.plexspaces.engine.ActorStatus.ActorState.STOPPED;
import static io.plexspaces.engine.ActorStatus.ActorState.STOPPING;

import io.plexspaces.engine.ActorStatus.ActorState;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The life of an actor as a table: what may happen in which state, and what comes of it. What is
 * not in the table does not happen. The diagram in {@code docs/actor-lifecycle.md} is made from it.
 */
final class Lifecycle {
  private Lifecycle() {}

  /** What can happen to an actor. */
  enum Event {
    /** Its first message, its supervisor, or its restart brings it to life. */
    ACTIVATE,
    /** Init has run, the stored state is in place. */
    ACTIVATED,
    /** It crashed; the supervisor will start it again. */
    CRASHED,
    /** Its memory is given up without a crash: idle, a lost commit, a limit. */
    PASSIVATE,
    /** It will not run again by itself. */
    FAIL,
    /** It may run again. */
    REVIVE,
    /** It is told to stop. */
    STOP,
    /** It has stopped. */
    STOPPED
  }

  /** One row. */
  record Transition(ActorState from, Event event, ActorState to) {}

  static final List<Transition> TABLE =
      List.of(
          new Transition(PASSIVE, Event.ACTIVATE, STARTING),
          new Transition(RESTARTING, Event.ACTIVATE, STARTING),
          new Transition(STARTING, Event.ACTIVATED, RUNNING),
          new Transition(STARTING, Event.CRASHED, RESTARTING),
          new Transition(RUNNING, Event.CRASHED, RESTARTING),
          new Transition(STARTING, Event.PASSIVATE, PASSIVE),
          new Transition(RUNNING, Event.PASSIVATE, PASSIVE),
          new Transition(STARTING, Event.FAIL, FAILED),
          new Transition(RUNNING, Event.FAIL, FAILED),
          new Transition(RESTARTING, Event.FAIL, FAILED),
          new Transition(FAILED, Event.REVIVE, PASSIVE),
          new Transition(PASSIVE, Event.STOP, STOPPING),
          new Transition(STARTING, Event.STOP, STOPPING),
          new Transition(RUNNING, Event.STOP, STOPPING),
          new Transition(RESTARTING, Event.STOP, STOPPING),
          new Transition(FAILED, Event.STOP, STOPPING),
          new Transition(STOPPING, Event.STOPPED, STOPPED));

  /** Where {@code event} leads, or empty if it cannot happen in {@code from}. */
  static Optional<ActorState> next(ActorState from, Event event) {
    for (Transition t : TABLE) {
      if (t.from() == from && t.event() == event) {
        return Optional.of(t.to());
      }
    }
    return Optional.empty();
  }

  /** The table as a Mermaid state diagram. */
  static String diagram() {
    StringBuilder s = new StringBuilder("stateDiagram-v2\n  [*] --> passive\n");
    for (Transition t : TABLE) {
      s.append("  ")
          .append(label(t.from()))
          .append(" --> ")
          .append(label(t.to()))
          .append(": ")
          .append(label(t.event()))
          .append('\n');
    }
    return s.append("  stopped --> [*]\n").toString();
  }

  private static String label(Enum<?> e) {
    return e.name().toLowerCase(Locale.ROOT);
  }
}
