package io.plexspaces.store;

import io.plexspaces.store.log.LogRecord;

/**
 * A store whose files follow the node's log. It is given the records that are on disk in the log,
 * applies them to its files when it likes, and says how far it needs the log.
 */
interface LogFollower {
  /**
   * A record: at the start each that the log still holds, later each that is committed, in the
   * order of their positions. What the store has applied before a restart may come again. Must not
   * block and must not throw: other records wait behind it.
   */
  void record(long position, LogRecord record);

  /** All records that the log held at the start have been given. Blocking is allowed. */
  default void started() {}

  /**
   * The log wants everything below {@code position} to be released. Must not block: the store
   * begins to apply and sync, and calls {@link NodeLog#released} when it has.
   */
  void wanted(long position);

  /**
   * The lowest position that the store still needs: of all records before it, what concerns this
   * store is in its files and synced. {@link Long#MAX_VALUE} if it needs none of those that it was
   * given. Any thread.
   */
  long needed();
}
