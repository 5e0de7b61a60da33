package io.plexspaces.store;

import io.plexspaces.api.ActorId;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * Files that a node writes meanwhile; what is in its log and not yet in a file is written first.
 */
record RunningAccess(SqliteJournalStore journals) implements StoreUpkeep.Access {
  @Override
  public Connection open(Path file) throws SQLException {
    return ReadOnly.shared(file, SqliteFiles.of(StoreOptions.DEFAULT));
  }

  @Override
  public Path current(ActorId actor, Path file) {
    journals.settle(actor);
    return file;
  }

  /** Of no use: the node writes to it, and gives its files what it has. */
  @Override
  public LogContents log() {
    return LogContents.NONE;
  }

  @Override
  public boolean running() {
    return true;
  }

  @Override
  public void close() {}
}
