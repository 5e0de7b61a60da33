package io.plexspaces.store.log;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.journal.TupleChange;
import io.plexspaces.api.journal.TurnRecord;
import java.util.List;

/** What the stores of a node put into the log; {@link LogRecords} makes bytes of it. */
public sealed interface LogRecord {
  AppId app();

  /**
   * A turn of a durable actor.
   *
   * @param epoch of its journal
   */
  record Turn(ActorId actor, long epoch, TurnRecord turn) implements LogRecord {
    @Override
    public AppId app() {
      return actor.app();
    }
  }

  /**
   * The journal of an actor is gone, with every turn of an epoch up to this one.
   *
   * @param epoch the last one of the journal
   */
  record Deleted(ActorId actor, long epoch) implements LogRecord {
    @Override
    public AppId app() {
      return actor.app();
    }
  }

  /** All journals and spaces of an app are gone, with everything before this record. */
  record Purged(AppId app) implements LogRecord {}

  /** What actors without durability did to the durable spaces of an app. */
  record SpaceChanges(AppId app, List<TupleChange> changes) implements LogRecord {
    public SpaceChanges {
      changes = List.copyOf(changes);
    }
  }
}
