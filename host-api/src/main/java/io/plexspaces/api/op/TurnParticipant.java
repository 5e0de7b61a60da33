package io.plexspaces.api.op;

/**
 * Something that takes part in a turn's transaction. Exactly one of its methods is called, once.
 */
public interface TurnParticipant {
  /** The turn is committed (and durable, where the actor is): make deferred effects visible. */
  void commit();

  /** The turn failed: undo what was tentative, drop what was deferred. */
  void rollBack();
}
