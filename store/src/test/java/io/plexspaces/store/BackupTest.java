package io.plexspaces.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Telemetry;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.api.journal.JournalOptions;
import io.plexspaces.api.journal.SpaceStore;
import io.plexspaces.api.journal.TupleChange;
import io.plexspaces.api.journal.TurnRecord;
import io.plexspaces.api.store.AppStore;
import io.plexspaces.api.upkeep.Backups.Backup;
import io.plexspaces.api.upkeep.Finding;
import io.plexspaces.store.log.LogOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Backups of a store that is written meanwhile, and what is restored from them. */
@Timeout(120)
class BackupTest {
  @TempDir Path dir;
  private Path root = Path.of("");
  private Path backups = Path.of("");

  @BeforeEach
  void paths() {
    root = dir.resolve("data");
    backups = dir.resolve("backups");
  }

  private StoreBackups of(Store store) {
    return new StoreBackups(
        store.data, store.log, backups, "n1", "0.1", () -> Instant.ofEpochMilli(77_000));
  }

  private Path restore(String name) {
    Path to = dir.resolve("restored-" + name);
    Backup _ = BackupReader.restore(backups.resolve(name), to, n -> {});
    return to;
  }

  @Test
  void whatIsRestoredIsWhatWasThereWithAppsAndArtifacts() {
    UpkeepFixture.make(root);
    try (Store store = new Store(root);
        SqliteAppStore apps = new SqliteAppStore(store.data);
        StoreBackups b = of(store)) {
      String digest = apps.putArtifact(new byte[] {1, 2, 3});
      apps.save(new AppStore.AppRecord(Turns.APP, "1", digest, "", true, 5));
      Backup made = b.create("one");
      assertThat(made.damaged()).isEmpty();
      assertThat(made.node()).isEqualTo("n1");
      assertThat(b.list()).containsExactly(made);
      assertThatThrownBy(() -> b.create("one")).hasMessageContaining("there is a backup \"one\"");
      assertThatThrownBy(() -> b.create("../x")).hasMessageContaining("cannot be called");
      assertThat(b.create("").name()).isEqualTo("19700101-000117-000");
    }
    Path restored = restore("one");
    assertThat(UpkeepFixture.damage(restored)).isEmpty();
    try (Store store = new Store(restored);
        SqliteAppStore apps = new SqliteAppStore(store.data)) {
      assertThat(apps.apps()).hasSize(1);
      assertThat(apps.artifact(apps.apps().getFirst().artifactDigest())).hasSize(3);
      for (String key : List.of("a", "b", "c")) {
        Journal j = store.journals.journal(Turns.actor(key), JournalOptions.DEFAULT);
        assertThat(j.recover().lastSeq()).isEqualTo(UpkeepFixture.TURNS);
        assertThat(j.watermark("shop/front/1").low()).isEqualTo(12);
        j.close();
      }
      assertThat(store.pending(Turns.APP)).contains(Turns.actor("a"), Turns.actor("b"));
    }
  }

