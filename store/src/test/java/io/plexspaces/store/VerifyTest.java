package io.plexspaces.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.HostException;
import io.plexspaces.api.store.AppStore;
import io.plexspaces.api.upkeep.Finding;
import io.plexspaces.api.upkeep.Verification;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Damages real files, each in its way, and sees it found. */
class VerifyTest {
  private static final String A = "journals/acme/shop/counter/a.db";

  @TempDir Path dir;
  private Path root = Path.of("");

  @BeforeEach
  void make() {
    root = dir.resolve("data");
    UpkeepFixture.make(root);
  }

  private Path file(String key) {
    return Store.file(root, key);
  }

  @Test
  void nothingIsWrongWithWhatTheStoreWrites() throws IOException {
    byte[] before = Files.readAllBytes(file("a"));
    Verification.Result r = UpkeepFixture.verify(root, UpkeepFixture.ALL);
    assertThat(r.findings().stream().filter(Finding::damage)).isEmpty();
    assertThat(r.journals()).isEqualTo(3);
    assertThat(r.total()).isEqualTo(3);
    assertThat(r.next()).isEmpty();
    assertThat(Files.readAllBytes(file("a"))).isEqualTo(before);
    try (var files = Files.list(file("a").resolveSibling(""))) {
      assertThat(files.map(f -> f.getFileName().toString())).containsOnly("a.db", "b.db", "c.db");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "pragma application_id = 1 | no journal",
        "pragma user_version = 99 | format 99, this version knows up to",
        "pragma user_version = 0 | its format is 0",
        "delete from turn where seq = 7 | turns 7 are missing",
        "delete from turn where seq between 7 and 9 | turns 7 to 9 are missing",
        "delete from turn where seq <= 3 | turns 1 to 3 are missing",
        "delete from meta | it has turns, and meta has no row",
        "update meta set epoch = 8 | meta is not what was written",
        "update meta set key = 'other' | holds the journal of acme:shop/counter/other",
        "update turn set input = '{\"by\":2}' where seq = 5 | turn 5 is not what was written",
        "update turn set outcome = 'maybe' where seq = 5 | turn 5 is malformed",
        "update turn set message_id = x'00' where seq = 5 | turn 5 is malformed",
        "delete from step where seq = 5 and n = 0 | turn 5 has 1 steps, up to number 1",
        "update step set seq = 77 where seq = 5 | there are steps of turn 77, and no such turn",
        "update effect set seq = 77 where number = 2 | effect 2 is of turn 77, and no such turn",
        "update effect set state = 'lost' where number = 2 | effect 2 is malformed",
        "delete from effect where number = 2 | effect 2 is missing",
        "update effect set payload = '1' where number = 2 | effect 2 is not what was written",
        "update state set content_type = 'x' where seq = 3 | state of turn 3 is not what was written",
        "delete from state where kind = 'full' and seq = 1 | patch, and the full one before it",
        "update state set bytes = '{' where seq = 3 | the state of turn 3",
        "update state set kind = 'odd' where seq = 3 | the state of turn 3 is of kind \"odd\"",
        "insert into state values (99, 'full', 'application/json', '1', null) | a state of turn 99",
        "update idempotency set seq = 77 where seq = 8 | the key of turn 77 has no such turn",
        "update idempotency set expires_at = 1 where seq = 8 | idempotency key of turn 8 is not what",
        "update inbox set above = '[3,1]' | above does not rise",
        "update inbox set above = 'x' | shop/front/1\" is malformed",
        "update inbox set low = low + 1 | what was received of \"shop/front/1\" is not what was",
        "update timer set due = due + 1 where id = 't6' | timer \"t6\" is not what was written",
        "alter table turn rename column trace to track | it has no column turn.trace",
        "drop index effect_pending | it has no index CREATE INDEX effect_pending"
      })
  void eachKindOfDamageIsNamed(String sql, String told) {
    Store.update(file("a"), sql);
    assertThat(UpkeepFixture.damage(root)).anySatisfy(f -> assertThat(f).contains(A, told));
    assertThat(UpkeepFixture.damage(root)).allSatisfy(f -> assertThat(f).contains(A));
  }

  @Test
  void aFileThatIsNoDatabaseIsNamed() throws IOException {
    Files.writeString(file("b"), "this is text, and more of it than a header has".repeat(9));
    assertThat(UpkeepFixture.damage(root))
        .containsExactly("journals/acme/shop/counter/b.db: is damaged: not a database");
  }

