package io.plexspaces.bench;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Telemetry;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.journal.JournalOptions;
import io.plexspaces.store.DataDirectory;
import io.plexspaces.store.NodeLog;
import io.plexspaces.store.SqliteJournalStore;
import io.plexspaces.store.StoreOptions;
import io.plexspaces.store.log.LogOptions;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/** Durable actors of a module in an engine over a data directory, as a node has them. */
final class DurableActors implements DurableSystem {
  static final Payload BY_ONE = Payload.json("{\"by\":1}");

  private final DataDirectory data;
  private final NodeLog log;
  private final SqliteJournalStore journals;
  private final EngineApp app;
  private final List<ActorId> ids = new ArrayList<>();

  /**
   * @param module has a type "ledger" with an operation "credit"
   */
  DurableActors(Path directory, GuestModule module, int actors) {
    data = DataDirectory.open(directory);
    log = new NodeLog(data, LogOptions.DEFAULT, InstantSource.system());
    journals =
        new SqliteJournalStore(
            data, log, StoreOptions.DEFAULT, Telemetry.NONE, InstantSource.system());
    log.start();
    app = new EngineApp(module, journals, JournalOptions.DEFAULT);
    for (int i = 0; i < actors; i++) {
      ids.add(EngineApp.id(NativeLedger.TYPE, "a" + i));
    }
  }

  @Override
  public void turn(int actor) {
    var _ = app.ask(ids.get(actor), "credit", BY_ONE);
  }

  /** The reply of a turn. */
  String credit(int actor) {
    return app.ask(ids.get(actor), "credit", BY_ONE).toString();
  }

  @Override
  public void close() {
    app.close();
    journals.close();
    log.close();
    data.close();
  }
}
