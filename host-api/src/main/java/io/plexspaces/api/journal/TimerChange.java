package io.plexspaces.api.journal;

import io.plexspaces.api.Payload;

/** What a turn does to the actor's durable timers (its reminders). */
public sealed interface TimerChange {
  String id();

  /**
   * A timer that is set, or set anew.
   *
   * @param id unique within the actor
   * @param dueMillis by the host's clock, since 1970
   * @param target the receiver's address {@code app/type/key}
   * @param rule what follows when it has fallen due: "" for nothing; else as the engine writes it,
   *     {@code every <milliseconds>} or {@code cron <expression> <zone>}
   */
  record Set(String id, long dueMillis, String target, String op, Payload payload, String rule)
      implements TimerChange {}

  /** A timer that is gone: cancelled, or fallen due for the last time. */
  record Cancelled(String id) implements TimerChange {}
}
