package io.plexspaces.api.journal;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import java.util.List;

/** The journals of a node. Thread-safe. */
public interface JournalStore extends AutoCloseable {
  /**
   * The journal of an actor. Cheap: no file is made or opened before it is needed. At most one may
   * be open for an actor at a time.
   */
  Journal journal(ActorId actor, JournalOptions options);

  /**
   * Actors of {@code app} that may have undelivered effects: too many perhaps, never too few.
   * Blocking.
   */
  List<ActorId> pending(AppId app);

  /** Every actor of {@code app} that has a journal. Blocking. */
  List<ActorId> actors(AppId app);

  /** Removes all journals of an app; none of them may be open. Blocking. */
  void purge(AppId app);

  /** Drains and closes all journals. */
  @Override
  void close();
}