  /**
   * Pairs of actors: the first sends in turn n, the second receives in its turn n and then only is
   * the first told. Whatever the cut, nobody has received what was not sent, what was received is
   * not lost, and what was acknowledged before the backup began is in it.
   */
  @Test
  void theCutIsConsistentOverAllActorsThatAreWrittenMeanwhile() throws Exception {
    int pairs = 8;
    AtomicBoolean stop = new AtomicBoolean();
    List<AtomicLong> acknowledged = new ArrayList<>();
    List<Long> before = new ArrayList<>();
    List<Long> after = new ArrayList<>();
    try (Store store = new Store(root);
        StoreBackups b = of(store);
        ExecutorService threads = Executors.newCachedThreadPool()) {
      CountDownLatch warm = new CountDownLatch(pairs);
      List<Future<?>> running = new ArrayList<>();
      for (int p = 0; p < pairs; p++) {
        AtomicLong known = new AtomicLong();
        acknowledged.add(known);
        Journal from = store.journal("from" + p);
        Journal to = store.journal("to" + p);
        int pair = p;
        running.add(
            threads.submit(() -> {
              for (long n = 1; !stop.get(); n++) {
                Turns.commit(from, sends(n, pair));
                Turns.commit(to, receives(n, pair));
                from.effectDone(n);
                known.set(n);
                if (n == 30) {
                  warm.countDown();
                }
              }
              return null;
            }));
      }
      warm.await();
      acknowledged.forEach(k -> before.add(k.get()));
      Backup made = b.create("busy");
      acknowledged.forEach(k -> after.add(k.get()));
      long more = acknowledged.getFirst().get() + 20;
      while (acknowledged.getFirst().get() < more) {
        Thread.onSpinWait();
      }
      stop.set(true);
      for (Future<?> f : running) {
        var _ = f.get();
      }
      assertThat(made.damaged()).isEmpty();
    }
    Path restored = restore("busy");
    assertThat(UpkeepFixture.damage(restored)).isEmpty();
    try (Store store = new Store(restored)) {
      for (int p = 0; p < pairs; p++) {
        Journal from = store.journals.journal(Turns.actor("from" + p), JournalOptions.DEFAULT);
        Journal to = store.journals.journal(Turns.actor("to" + p), JournalOptions.DEFAULT);
        var sent = from.recover();
        long received = to.recover().lastSeq();
        assertThat(received).isBetween(before.get(p), sent.lastSeq());
        assertThat(sent.lastSeq()).isBetween(received, received + 1);
        assertThat(received).as("nothing after the cut").isLessThanOrEqualTo(after.get(p) + 1);
        if (sent.lastSeq() > received) {
          assertThat(sent.pending().getLast().number()).isEqualTo(sent.lastSeq());
        }
        from.close();
        to.close();
      }
    }
    assertThat(UpkeepFixture.damage(restored)).isEmpty();
  }

  private static TurnRecord sends(long n, int pair) {
    TurnRecord.Outgoing e = Turns.effect(n, 0);
    return Turns.builder(n)
        .state(Payload.json("{\"sent\":" + n + "}"))
        .effects(
            List.of(
                new TurnRecord.Outgoing(
                    0, n, e.id(), "shop/counter/to" + pair, "take", e.payload(), false)))
        .build();
  }

  private static TurnRecord receives(long n, int pair) {
    return Turns.builder(n)
        .state(Payload.json("{\"got\":" + n + "}"))
        .received(new TurnRecord.Received("shop/counter/from" + pair, 1, n, n))
        .build();
  }

  @Test
  void anActorDeletedOrMadeWhileFilesAreCopiedIsAsAtTheCut() {
    UpkeepFixture.make(root);
    try (Store store = new Store(root)) {
      BackupWriter.Source slow =
          new Slow(
              new RunningSource(store.data, store.log),
              () -> {
                assertThat(store.journals.delete(Turns.actor("b"))).isTrue();
                turn(store, "new", 1);
                turn(store, "a", UpkeepFixture.TURNS + 1);
              },
              () -> turn(store, "a", UpkeepFixture.TURNS + 2));
      try (StoreBackups b =
          new StoreBackups(backups, slow, "n1", "0.1", () -> Instant.ofEpochMilli(1))) {
        Backup _ = b.create("x");
      }
    }
    try (Store store = new Store(restore("x"))) {
      assertThat(store.journals.actors(Turns.APP))
          .containsExactlyInAnyOrder(Turns.actor("a"), Turns.actor("c"), Turns.actor("new"));
      Journal a = store.journals.journal(Turns.actor("a"), JournalOptions.DEFAULT);
      assertThat(a.recover().lastSeq()).isEqualTo(UpkeepFixture.TURNS + 1);
    }
  }

