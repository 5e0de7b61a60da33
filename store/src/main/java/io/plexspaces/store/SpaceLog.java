package io.plexspaces.store;

import io.plexspaces.api.HostException;
import io.plexspaces.store.log.LogListener;
import io.plexspaces.store.log.LogRecord;

/** What the spaces need of the node's log. Thread-safe. */
interface SpaceLog {
  /**
   * Appends a record that depends on no other. Returns at once; who follows the log has the record
   * before the listener is told.
   */
  void append(LogRecord record, LogListener listener);

  /** Above the position of every record so far. */
  long end();

  /** What the spaces need of the log has become less. */
  void released();

  /** Nothing can be released for now; appends may have to fail. */
  void stalled(HostException failure);

  /** Ends {@link #stalled}. */
  void resumed();
}
