package io.plexspaces.engine;

import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.journal.TurnRecord;
import io.plexspaces.api.journal.TurnRecord.Outgoing;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A turn of a durable actor that runs no handler: it only writes something down, and what that
 * sends leaves when it is on disk. {@link ActorCell#record} takes one from any thread; it comes
 * ahead of the actor's messages and behind the turn that runs. The guest need not be in memory.
 * Exactly one of {@link #recorded} and {@link #failed} is called, unless {@link #note} is null.
 */
interface SilentTurn {
  /**
   * What is to be written: asked on the worker that runs the cell, with the journal open, so the
   * actor's memory may be looked at.
   *
   * @return null if there is nothing to write any more
   * @throws HostException why it cannot be written; {@link #failed} is told
   */
  @Nullable Note note(Worker worker);

  /** It is durable, and what it sends is on its way. Any thread; must not block. */
  void recorded();

  /** Nothing of it is durable, nor will be. Any thread; must not block. */
  void failed(HostError why);

  /** The cell has left memory: as {@link #failed}, but a later cell of the same actor may do it. */
  default void gone(HostError why) {
    failed(why);
  }

  /**
   * What a silent turn leaves.
   *
   * @param message what the turn is known by
   * @param kind accept, timer, early or dead; see {@link TurnRecord}
   * @param effects whose numbers are given when the turn is appended
   * @param rest says what else there is: timers, dead letters, a key
   */
  record Note(
      MessageId message, String op, String kind, Payload input, List<Outgoing> effects, Rest rest) {

    /** Adds to a record. */
    @FunctionalInterface
    interface Rest {
      Rest NOTHING = b -> {};

      void addTo(TurnRecord.Builder b);
    }
  }
}
