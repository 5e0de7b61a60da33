package io.plexspaces.store;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.HostException;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The actors that {@code pending.db} names, as it is on disk.
 *
 * @param all whether every actor counts as named: the index is missing, and made anew at the next
 *     start, or cannot be read, which is told of itself
 */
record PendingNames(Set<ActorId> names, boolean all) {
  static final PendingNames NONE = new PendingNames(Set.of(), true);

  static PendingNames read(DataDirectory data, StoreUpkeep.Access access) {
    if (!Files.exists(data.pendingIndex())) {
      return NONE;
    }
    Set<ActorId> names = new HashSet<>();
    try (Connection c = access.open(data.pendingIndex());
        Statement s = c.createStatement();
        ResultSet r = s.executeQuery("select tenant, app, type, key from pending")) {
      while (r.next()) {
        names.add(
            new ActorId(new AppId(r.getString(1), r.getString(2)), r.getString(3), r.getString(4)));
      }
      return new PendingNames(names, false);
    } catch (SQLException | HostException e) {
      return NONE;
    }
  }

  boolean covers(@Nullable ActorId actor) {
    return all || actor == null || names.contains(actor);
  }
}