  @Test
  void swappedFilesAreBothNamed() throws IOException {
    Path aside = dir.resolve("aside");
    Files.move(file("a"), aside);
    Files.move(file("b"), file("a"));
    Files.move(aside, file("b"));
    assertThat(UpkeepFixture.damage(root))
        .anySatisfy(f -> assertThat(f).contains("a.db", "journal of acme:shop/counter/b"))
        .anySatisfy(f -> assertThat(f).contains("b.db", "journal of acme:shop/counter/a"));
  }

  @Test
  void everyTruncationIsFound() throws IOException {
    byte[] whole = Files.readAllBytes(file("a"));
    for (int length = whole.length - 1; length > 0; length -= 1777) {
      Files.write(file("a"), java.util.Arrays.copyOf(whole, length));
      assertThat(UpkeepFixture.damage(root)).as("cut to %d", length).isNotEmpty();
    }
    Files.write(file("a"), new byte[0]);
    assertThat(UpkeepFixture.damage(root)).isNotEmpty();
  }

  @Test
  void anOlderCopyOfASenderIsFoundThroughItsReceiver() {
    // b has received message 24 of epoch 7 from shop/front/1, which is made here with fewer.
    try (Store store = new Store(root)) {
      try (var j =
          store.journals.journal(
              io.plexspaces.api.ActorId.parse("acme", "shop/front/1"),
              io.plexspaces.api.journal.JournalOptions.DEFAULT)) {
        var _ = j.recover();
        Turns.commit(j, Turns.turn(1, null, List.of(Turns.effect(1, 0))));
      }
    }
    Store.update(
        root.resolve("journals/acme/shop/front/1.db"), "update meta set epoch = 7, crc = null");
    assertThat(UpkeepFixture.damage(root))
        .anySatisfy(f ->
            assertThat(f)
                .contains("front/1.db", "has received message 24 of epoch 7", "it has sent 10"));
  }

  @Test
  void aLostFileIsNotedWhereAnotherKnewIt() throws IOException {
    assertThat(UpkeepFixture.verify(root, UpkeepFixture.ALL).findings())
        .anySatisfy(f -> {
          assertThat(f.damage()).isFalse();
          assertThat(f.file()).isEqualTo("journals/acme/shop/front/1.db");
          assertThat(f.what()).contains("it was deleted, or its file is lost");
        });
    Files.delete(file("a")); // it had pending effects, so the index knows it
    assertThat(UpkeepFixture.verify(root, UpkeepFixture.ALL).findings())
        .anySatisfy(f -> {
          assertThat(f.file()).isEqualTo(A);
          assertThat(f.what()).contains("it is missing");
        });
  }

  @Test
  void aWalWithoutItsFileIsFound() throws IOException {
    Files.move(file("a"), root.resolve("journals/acme/shop/counter/a.db-wal"));
    assertThat(UpkeepFixture.damage(root))
        .anySatisfy(f -> assertThat(f).contains("a.db-wal", "a journal that is missing: a.db"));
  }

  @Test
  void theIndexOfPendingWorkMustNameWhoHasSome() {
    Store.update(root.resolve("pending.db"), "delete from pending where key = 'b'");
    assertThat(UpkeepFixture.damage(root))
        .containsExactly(
            "pending.db: it does not name acme:shop/counter/b, which has undelivered effects or"
                + " timers");
    Store.update(root.resolve("pending.db"), "insert into pending values ('x','y','z','k',1,null)");
    Store.update(
        root.resolve("pending.db"),
        "insert into pending values ('acme','shop','counter','b',1,null)");
    assertThat(UpkeepFixture.damage(root)).as("too many are none").isEmpty();
  }