  @Test
  void tuplesAreAtTheCutToo() {
    try (Spaces s = new Spaces(root)) {
      for (long n = 1; n <= 5; n++) {
        s.append(new TupleChange.Written("claims", n, "[" + n + "]", Long.MAX_VALUE));
      }
      BackupWriter.Source slow =
          new Slow(
              new RunningSource(s.data, s.log),
              () -> {
                s.append(new TupleChange.Taken("claims", 2));
                s.append(new TupleChange.Written("claims", 6, "[6]", Long.MAX_VALUE));
              },
              () -> s.append(new TupleChange.Taken("claims", 1)));
      try (StoreBackups b =
          new StoreBackups(backups, slow, "n1", "0.1", () -> Instant.ofEpochMilli(1))) {
        assertThat(b.create("t").damaged()).isEmpty();
      }
    }
    Path restored = restore("t");
    try (Spaces s = new Spaces(restored)) {
      SpaceStore.Contents all = s.spaces.load(Turns.APP, "claims");
      assertThat(all.tuples())
          .extracting(TupleChange.Written::tuple)
          .containsExactly(1L, 3L, 4L, 5L, 6L);
      assertThat(all.lastTuple()).isEqualTo(6);
    }
    assertThat(UpkeepFixture.damage(restored)).isEmpty();
  }

  /**
   * A node that goes on while it is copied.
   *
   * @param beforeTheCut happens when the files are copied: it is in the log's tail only
   */
  private record Slow(RunningSource real, Runnable beforeTheCut, Runnable behindTheCut)
      implements BackupWriter.Source {
    @Override
    public DataDirectory data() {
      return real.data();
    }

    @Override
    public long attach(BackupTail tail) {
      return real.attach(tail);
    }

    @Override
    public long detach(BackupTail tail) {
      elsewhere(beforeTheCut);
      long cut = real.detach(tail);
      elsewhere(behindTheCut);
      return cut;
    }

    @Override
    public long settle() {
      return real.settle();
    }
  }

  /** A log with journals and spaces on it. */
  private static final class Spaces implements AutoCloseable {
    final DataDirectory data;
    final NodeLog log;
    final SqliteJournalStore journals;
    final SqliteSpaceStore spaces;

    Spaces(Path root) {
      InstantSource clock = () -> Instant.ofEpochMilli(5);
      data = DataDirectory.open(root);
      log = new NodeLog(data, LogOptions.DEFAULT, clock);
      journals = new SqliteJournalStore(data, log, StoreOptions.DEFAULT, new Telemetry() {}, clock);
      spaces = new SqliteSpaceStore(data, log, StoreOptions.DEFAULT, clock);
      log.start();
    }

    void append(TupleChange change) {
      CompletableFuture<Optional<HostException>> done = new CompletableFuture<>();
      spaces.append(Turns.APP, List.of(change), f -> done.complete(Optional.ofNullable(f)));
      assertThat(Turns.get(done)).isEmpty();
    }

    @Override
    public void close() {
      spaces.close();
      journals.close();
      log.close();
      data.close();
    }
  }

  private static void turn(Store store, String key, long seq) {
    try (Journal j = store.journal(key)) {
      Turns.commit(j, Turns.turn(seq));
    }
  }

  /** The store's own threads must not wait for it. */
  private static void elsewhere(Runnable body) {
    CompletableFuture.runAsync(body).join();
  }

  @Test
  void aDamagedFileIsToldOfAndTheOthersAreThere() throws IOException {
    UpkeepFixture.make(root);
    Files.writeString(Store.file(root, "b"), "x".repeat(8192));
    Store.update(Store.file(root, "c"), "update turn set input = x'00' where seq = 3");
    try (Store store = new Store(root);
        StoreBackups b = of(store)) {
      Backup made = b.create("hurt");
      assertThat(made.damaged())
          .extracting(Finding::file)
          .containsExactly("journals/acme/shop/counter/b.db", "journals/acme/shop/counter/c.db");
      assertThat(b.list().getFirst().damaged()).hasSize(2);
    }
    try (Store store = new Store(restore("hurt"))) {
      assertThat(store.journals.actors(Turns.APP))
          .containsExactlyInAnyOrder(Turns.actor("a"), Turns.actor("c"));
    }
  }

