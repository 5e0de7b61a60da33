package io.plexspaces.api;

/**
 * Where the rooms report what happens. Called on hot paths by many threads: implementations must
 * not block. Names and labels of the series are the gateway's concern.
 */
public interface Telemetry {
  Telemetry NONE = new Telemetry() {};

  /**
   * A message was handled.
   *
   * @param kind ask, send, state
   * @param outcome ok, business, error, crashed, expired, rejected
   * @param turnNanos how long its turn ran, 0 if none did
   */
  default void message(ActorId actor, String kind, String outcome, long turnNanos) {}

  default void restarted(ActorId actor) {}

  default void deadLetter(ActorId actor, String reason) {}

  /** A journal commit of {@code turns} turns became durable. */
  default void journalCommit(ActorId actor, int turns, long nanos) {}

  default void tupleOperation(AppId app, String operation) {}

  /** An app was removed: its series may go. */
  default void appRemoved(AppId app) {}
}