  @Test
  void besideTheJournalsDamageIsFoundToo() throws IOException {
    String digest;
    try (DataDirectory data = DataDirectory.open(root);
        SqliteAppStore apps = new SqliteAppStore(data)) {
      digest = apps.putArtifact(new byte[] {1, 2, 3});
      apps.save(new AppStore.AppRecord(Turns.APP, "1", digest, "", true, 5));
    }
    assertThat(UpkeepFixture.damage(root)).isEmpty();
    Path artifact = root.resolve("artifacts/sha256").resolve(digest.substring(7));
    Files.write(artifact, new byte[] {1, 2, 4});
    assertThat(UpkeepFixture.damage(root))
        .singleElement()
        .satisfies(f -> assertThat(f).contains("its bytes do not have the digest of its name"));
    Files.delete(artifact);
    assertThat(UpkeepFixture.damage(root))
        .singleElement()
        .satisfies(f -> assertThat(f).contains("it is missing, and app acme:shop runs on it"));
    Files.writeString(root.resolve("apps.db"), "x".repeat(4096));
    Files.writeString(root.resolve("pending.db"), "x".repeat(4096));
    assertThat(UpkeepFixture.damage(root))
        .contains("apps.db: is damaged: not a database", "pending.db: is damaged: not a database");
  }

  @Test
  void aScopeAndItsPagesBoundWhatIsLookedAt() throws IOException {
    Files.writeString(file("c"), "x".repeat(4096));
    try (StoreUpkeep upkeep = StoreUpkeep.offline(root)) {
      assertThat(upkeep.verify(new Verification.Scope(Turns.APP, "counter/a", "", 10)).findings())
          .noneMatch(Finding::damage);
      assertThat(upkeep.verify(new Verification.Scope(Turns.APP, "counter/c", "", 10)).findings())
          .anyMatch(Finding::damage);
      Verification.Result one = upkeep.verify(new Verification.Scope(Turns.APP, null, "", 2));
      assertThat(one.findings()).noneMatch(Finding::damage);
      assertThat(one.next()).endsWith("b.db");
      Verification.Result two =
          upkeep.verify(new Verification.Scope(Turns.APP, null, one.next(), 2));
      assertThat(two.findings()).anyMatch(Finding::damage);
      assertThat(two.next()).isEmpty();
      assertThatThrownBy(() -> StoreUpkeep.offline(root))
          .isInstanceOf(HostException.class)
          .hasMessageContaining("is in use by another node");
    }
  }

  /** SQLite has no checksums. Where a flipped bit is not found, nothing that is read may differ. */
  @Test
  void everyFlippedBitIsFoundOrChangesNothing() throws Exception {
    byte[] whole = Files.readAllBytes(file("a"));
    String rows = rows(file("a"));
    long seed = Long.getLong("plexspaces.seed", 20261125);
    Random random = new Random(seed);
    int harmless = 0;
    for (int i = 0; i < 1000; i++) {
      // The header and the first pages decide over everything: every eighth flip is there.
      int offset = random.nextInt(i % 8 == 0 ? 200 : whole.length);
      byte[] flipped = whole.clone();
      flipped[offset] ^= (byte) (1 << random.nextInt(8));
      Files.write(file("a"), flipped);
      List<String> damage = UpkeepFixture.damage(root);
      if (damage.isEmpty()) {
        harmless++;
        assertThat(rows(file("a"))).as("seed %d, flip %d at %d", seed, i, offset).isEqualTo(rows);
      }
    }
    Files.write(file("a"), whole);
    System.out.printf(
        "1000 flipped bits in %d bytes: %d changed nothing%n", whole.length, harmless);
    assertThat(harmless).isLessThan(900);
  }

  /** Everything in the file but checksums, which say nothing, and the reason for people. */
  private static String rows(Path file) throws SQLException {
    StringBuilder all = new StringBuilder();
    try (Connection c = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement s = c.createStatement()) {
      for (String table :
          List.of("meta", "turn", "step", "effect", "state", "idempotency", "inbox", "timer")) {
        List<String> columns = new ArrayList<>();
        try (ResultSet r = s.executeQuery("select name from pragma_table_info('" + table + "')")) {
          while (r.next()) {
            if (!List.of("crc", "reason").contains(r.getString(1))) {
              columns.add("quote(" + r.getString(1) + ")");
            }
          }
        }
        try (ResultSet r =
            s.executeQuery(
                "select "
                    + String.join(" || ',' || ", columns)
                    + " from "
                    + table
                    + " order by 1")) {
          while (r.next()) {
            all.append(table).append(r.getString(1)).append('\n');
          }
        }
      }
    }
    return all.toString();
  }

