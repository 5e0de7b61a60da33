package io.plexspaces.engine.plan;

/**
 * A timer that an actor has by its configuration; it sends to the actor itself.
 *
 * @param id of the timer; unique within the actor
 * @param durable whether it outlives the node (a reminder)
 * @param op of the message; its payload is an empty object
 * @param rule not {@link TimerRule.Once}
 */
public record TimerFacet(String id, boolean durable, String op, TimerRule rule) {
  /** What ids of reminders by facet begin with. */
  public static final String REMINDER = "reminder:";

  /** What ids of timers by facet begin with. */
  public static final String TIMER = "timer:";

  public static TimerFacet reminder(String op, TimerRule rule) {
    return new TimerFacet(REMINDER + op, true, op, rule);
  }

  public static TimerFacet timer(String op, TimerRule rule) {
    return new TimerFacet(TIMER + op, false, op, rule);
  }

  /** Whether a timer with this id belongs to the configuration, not to the actor's code. */
  public static boolean isFacet(String id) {
    return id.startsWith(REMINDER) || id.startsWith(TIMER);
  }
}
