package io.plexspaces.api.op;

import io.plexspaces.api.journal.TupleChange;
import java.util.List;

/**
 * Something that takes part in a turn's transaction. Exactly one of {@link #commit} and {@link
 * #rollBack} is called, once.
 */
public interface TurnParticipant {
  /**
   * What must be on disk together with the turn, in the order in which it is to be applied. Called
   * once, before {@link #commit} and before the turn's record is written, on the turn's thread.
   */
  default List<TupleChange> changes() {
    return List.of();
  }

  /** The turn is committed (and durable, where the actor is): make deferred effects visible. */
  void commit();

  /** The turn failed: undo what was tentative, drop what was deferred. */
  void rollBack();
}