  @Test
  void whatFailsLeavesNothingAndTwoAtOnceAreRefused() throws Exception {
    UpkeepFixture.make(root);
    try (Store store = new Store(root)) {
      RunningSource real = new RunningSource(store.data, store.log);
      CountDownLatch copying = new CountDownLatch(1);
      CountDownLatch refused = new CountDownLatch(1);
      BackupWriter.Source full =
          new BackupWriter.Source() {
            @Override
            public DataDirectory data() {
              return real.data();
            }

            @Override
            public long attach(BackupTail tail) {
              return real.attach(tail);
            }

            @Override
            public long detach(BackupTail tail) {
              return real.detach(tail);
            }

            @Override
            public long settle() {
              copying.countDown();
              try {
                refused.await();
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
              // As when no room is left for the copies: nothing can be made where they go.
              try {
                Files.writeString(backups.resolve("bad.part/journals"), "in the way");
              } catch (IOException e) {
                throw new AssertionError(e);
              }
              return real.settle();
            }
          };
      try (StoreBackups b =
              new StoreBackups(backups, full, "n1", "0.1", () -> Instant.ofEpochMilli(1));
          ExecutorService threads = Executors.newSingleThreadExecutor()) {
        Future<?> bad =
            threads.submit(() ->
                assertThatThrownBy(() -> b.create("bad"))
                    .isInstanceOf(HostException.class)
                    .hasMessageContaining("the backup cannot be written"));
        copying.await();
        assertThatThrownBy(() -> b.create("other"))
            .isInstanceOfSatisfying(
                HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ABORTED))
            .hasMessageContaining("a backup is being written");
        refused.countDown();
        var _ = bad.get();
        assertThat(b.list()).isEmpty();
        try (var left = Files.list(backups)) {
          assertThat(left).isEmpty();
        }
      }
      // The node is none the worse, and what a killed one left is removed.
      Files.createDirectories(backups.resolve("old.part"));
      try (StoreBackups b = of(store)) {
        assertThat(b.create("good").damaged()).isEmpty();
        assertThat(Files.exists(backups.resolve("old.part"))).isFalse();
      }
    }
  }

  @Test
  void aBackupIsVerifiedBeforeAnythingIsPutInPlace() throws IOException {
    UpkeepFixture.make(root);
    try (Store store = new Store(root);
        StoreBackups b = of(store)) {
      Backup _ = b.create("one");
    }
    Path full = Files.createDirectories(dir.resolve("full"));
    Files.writeString(full.resolve("mine"), "x");
    assertThatThrownBy(() -> BackupReader.restore(backups.resolve("one"), full, n -> {}))
        .hasMessageContaining("is not empty");
    assertThatThrownBy(() -> BackupReader.restore(dir, dir.resolve("new"), n -> {}))
        .hasMessageContaining("is no backup");
    Path file = backups.resolve("one/journals/acme/shop/counter/a.db");
    byte[] bytes = Files.readAllBytes(file);
    bytes[5000] ^= 1;
    Files.write(file, bytes);
    assertThatThrownBy(
            () -> BackupReader.restore(backups.resolve("one"), dir.resolve("new"), n -> {}))
        .hasMessageContaining("a.db is damaged")
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.DATA_LOSS));
    Files.delete(file);
    assertThatThrownBy(
            () -> BackupReader.restore(backups.resolve("one"), dir.resolve("new"), n -> {}))
        .hasMessageContaining("a.db is missing");
    assertThat(Files.exists(dir.resolve("new"))).isFalse();
    assertThat(Files.exists(dir.resolve("new.restoring"))).isFalse();
  }
}
