package io.plexspaces.api.journal;

import io.plexspaces.api.AppId;
import io.plexspaces.api.HostException;
import java.util.List;

/**
 * Where durable tuple spaces are kept. What a durable actor's turn does to them is in its {@link
 * TurnRecord}; this is for everybody else. Thread-safe.
 */
public interface SpaceStore {
  /**
   * The tuples of a space that are neither taken nor, by the host's clock, expired; in the order of
   * their numbers. Blocking.
   *
   * @throws HostException DATA_LOSS naming the file if it is damaged, UNAVAILABLE if it cannot be
   *     read now
   */
  Contents load(AppId app, String space);

  /**
   * @param lastTuple the highest number that was ever given in the space, 0 if none was
   */
  record Contents(List<TupleChange.Written> tuples, long lastTuple) {
    public Contents {
      tuples = List.copyOf(tuples);
    }
  }

  /**
   * Writes what an actor without durability did. Returns at once; becomes durable in the order of
   * the calls and of the turns appended to any journal, so nothing that was seen in between can be
   * there without it.
   */
  void append(AppId app, List<TupleChange> changes, CommitListener listener);

  /**
   * Whether a space can still be written. At once, without a lock: it is asked at every operation.
   *
   * @throws HostException DATA_LOSS naming the file if it was found damaged
   */
  void check(AppId app, String space);

  /** Whether the app has durable spaces, empty ones included. Blocking. */
  boolean exists(AppId app);

  /** Removes all spaces of an app, none of which may be in use. Blocking. */
  void purge(AppId app);
}
