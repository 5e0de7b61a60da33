package io.plexspaces.bench;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;

/**
 * Pekko Persistence with its JDBC journal on SQLite: one event of 300 bytes a change, synced before
 * the reply. SQLite is none of the databases that the plugin names; Slick knows it, and it works.
 * One connection, since SQLite has one writer; the plugin writes many actors' events in one
 * transaction.
 */
final class PekkoLedger implements DurableSystem {
  private static final Duration ASK = Duration.ofMillis(EngineApp.ASK_MILLIS);
  private static final String NOTE = "n".repeat(270);

  private final ActorSystem<Void> system;
  private final List<ActorRef<Credit>> ledgers;

  private record Credit(long by, ActorRef<Long> replyTo) {}

  PekkoLedger(Path directory, int actors)
      throws SQLException, ExecutionException, InterruptedException {
    Path file = directory.resolve("pekko.db");
    createTables(file);
    CompletableFuture<List<ActorRef<Credit>>> made = new CompletableFuture<>();
    system =
        ActorSystem.create(
            Behaviors.<Void>setup(context -> {
              List<ActorRef<Credit>> all = new ArrayList<>();
              for (int i = 0; i < actors; i++) {
                all.add(context.spawnAnonymous(new Ledger("ledger|" + i)));
              }
              made.complete(all);
              return Behaviors.empty();
            }),
            "bench",
            config(file));
    ledgers = made.get();
  }

  /** What the plugin expects, in SQLite's words. */
  private static void createTables(Path file) throws SQLException {
    try (Connection c = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement s = c.createStatement()) {
      s.execute("pragma journal_mode = wal");
      s.execute(
          """
          create table event_journal (
            ordering integer primary key autoincrement, deleted boolean not null default false,
            persistence_id text not null, sequence_number integer not null, writer text not null,
            write_timestamp integer not null, adapter_manifest text not null,
            event_payload blob not null, event_ser_id integer not null,
            event_ser_manifest text not null, meta_payload blob, meta_ser_id integer,
            meta_ser_manifest text)\
          """);
      s.execute(
          "create unique index event_journal_key on event_journal (persistence_id,"
              + " sequence_number)");
      s.execute("create table event_tag (event_id integer, tag text)");
      s.execute(
          """
          create table snapshot (
            persistence_id text not null, sequence_number integer not null,
            created integer not null, snapshot_ser_id integer not null,
            snapshot_ser_manifest text not null, snapshot_payload blob not null,
            meta_ser_id integer, meta_ser_manifest text, meta_payload blob,
            primary key (persistence_id, sequence_number))\
          """);
    }
  }

  private static Config config(Path file) {
    String slick =
        """
        slick {
          profile = "slick.jdbc.SQLiteProfile$"
          db {
            driver = "org.sqlite.JDBC"
            url = "jdbc:sqlite:%s?synchronous=FULL&journal_mode=WAL"
            numThreads = 1
            maxConnections = 1
            minConnections = 1
            queueSize = 100000
          }
        }
        """
            .formatted(file);
    return ConfigFactory.parseString(
            """
            pekko.persistence.journal.plugin = "jdbc-journal"
            pekko.persistence.snapshot-store.plugin = "jdbc-snapshot-store"
            pekko.persistence.max-concurrent-recoveries = 100
            pekko.stdout-loglevel = "ERROR"
            pekko.loglevel = "ERROR"
            jdbc-journal {
              bufferSize = 100000
              batchSize = 1000
              parallelism = 1
              %s
            }
            jdbc-snapshot-store { %s }
            """
                .formatted(slick, slick))
        .withFallback(PekkoWorkloads.config());
  }

  private static final class Ledger extends EventSourcedBehavior<Credit, String, Long> {
    Ledger(String id) {
      super(PersistenceId.ofUniqueId(id));
    }

    @Override
    public Long emptyState() {
      return 0L;
    }

    @Override
    public CommandHandler<Credit, String, Long> commandHandler() {
      return newCommandHandlerBuilder()
          .forAnyState()
          .onCommand(
              Credit.class,
              (state, command) ->
                  Effect()
                      .persist((state + command.by()) + " " + NOTE)
                      .thenRun(balance -> command.replyTo().tell(balance)))
          .build();
    }

    @Override
    public EventHandler<Long, String> eventHandler() {
      return newEventHandlerBuilder()
          .forAnyState()
          .onAnyEvent((state, event) -> Long.valueOf(event.substring(0, event.indexOf(' '))));
    }
  }

  @Override
  public void turn(int actor) {
    var _ =
        AskPattern.<Credit, Long>ask(
                ledgers.get(actor), to -> new Credit(1, to), ASK, system.scheduler())
            .toCompletableFuture()
            .join();
  }

  @Override
  public void close() {
    PekkoWorkloads.stop(system);
  }
}
