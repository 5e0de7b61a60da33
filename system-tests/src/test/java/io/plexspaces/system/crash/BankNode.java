package io.plexspaces.system.crash;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.RequestContext;
import io.plexspaces.api.Role;
import io.plexspaces.api.Telemetry;
import io.plexspaces.api.Value;
import io.plexspaces.api.journal.JournalStore;
import io.plexspaces.api.upkeep.Backups;
import io.plexspaces.api.upkeep.EffectQuery;
import io.plexspaces.engine.ActorEngine;
import io.plexspaces.engine.Engine;
import io.plexspaces.store.DataDirectory;
import io.plexspaces.store.NodeLog;
import io.plexspaces.store.SqliteJournalStore;
import io.plexspaces.store.SqliteSpaceStore;
import io.plexspaces.store.StoreBackups;
import io.plexspaces.store.StoreOptions;
import io.plexspaces.store.StoreUpkeep;
import io.plexspaces.store.log.LogOptions;
import io.plexspaces.tuplespace.TupleSpaceOperations;
import io.plexspaces.tuplespace.TupleSpaces;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The bank on a store and an engine as a node has them, without what a crash cannot reach. */
final class BankNode implements AutoCloseable {
  /** Few files open, so that files are closed and opened again all the time. */
  private static final StoreOptions OPTIONS = new StoreOptions(4, 12, Duration.ofSeconds(2));

  /** Small files, so that the log begins new ones and uses old ones again. */
  private static final LogOptions LOG = new LogOptions(64 << 10, 512 << 10);

  /** What to close, in reverse order of making. */
  private final Deque<AutoCloseable> parts;

  private final Engine engine;
  private final DataDirectory data;
  private final NodeLog log;
  private final SqliteJournalStore store;

  private BankNode(
      Deque<AutoCloseable> parts,
      Engine engine,
      DataDirectory data,
      NodeLog log,
      SqliteJournalStore store) {
    this.parts = parts;
    this.engine = engine;
    this.data = data;
    this.log = log;
    this.store = store;
  }

  /**
   * @param planted puts something between engine and store; the identity, but for tests of the test
   */
  static BankNode start(Path directory, InstantSource clock, UnaryOperator<JournalStore> planted) {
    Deque<AutoCloseable> parts = new ArrayDeque<>();
    try {
      DataDirectory data = keep(parts, DataDirectory.open(directory));
      NodeLog log = keep(parts, new NodeLog(data, LOG, clock));
      SqliteJournalStore store =
          keep(parts, new SqliteJournalStore(data, log, OPTIONS, Telemetry.NONE, clock));
      SqliteSpaceStore tuples = keep(parts, new SqliteSpaceStore(data, log, OPTIONS, clock));
      log.start();
      TupleSpaces spaces =
          new TupleSpaces(
              Telemetry.NONE, System::nanoTime, new SecureRandom(), TupleSpaces.DEFAULT_MAX_BYTES);
      Engine engine =
          keep(
              parts,
              ActorEngine.builder()
                  .workers(2)
                  .operations(new TupleSpaceOperations(spaces).operations())
                  .journals(planted.apply(store))
                  .spaces(tuples)
                  .clock(clock)
                  .build());
      spaces.durable(Bank.APP, tuples, clock);
      engine.start(Bank.plan(), Bank.module());
      return new BankNode(parts, engine, data, log, store);
    } catch (RuntimeException e) {
      try {
        close(parts);
      } catch (RuntimeException also) {
        e.addSuppressed(also);
      }
      throw e;
    }
  }

  private static <T extends AutoCloseable> T keep(Deque<AutoCloseable> parts, T part) {
    parts.push(part);
    return part;
  }

  Payload ask(String account, String op, Payload payload, @Nullable String key) {
    return engine.ask(context(), Bank.actor(account), op, payload, key);
  }

  /** Returns when it is on disk that this was sent. */
  void send(String account, String op, Payload payload, String key) {
    var _ = engine.send(context(), Bank.actor(account), op, payload, key);
  }

  Bank.Standing standing(int account) {
    Payload p = ask(Bank.account(account), Bank.GET, Payload.EMPTY_OBJECT, null);
    return Bank.Standing.of((Value.Obj) p.value());
  }

  /** Writes a backup while the bank works. */
  Backups.Backup backup(Path directory, String name) {
    try (StoreBackups backups =
        new StoreBackups(data, log, directory, "bank", "test", InstantSource.system())) {
      return backups.create(name);
    }
  }

  /** How many messages no receiver is known to have. */
  int undelivered() {
    int all = 0;
    try (StoreUpkeep upkeep = StoreUpkeep.of(data, store)) {
      for (ActorId actor : upkeep.actors(Bank.APP)) {
        all +=
            upkeep
                .effects(actor, new EffectQuery("pending", 0, 1000, false))
                .map(e -> e.array("effects").size())
                .orElse(0);
      }
    }
    return all;
  }

  private static RequestContext context() {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    return new RequestContext(Bank.APP.tenant(), "client", Set.of(Role.INVOKER), deadline, "");
  }

  /** Gracefully: what is under way ends, and all is in the files. */
  @Override
  public void close() {
    close(parts);
  }

  private static void close(Deque<AutoCloseable> parts) {
    while (!parts.isEmpty()) {
      try {
        parts.pop().close();
      } catch (Exception e) {
        throw new IllegalStateException("a part of the bank does not close", e);
      }
    }
  }
}
