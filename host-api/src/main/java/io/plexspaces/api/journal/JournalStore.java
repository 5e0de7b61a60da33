package io.plexspaces.api.journal;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.HostException;
import java.util.List;

/** The journals of a node. Thread-safe. */
public interface JournalStore extends AutoCloseable {
  /**
   * The journal of an actor. Cheap: no file is made or opened before it is needed. At most one may
   * be open for an actor at a time.
   */
  Journal journal(ActorId actor, JournalOptions options);

  /**
   * Actors of {@code app} that may have work of their own to do after a restart: too many perhaps,
   * never too few. Blocking.
   */
  List<Pending> pending(AppId app);

  /**
   * An actor that may have something to do.
   *
   * @param effects whether it may have effects that no receiver has yet
   * @param nextDueMillis no timer of it falls due earlier; {@link Long#MAX_VALUE} if it has none
   */
  record Pending(ActorId actor, boolean effects, long nextDueMillis) {}

  /** Every actor of {@code app} that has a journal. Blocking. */
  List<ActorId> actors(AppId app);

  /**
   * Removes the journal of one actor; on return it is gone for good, and a later one of the same
   * actor begins anew under a higher epoch. Blocking.
   *
   * @return whether there was one
   * @throws HostException FAILED_PRECONDITION if it is open
   */
  boolean delete(ActorId actor);

  /** Removes all journals of an app; none of them may be open. Blocking. */
  void purge(AppId app);

  /** Drains and closes all journals. */
  @Override
  void close();
}
