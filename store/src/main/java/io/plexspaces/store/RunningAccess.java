package io.plexspaces.store;

import io.plexspaces.api.ActorId;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;

/** Files that a node writes meanwhile. */
record RunningAccess(SqliteJournalStore journals) implements StoreUpkeep.Access {
  @Override
  public Connection open(Path file) throws SQLException {
    return ReadOnly.shared(file, SqliteFiles.of(StoreOptions.DEFAULT));
  }

  @Override
  public void settle(ActorId actor) {
    journals.settle(actor);
  }

  @Override
  public LogContents log() {
    return LogContents.NONE;
  }
}
