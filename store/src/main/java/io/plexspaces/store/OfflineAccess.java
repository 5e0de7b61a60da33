package io.plexspaces.store;

import io.plexspaces.api.ActorId;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;

/** Files that nobody writes. */
final class OfflineAccess implements StoreUpkeep.Access {
  OfflineAccess(DataDirectory data) {}

  @Override
  public Connection open(Path file) throws SQLException {
    return ReadOnly.alone(file);
  }

  @Override
  public void settle(ActorId actor) {}

  @Override
  public LogContents log() {
    return LogContents.NONE;
  }
}
