package io.plexspaces.system.crash;

import io.plexspaces.api.Payload;
import io.plexspaces.api.RequestContext;
import io.plexspaces.api.Role;
import io.plexspaces.api.Telemetry;
import io.plexspaces.api.Value;
import io.plexspaces.api.journal.JournalStore;
import io.plexspaces.engine.ActorEngine;
import io.plexspaces.engine.Engine;
import io.plexspaces.store.DataDirectory;
import io.plexspaces.store.NodeLog;
import io.plexspaces.store.SqliteJournalStore;
import io.plexspaces.store.StoreOptions;
import io.plexspaces.store.log.LogOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The bank on a store and an engine as a node has them, without what a crash cannot reach. */
final class BankNode implements AutoCloseable {
  /** Few files open, so that files are closed and opened again all the time. */
  private static final StoreOptions OPTIONS = new StoreOptions(4, 12, Duration.ofSeconds(2));

  private final DataDirectory data;
  private final NodeLog log;
  private final JournalStore store;
  private final Engine engine;

  private BankNode(DataDirectory data, NodeLog log, JournalStore store, Engine engine) {
    this.data = data;
    this.log = log;
    this.store = store;
    this.engine = engine;
  }

  /**
   * @param planted puts something between engine and store; the identity, but for tests of the test
   */
  static BankNode start(Path directory, InstantSource clock, UnaryOperator<JournalStore> planted) {
    DataDirectory data = DataDirectory.open(directory);
    NodeLog log = new NodeLog(data, LogOptions.DEFAULT, clock);
    JournalStore store = null;
    Engine engine = null;
    boolean started = false;
    try {
      store = new SqliteJournalStore(data, log, OPTIONS, Telemetry.NONE, clock);
      log.start();
      engine = ActorEngine.builder().workers(2).journals(planted.apply(store)).clock(clock).build();
      engine.start(Bank.plan(), Bank.module());
      started = true;
      return new BankNode(data, log, store, engine);
    } finally {
      if (!started) {
        close(engine, store, log, data);
      }
    }
  }

  Payload ask(String account, String op, Payload payload, @Nullable String key) {
    return engine.ask(context(), Bank.actor(account), op, payload, key);
  }

  Bank.Standing standing(int account) {
    Payload p = ask(Bank.account(account), Bank.GET, Payload.EMPTY_OBJECT, null);
    return Bank.Standing.of((Value.Obj) p.value());
  }

  private static RequestContext context() {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    return new RequestContext(Bank.APP.tenant(), "client", Set.of(Role.INVOKER), deadline, "");
  }

  /** Gracefully: what is under way ends, and all is in the files. */
  @Override
  public void close() {
    close(engine, store, log, data);
  }

  private static void close(
      @Nullable Engine engine, @Nullable JournalStore store, NodeLog log, DataDirectory data) {
    try (data;
        log) {
      try {
        if (engine != null) {
          engine.close();
        }
      } finally {
        if (store != null) {
          store.close();
        }
      }
    }
  }
}
