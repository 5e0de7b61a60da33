package io.plexspaces.store;

import static io.plexspaces.store.Turns.APP;
import static io.plexspaces.store.Turns.actor;
import static io.plexspaces.store.Turns.commit;
import static io.plexspaces.store.Turns.effect;
import static io.plexspaces.store.Turns.get;
import static io.plexspaces.store.Turns.turn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.api.journal.Recovered;
import io.plexspaces.store.log.LogOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Actors that are gone stay gone, also where the log has their turns; and files that are lost. */
class DeleteTest {
  private static final Applier.Pace STILL = new Applier.Pace(3_600_000, 3_600_000);

  @TempDir Path root;

  @Test
  void aDeletedActorBeginsAnewUnderAHigherEpoch() {
    try (Store store = new Store(root)) {
      Journal j = store.journal("a");
      commit(j, turn(1, null, List.of(effect(1, 0))));
      long epoch = j.recover().epoch();
      assertThatThrownBy(() -> store.journals.delete(actor("a")))
          .isInstanceOfSatisfying(
              HostException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.FAILED_PRECONDITION))
          .hasMessageContaining("counter/a");
      j.close();
      assertThat(store.journals.delete(actor("a"))).isTrue();
      assertThat(store.journals.delete(actor("a"))).isFalse();
      assertThat(store.file("a")).doesNotExist();
      assertThat(store.pending(APP)).isEmpty();
      assertThat(store.journals.actors(APP)).isEmpty();
      try (Journal again = store.journal("a")) {
        Recovered r = again.recover();
        Turns.assertNew(r);
        assertThat(r.epoch()).isGreaterThan(epoch);
        commit(again, turn(1));
        assertThat(again.recover().epoch()).isEqualTo(r.epoch());
      }
    }
  }

  @Test
  void epochsRiseOverRestarts() {
    long first;
    try (Store store = new Store(root)) {
      first = store.journal("a").recover().epoch();
    }
    try (Store store = new Store(root)) {
      assertThat(store.journal("b").recover().epoch()).isGreaterThan(first);
    }
  }

  @Test
  void theTurnsOfADeletedActorInTheLogDoNotBringItBack() throws IOException {
    Path image = root.resolve("image");
    Path data = root.resolve("data");
    try (Store store = still(data)) {
      Journal a = store.journal("a");
      commit(a, turn(1, null, List.of(effect(1, 0))));
      a.close();
      Journal b = store.journal("b");
      commit(b, turn(1));
      Path file = store.file("a");
      byte[] bytes = Files.readAllBytes(file);
      assertThat(store.journals.delete(actor("a"))).isTrue();
      commit(b, turn(2));
      RandomCrashTest.copy(data, image);
      // As if the removal of its name had not reached the disk.
      Files.write(Store.file(image, "a"), bytes);
    }
    try (Store store = still(image)) {
      assertThat(store.journals.actors(APP)).containsExactly(actor("b"));
      assertThat(store.pending(APP)).isEmpty();
      assertThat(store.journal("b").recover().lastSeq()).isEqualTo(2);
      Turns.assertNew(store.journal("a").recover());
      store.journals.settle();
      assertThat(store.file("a")).doesNotExist();
    }
  }

  @Test
  void thePurgeOfAnAppIsDoneAgainWhereACrashInterruptedIt() throws IOException {
    Path image = root.resolve("image");
    Path data = root.resolve("data");
    try (Store store = still(data)) {
      Journal a = store.journal("a");
      commit(a, turn(1));
      commit(a, turn(2, null, List.of(effect(2, 0))));
      a.close();
      byte[] bytes = Files.readAllBytes(store.file("a"));
      store.journals.purge(APP);
      try (Journal b = store.journal("b")) {
        commit(b, turn(1));
      }
      RandomCrashTest.copy(data, image);
      Files.write(Store.file(image, "a"), bytes);
    }
    try (Store store = still(image)) {
      assertThat(store.journals.actors(APP)).containsExactly(actor("b"));
      assertThat(store.file("a")).doesNotExist();
      Turns.assertNew(store.journal("a").recover());
      assertThat(store.journal("b").recover().lastSeq()).isEqualTo(1);
    }
  }

  @Test
  void aFileThatIsLostOrDamagedIsMadeAnewWhereTheLogHasAllOfIt() throws IOException {
    Path image = root.resolve("image");
    Path data = root.resolve("data");
    try (Store store = still(data)) {
      for (String key : List.of("missing", "empty", "torn")) {
        commit(store.journal(key), turn(1));
        store.journals.settle(actor(key));
      }
      RandomCrashTest.copy(data, image);
    }
    Files.delete(Store.file(image, "missing"));
    Files.write(Store.file(image, "empty"), new byte[0]);
    Files.write(Store.file(image, "torn"), new byte[9000]);
    try (Store store = still(image)) {
      for (String key : List.of("missing", "empty", "torn")) {
        Journal j = store.journal(key);
        assertThat(j.recover().lastSeq()).as(key).isEqualTo(1);
        commit(j, turn(2));
        assertThat(Store.query(store.settled(key), "select max(seq) from turn")).isEqualTo("2");
      }
    }
  }

  @Test
  void turnsInNeitherFileNorLogAreDataLossOfThatActorOnly() throws IOException {
    Path image = root.resolve("image");
    Path data = root.resolve("data");
    try (Store store = still(data)) {
      commit(store.journal("a"), turn(1));
      commit(store.journal("b"), turn(1));
    }
    try (Store store = still(data)) {
      commit(store.journal("a"), turn(2));
      commit(store.journal("b"), turn(2));
      RandomCrashTest.copy(data, image);
    }
    Files.delete(Store.file(image, "a"));
    Files.deleteIfExists(Path.of(Store.file(image, "a") + "-wal"));
    try (Store store = still(image)) {
      assertThat(store.journals.actors(APP)).contains(actor("a"));
      assertThatThrownBy(() -> store.journal("a"))
          .isInstanceOfSatisfying(
              HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.DATA_LOSS))
          .hasMessageContaining("a.db is missing");
      Journal b = store.journal("b");
      assertThat(b.recover().lastSeq()).isEqualTo(2);
      commit(b, turn(3));
    }
  }

  @Test
  void aDamagedFileKeepsItsTurnsBesideItAndTheLogGoesOn() throws IOException {
    Path file;
    try (Store store = new Store(root);
        Journal a = store.journal("a");
        Journal b = store.journal("b")) {
      for (long seq = 1; seq <= 40; seq++) {
        commit(a, turn(seq));
      }
      commit(b, turn(1));
      file = store.settled("a");
    }
    byte[] good = Files.readAllBytes(file);
    try (Store store = new Store(root)) {
      Journal a = store.journal("a");
      commit(a, turn(41));
      Files.write(
          file, "no database ".repeat(2000).getBytes(java.nio.charset.StandardCharsets.UTF_8));
      Files.deleteIfExists(Path.of(file + "-wal"));
      store.journals.settle();
      HostException refused = get(Turns.append(a, turn(42))).orElseThrow();
      assertThat(refused.code()).isEqualTo(ErrorCode.DATA_LOSS);
      assertThat(refused.error().message()).contains(file.toString());
      assertThat(Path.of(file + Unapplied.SUFFIX)).exists();
      commit(store.journal("b"), turn(2));
    }
    // From a backup: the turn that the damaged file could not take is there again.
    Files.write(file, good);
    try (Store store = new Store(root);
        Journal a = store.journal("a")) {
      assertThat(a.recover().lastSeq()).isEqualTo(41);
      commit(a, turn(42));
      assertThat(Store.query(store.settled("a"), "select max(seq) from turn")).isEqualTo("42");
      assertThat(Path.of(file + Unapplied.SUFFIX)).doesNotExist();
    }
  }

  private static Store still(Path data) {
    return new Store(data, StoreOptions.DEFAULT, Store.FILES, LogOptions.DEFAULT, STILL);
  }
}
