package io.plexspaces.store;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.Telemetry;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.api.journal.JournalOptions;
import io.plexspaces.api.journal.JournalStore;
import io.plexspaces.store.log.LogOptions;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/** A journal store on a directory of its own, with a clock that tests set. */
final class Store implements AutoCloseable {
  static final SqliteFiles FILES = new SqliteFiles(Duration.ofSeconds(2), true, 0);

  /** Small segments, so that tests see them used again. */
  static final LogOptions LOG = new LogOptions(1 << 20, 8L << 20);

  final DataDirectory data;
  final NodeLog log;
  final SqliteJournalStore journals;
  final AtomicLong now = new AtomicLong(5000);

  /** Turns of each commit. */
  final List<Integer> commits = new CopyOnWriteArrayList<>();

  Store(Path root) {
    this(root, StoreOptions.DEFAULT, FILES);
  }

  Store(Path root, StoreOptions options, SqliteFiles settings) {
    this(root, options, settings, LOG);
  }

  Store(Path root, StoreOptions options, SqliteFiles settings, LogOptions logOptions) {
    this(root, options, settings, logOptions, Applier.Pace.DEFAULT);
  }

  Store(
      Path root,
      StoreOptions options,
      SqliteFiles settings,
      LogOptions logOptions,
      Applier.Pace pace) {
    data = DataDirectory.open(root);
    Telemetry telemetry =
        new Telemetry() {
          @Override
          public void journalCommit(ActorId actor, int turns, long nanos) {
            commits.add(turns);
          }
        };
    InstantSource clock = () -> Instant.ofEpochMilli(now.get());
    log = new NodeLog(data, logOptions, clock);
    journals = new SqliteJournalStore(data, log, options, telemetry, clock, settings, pace);
    log.start();
  }

  /** The journal of an actor, recovered. */
  Journal journal(String key) {
    return journal(key, JournalOptions.DEFAULT);
  }

  Journal journal(String key, JournalOptions options) {
    Journal j = journals.journal(Turns.actor(key), options);
    var _ = j.recover();
    return j;
  }

  /** Everything that the log has is in the files. */
  Path settled(String key) {
    journals.settle();
    return file(key);
  }

  /** The actors that the index names. */
  List<ActorId> pending(AppId app) {
    return journals.pending(app).stream().map(JournalStore.Pending::actor).toList();
  }

  Path file(String key) {
    return file(data.root(), key);
  }

  static Path file(Path root, String key) {
    return root.resolve("journals/acme/shop/counter").resolve(FileNames.encode(key) + ".db");
  }

  /** What an outside program that opens the file sees. */
  static String query(Path file, String sql) {
    try (Connection c = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement s = c.createStatement();
        ResultSet r = s.executeQuery(sql)) {
      return r.next() ? String.valueOf(r.getString(1)) : "no row";
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  static void update(Path file, String sql) {
    try (Connection c = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement s = c.createStatement()) {
      s.executeUpdate(sql);
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    journals.close();
    log.close();
    data.close();
  }
}
