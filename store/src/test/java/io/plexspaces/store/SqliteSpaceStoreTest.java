package io.plexspaces.store;

import static io.plexspaces.store.Spaces.APP;
import static io.plexspaces.store.Spaces.SPACE;
import static io.plexspaces.store.Spaces.taken;
import static io.plexspaces.store.Spaces.written;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.journal.SpaceStore;
import io.plexspaces.api.journal.TupleChange;
import io.plexspaces.store.log.LogRecord;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SqliteSpaceStoreTest {
  @TempDir Path root;
  @TempDir Path images;

  @Test
  void aSpaceThatNobodyWroteIntoIsEmptyAndHasNoFile() {
    try (Spaces s = new Spaces(root)) {
      assertThat(s.load()).isEqualTo(new SpaceStore.Contents(List.of(), 0));
      assertThat(s.store.exists(APP)).isFalse();
      assertThat(s.file()).doesNotExist();
    }
  }

  @Test
  void whatWasAppendedIsLoadedInTheOrderOfNumbers() {
    try (Spaces s = new Spaces(root)) {
      assertThat(s.append(written(2), written(5))).isNull();
      assertThat(s.append(written(3), taken(2))).isNull();
      assertThat(s.load()).isEqualTo(new SpaceStore.Contents(List.of(written(3), written(5)), 5));
      assertThat(s.append(taken(5))).isNull();
    }
    try (Spaces s = new Spaces(root)) {
      assertThat(s.load()).isEqualTo(new SpaceStore.Contents(List.of(written(3)), 5));
    }
  }

  @Test
  void theTuplesOfDurableTurnsAreThere() {
    try (Spaces s = new Spaces(root)) {
      s.log.append(
          new LogRecord.Turn(
              Turns.actor("a"),
              1,
              Turns.builder(1).tuples(List.of(written(1), written(2))).build()));
      s.append(taken(1));
      s.log.append(
          new LogRecord.Turn(
              Turns.actor("a"), 1, Turns.builder(2).tuples(List.of(written(4))).build()));
      assertThat(s.numbers()).containsExactly(2L, 4L);
    }
  }

  @Test
  void anOutsideProgramReadsWhatTheManualSays() throws Exception {
    try (Spaces s = new Spaces(root)) {
      s.append(written(1), new TupleChange.Written(SPACE, 2, "[\"caf\u00e9\"]", 7000));
      s.log.drain();
      Path f = s.file();
      assertThat(Store.query(f, "select printf('%x', application_id) from pragma_application_id"))
          .isEqualTo(HexFormat.of().formatHex("PlxS".getBytes(US_ASCII)));
      assertThat(Store.query(f, "pragma user_version")).isEqualTo("1");
      assertThat(
              Store.query(
                  f,
                  "select format || tenant || app || space || last_tuple || '/' || applied"
                      + " from meta"))
          .isEqualTo("1acmeshopdefault2/" + (s.log.end() - 1));
      assertThat(
              Store.query(
                  f,
                  "select group_concat(id || fields || ifnull(expires_at, '-'))"
                      + " from tuple order by id"))
          .isEqualTo("1[\"job\",1]-,2[\"caf\u00e9\"]7000");
      assertThat(Store.query(f, "pragma integrity_check")).isEqualTo("ok");
    }
  }

  @Test
  void theLogIsReleasedWhenTheFileHasItAndNotBefore() throws Exception {
    try (Spaces s = new Spaces(root)) {
      s.append(written(1));
      long first = s.log.kept().keySet().iterator().next();
      assertThat(s.store.needed()).isEqualTo(first);
      assertThat(s.numbers()).containsExactly(1L);
      assertThat(s.store.needed()).as("applied and not synced").isEqualTo(first);
      s.log.drain();
      assertThat(s.store.needed()).isEqualTo(Long.MAX_VALUE);
      assertThat(s.log.kept()).isEmpty();
    }
  }

  @Test
  void changesReachTheFileBySelfWithoutAnybodyAsking() throws Exception {
    try (Spaces s = new Spaces(root)) {
      s.append(written(1));
      while (!Files.exists(s.file())
          || !Store.query(s.file(), "select count(*) from tuple").equals("1")) {
        Thread.sleep(5); // between looks only: the condition decides
      }
    }
  }

  @Test
  void whatTheFileHasAlreadyIsNotAppliedAgain() throws Exception {
    FakeLog log;
    try (Spaces s = new Spaces(root)) {
      s.append(written(1), written(2));
      s.append(taken(1));
      log = s.log.reopened();
      assertThat(s.numbers()).containsExactly(2L);
      s.append(taken(2));
      s.append(written(3));
      log = s.log.reopened(); // nothing was released: all comes again
    }
    try (Spaces s = new Spaces(root, log, Store.FILES)) {
      assertThat(log.kept()).hasSize(4);
      assertThat(s.load()).isEqualTo(new SpaceStore.Contents(List.of(written(3)), 3));
    }
  }

  @Test
  void aCrashLosesNothingThatTheLogHas() throws Exception {
    FakeLog log;
    try (Spaces s = new Spaces(root)) {
      s.append(written(1), written(2));
      s.log.drain();
      Spaces.image(root, images.resolve("1"));
      s.append(taken(1));
      s.append(written(3));
      assertThat(s.numbers()).containsExactly(2L, 3L);
      log = s.log.reopened();
    }
    // Nothing since the last sync made it to the disk.
    try (Spaces s = new Spaces(images.resolve("1"), log, Store.FILES)) {
      assertThat(s.numbers()).containsExactly(2L, 3L);
    }
  }

  @Test
  void numbersOfTuplesThatAreGoneAreRemembered() throws Exception {
    try (Spaces s = new Spaces(root)) {
      s.append(written(8));
      s.append(taken(8));
      assertThat(s.load()).isEqualTo(new SpaceStore.Contents(List.of(), 8));
    }
    try (Spaces s = new Spaces(root)) {
      assertThat(s.load()).isEqualTo(new SpaceStore.Contents(List.of(), 8));
    }
  }

  @Test
  void whatHasExpiredIsNotLoadedAndLeavesTheFile() throws Exception {
    try (Spaces s = new Spaces(root)) {
      s.append(new TupleChange.Written(SPACE, 1, "[1]", 6000), written(2));
      assertThat(s.numbers()).containsExactly(1L, 2L);
      s.now.set(6000);
      assertThat(s.numbers()).containsExactly(2L);
      s.append(written(3));
      s.log.drain();
      assertThat(Store.query(s.file(), "select group_concat(id) from tuple")).isEqualTo("2,3");
    }
  }

  @Test
  void aTupleThatIsTakenSoonNeverGetsIntoTheFile() throws Exception {
    try (Spaces s = new Spaces(root)) {
      s.append(written(1));
      s.log.drain();
      PendingTuples p = new PendingTuples(true);
      p.add(10, List.of(written(2)));
      p.add(11, List.of(taken(2)));
      p.add(12, List.of(taken(1)));
      assertThat(p.changes()).containsExactly(new PendingTuples.Change(12, taken(1)));
      assertThat(p.bytes()).isEqualTo(128);
      assertThat(p.last()).isEqualTo(12);
    }
  }

  @Test
  void aFileFromElsewhereTakesWhatTheLogSaysThoughItsPositionIsHigher() throws Exception {
    try (Spaces s = new Spaces(root)) {
      for (int i = 1; i <= 50; i++) {
        s.append(written(i));
      }
      s.log.drain();
    }
    try (Spaces s = new Spaces(root, new FakeLog(), Store.FILES)) {
      assertThat(s.append(taken(1))).isNull();
      assertThat(s.append(written(51))).isNull();
      assertThat(s.numbers())
          .containsExactlyElementsOf(LongStream.rangeClosed(2, 51).boxed().toList());
    }
  }

  // Damage.

  /** Answers the log to go on with. */
  private FakeLog write(int n) {
    try (Spaces s = new Spaces(root)) {
      for (int i = 1; i <= n; i++) {
        s.append(written(i));
      }
      return s.log.reopened();
    }
  }

  private void assertDamaged(ErrorCode code, String what) {
    try (Spaces s = new Spaces(root)) {
      AppId other = new AppId("acme", "other");
      assertThatThrownBy(s::load)
          .isInstanceOfSatisfying(HostException.class, e -> assertThat(e.code()).isEqualTo(code))
          .hasMessageContaining("spaces/acme/shop/default.db")
          .hasMessageContaining(what);
      assertThatThrownBy(() -> s.store.check(APP, SPACE)).hasMessageContaining("default.db");
      HostException refused = s.append(written(1000));
      assertThat(refused).hasMessageContaining("default.db");
      assertThat(s.store.load(other, SPACE).tuples()).isEmpty();
      s.store.append(other, List.of(written(1)), f -> assertThat(f).isNull());
      assertThat(s.store.load(other, SPACE).tuples()).containsExactly(written(1));
      s.store.purge(APP);
      assertThat(s.file()).doesNotExist();
      assertThat(s.numbers()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 50, 4096, 9000})
  void aTruncatedFileIsDataLoss(long length) throws IOException {
    FakeLog _ = write(1000);
    try (FileChannel c = FileChannel.open(Spaces.file(root), StandardOpenOption.WRITE)) {
      assertThat(c.size()).isGreaterThan(9000);
      c.truncate(length);
    }
    assertDamaged(ErrorCode.DATA_LOSS, "");
  }

  @Test
  void aFileThatIsNoDatabaseIsDataLoss() throws IOException {
    FakeLog _ = write(1);
    Files.writeString(Spaces.file(root), "this is a text of mine\n".repeat(500));
    assertDamaged(ErrorCode.DATA_LOSS, "not a database");
  }

  @Test
  void anotherAppsSpaceIsDataLoss() {
    FakeLog _ = write(1);
    Store.update(Spaces.file(root), "update meta set app = 'bank'");
    assertDamaged(ErrorCode.DATA_LOSS, "of acme:bank");
  }

  @Test
  void aLaterFormatIsRefused() {
    FakeLog _ = write(1);
    Store.update(Spaces.file(root), "pragma user_version = 2");
    assertDamaged(ErrorCode.FAILED_PRECONDITION, "written by a later version");
  }

  @Test
  void damageThatIsFoundWhileItIsInUseNeitherBlocksTheLogNorGoesUnnoticed() throws Exception {
    FakeLog _ = write(1000);
    try (FileChannel c = FileChannel.open(Spaces.file(root), StandardOpenOption.WRITE)) {
      c.truncate(9000);
    }
    try (Spaces s = new Spaces(root)) {
      assertThat(s.append(written(2000))).isNull();
      s.log.drain();
      assertThat(s.log.kept()).isEmpty();
      assertThatThrownBy(() -> s.store.check(APP, SPACE)).hasMessageContaining("default.db");
    }
  }

  // A disk that does not take it.

  @Test
  void aFullDiskKeepsTheLogAndHeals() throws Exception {
    FakeLog log = write(1);
    SqliteFiles small = new SqliteFiles(Duration.ofSeconds(2), true, 12);
    Spaces s = new Spaces(root, log, small);
    for (int i = 2; i <= 2000; i++) {
      assertThat(s.append(written(i))).isNull();
    }
    assertThatThrownBy(s::load)
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE))
        .hasMessageContaining("the disk is full");
    s.store.wanted(s.log.end());
    while (s.log.events.stream().noneMatch(e -> e.startsWith("stalled"))) {
      Thread.sleep(5); // between looks only: the condition decides
    }
    assertThat(s.log.kept()).hasSize(2000);
    log = s.log.reopened();
    assertThatThrownBy(s::close).hasMessageContaining("the disk is full");
    s.data.close();
    try (Spaces again = new Spaces(root, log, Store.FILES)) {
      assertThat(again.load().tuples()).hasSize(2000);
      again.log.drain();
      assertThat(again.log.kept()).isEmpty();
    }
  }

  @Test
  void aFailedAppendIsTold() {
    try (Spaces s = new Spaces(root)) {
      s.log.breakDown(new HostException(ErrorCode.UNAVAILABLE, "the log's disk is full"));
      assertThat(s.append(written(1))).hasMessageContaining("the log's disk is full");
      s.log.breakDown(null);
      assertThat(s.numbers()).isEmpty();
    }
  }

  // Purging.

  @Test
  void aPurgedAppBeginsAnew() throws Exception {
    FakeLog log;
    try (Spaces s = new Spaces(root)) {
      s.append(written(1));
      s.log.drain();
      s.append(written(2));
      assertThat(s.store.exists(APP)).isTrue();
      s.store.purge(APP);
      assertThat(s.store.exists(APP)).isFalse();
      assertThat(s.file()).doesNotExist();
      assertThat(s.load()).isEqualTo(new SpaceStore.Contents(List.of(), 0));
      s.append(written(1));
      assertThat(s.numbers()).containsExactly(1L);
      log = s.log.reopened();
    }
    try (Spaces s = new Spaces(root, log, Store.FILES)) {
      assertThat(s.numbers()).containsExactly(1L);
    }
  }

  @Test
  void aPurgeThatOnlyTheLogKnowsOfIsDoneAtTheNextStart() throws Exception {
    FakeLog log;
    try (Spaces s = new Spaces(root)) {
      s.append(written(1));
      s.log.drain();
      s.append(written(2));
      Spaces.image(root, images.resolve("1"));
      s.purgeRecord();
      s.append(written(1), written(3));
      log = s.log.reopened();
    }
    try (Spaces s = new Spaces(images.resolve("1"), log, Store.FILES)) {
      assertThat(s.load()).isEqualTo(new SpaceStore.Contents(List.of(written(1), written(3)), 3));
    }
  }

  @Test
  void aPurgeThatComesAgainKeepsWhatCameAfterIt() throws Exception {
    FakeLog log = new FakeLog();
    try (Spaces s = new Spaces(root)) {
      s.append(written(1));
      s.purgeRecord();
      s.append(written(5));
      FakeLog whole = s.log.reopened();
      assertThat(s.numbers()).containsExactly(5L);
      s.log.drain();
      log = whole;
    }
    try (Spaces s = new Spaces(root, log, Store.FILES)) {
      assertThat(log.kept()).hasSize(3);
      assertThat(s.numbers()).containsExactly(5L);
      assertThat(Store.query(s.file(), "select count(*) from tuple")).isEqualTo("1");
    }
  }

  @Test
  void manySpacesAtOnceKeepToTheirOwn() throws Exception {
    List<AppId> apps = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      apps.add(new AppId("acme", "app" + i));
    }
    try (Spaces s = new Spaces(root)) {
      for (int n = 1; n <= 50; n++) {
        for (AppId app : apps) {
          long number = n;
          s.store.append(app, List.of(written(number)), f -> assertThat(f).isNull());
        }
      }
      s.store.purge(apps.getFirst());
      s.log.drain();
    }
    try (Spaces s = new Spaces(root)) {
      assertThat(s.store.load(apps.getFirst(), SPACE).tuples()).isEmpty();
      for (AppId app : apps.subList(1, apps.size())) {
        assertThat(s.store.load(app, SPACE).tuples()).hasSize(50);
      }
    }
  }
}