  @Test
  void whatAKilledNodeLeftInItsLogIsReadAndStays() throws Exception {
    // A node that was killed has its last turns in its log; the file may have none of them.
    Path killed = dir.resolve("killed");
    try (Store store = new Store(dir.resolve("live"))) {
      UpkeepFixture.fill(store, "a");
      var j = store.journal("b");
      for (long seq = 1; seq <= 5; seq++) {
        Turns.commit(j, Turns.turn(seq));
      }
      copy(store.data.root(), killed);
    }
    List<String> before = listing(killed);
    assertThat(UpkeepFixture.damage(killed)).isEmpty();
    try (StoreUpkeep upkeep = StoreUpkeep.offline(killed)) {
      assertThat(upkeep.state(Turns.actor("b"), 0).orElseThrow().integer("seq", 0)).isEqualTo(5);
      assertThat(upkeep.state(Turns.actor("a"), 0).orElseThrow().integer("seq", 0)).isEqualTo(24);
    }
    assertThat(listing(killed)).as("it is left as it was").isEqualTo(before);
  }

  private static List<String> listing(Path root) throws IOException {
    try (var all = Files.walk(root)) {
      return all.filter(f -> Files.isRegularFile(f) && !f.endsWith("lock"))
          .filter(f -> !f.toString().contains("cache") && !f.toString().endsWith("-shm"))
          .map(f -> {
            try {
              return root.relativize(f) + " " + Digests.hex(f);
            } catch (IOException e) {
              throw new java.io.UncheckedIOException(e);
            }
          })
          .sorted()
          .toList();
    }
  }

  @Test
  void aDamagedLogIsNamedAndSoAreFilesThatItLeavesBehind() throws IOException {
    Path killed = dir.resolve("killed");
    try (Store store = new Store(dir.resolve("live"))) {
      UpkeepFixture.fill(store, "a");
      var j = store.journal("b");
      for (long seq = 1; seq <= 5; seq++) {
        Turns.commit(j, Turns.turn(seq));
      }
    }
    try (Store store = new Store(dir.resolve("live"))) {
      var j = store.journal("b");
      for (long seq = 6; seq <= 9; seq++) {
        Turns.commit(j, Turns.turn(seq));
      }
      copy(store.data.root(), killed);
    }
    assertThat(UpkeepFixture.damage(killed)).isEmpty();
    Path file = Store.file(killed, "b");
    Store.update(file, "delete from turn where seq > 3");
    Store.update(file, "delete from state where seq > 3");
    assertThat(UpkeepFixture.damage(killed))
        .anySatisfy(f ->
            assertThat(f)
                .contains("b.db", "ends with turn 3", "the commit log goes on with turn 6"));
    for (String suffix : List.of("", "-wal", "-shm")) {
      Files.deleteIfExists(Path.of(file + suffix));
    }
    assertThat(UpkeepFixture.damage(killed))
        .anySatisfy(f ->
            assertThat(f)
                .contains("b.db: it is missing, and the commit log goes on with its turn 6"));
    // Behind turn 6 there are others, so it was no torn end of what nobody was told of.
    Path segment = lastSegmentWith(killed.resolve("log"), "{\"n\":6}");
    byte[] bytes = Files.readAllBytes(segment);
    bytes[lastIndexOf(bytes, "{\"n\":6}") + 5] ^= 1;
    Files.write(segment, bytes);
    assertThat(UpkeepFixture.damage(killed)).anySatisfy(f -> assertThat(f).startsWith("log: "));
  }

  private static Path lastSegmentWith(Path log, String text) throws IOException {
    Path found = null;
    try (var all = Files.list(log)) {
      for (Path p : all.filter(f -> f.toString().endsWith(".log")).sorted().toList()) {
        if (lastIndexOf(Files.readAllBytes(p), text) >= 0) {
          found = p;
        }
      }
    }
    return java.util.Objects.requireNonNull(found, "no segment of " + log + " has " + text);
  }

  private static int lastIndexOf(byte[] bytes, String text) {
    return new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1).lastIndexOf(text);
  }

  private static void copy(Path from, Path to) throws IOException {
    try (var all = Files.walk(from)) {
      for (Path p : all.toList()) {
        Path target = to.resolve(from.relativize(p).toString());
        if (Files.isDirectory(p)) {
          Files.createDirectories(target);
        } else if (!p.endsWith("lock")) {
          Files.copy(p, target, StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
  }

  @Test
  void ofManyFindingsInOneFileAFewAreTold() {
    Store.update(file("a"), "update turn set outcome = 'x" + "y".repeat(9) + "'");
    assertThat(UpkeepFixture.damage(root).size()).isBetween(2, 30);
  }
}
