package io.plexspaces.api.op;

import io.plexspaces.api.journal.TupleChange;
import java.util.List;

/**
 * Something that takes part in a turn's transaction. Exactly one of {@link #commit} and {@link
 * #rollBack} is called, once.
 */
public interface TurnParticipant {
  /**
   * What must be on disk before {@link #commit}, in the order in which it is to be applied: in the
   * record of a durable actor's turn, else by itself. Called at most once, at the end of the turn,
   * on its thread; after it the turn does nothing more. If it cannot be written, the turn is rolled
   * back.
   */
  default List<TupleChange> changes() {
    return List.of();
  }

  /** The turn is committed (and durable, where the actor is): make deferred effects visible. */
  void commit();

  /** The turn failed: undo what was tentative, drop what was deferred. */
  void rollBack();
}
