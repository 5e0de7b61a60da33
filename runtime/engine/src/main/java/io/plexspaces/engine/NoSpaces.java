package io.plexspaces.engine;

import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.journal.CommitListener;
import io.plexspaces.api.journal.SpaceStore;
import io.plexspaces.api.journal.TupleChange;
import java.util.List;

/** An engine without a store: it keeps no tuples. */
enum NoSpaces implements SpaceStore {
  INSTANCE;

  @Override
  public Contents load(AppId app, String space) {
    throw none(app);
  }

  @Override
  public void append(AppId app, List<TupleChange> changes, CommitListener listener) {
    listener.committed(none(app));
  }

  @Override
  public void check(AppId app, String space) {
    throw none(app);
  }

  @Override
  public boolean exists(AppId app) {
    return false;
  }

  @Override
  public void purge(AppId app) {}

  private static HostException none(AppId app) {
    return new HostException(
        ErrorCode.FAILED_PRECONDITION,
        "app \"" + app.name() + "\" has a durable space, but this engine has no store for it");
  }
}
