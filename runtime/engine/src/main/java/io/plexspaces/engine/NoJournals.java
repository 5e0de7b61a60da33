package io.plexspaces.engine;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.api.journal.JournalOptions;
import io.plexspaces.api.journal.JournalStore;
import java.util.List;

/** An engine without a store: it refuses durable actors. */
enum NoJournals implements JournalStore {
  INSTANCE;

  @Override
  public Journal journal(ActorId actor, JournalOptions options) {
    throw new HostException(
        ErrorCode.FAILED_PRECONDITION,
        actor.address() + " has the durability facet, but this engine has no journal store");
  }

  @Override
  public List<Pending> pending(AppId app) {
    return List.of();
  }

  @Override
  public List<ActorId> actors(AppId app) {
    return List.of();
  }

  @Override
  public boolean delete(ActorId actor) {
    return false;
  }

  @Override
  public void purge(AppId app) {}

  @Override
  public void close() {}
}
