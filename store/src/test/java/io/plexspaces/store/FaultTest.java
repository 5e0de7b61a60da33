package io.plexspaces.store;

import static io.plexspaces.store.Turns.append;
import static io.plexspaces.store.Turns.commit;
import static io.plexspaces.store.Turns.get;
import static io.plexspaces.store.Turns.turn;
import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.journal.Journal;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FaultTest {
  @TempDir Path root;

  @Test
  void anotherActorsFileIsRefusedNamingBoth() throws IOException {
    write("a", 2);
    write("b", 2);
    Files.copy(Store.file(root, "b"), Store.file(root, "a"), StandardCopyOption.REPLACE_EXISTING);
    HostException e = recoverError("a");
    assertThat(e.code()).isEqualTo(ErrorCode.DATA_LOSS);
    assertThat(e.error().message())
        .contains(Store.file(root, "a").getFileName().toString())
        .contains("counter/a")
        .contains("counter/b");
  }

  @ParameterizedTest
  @CsvSource({"0", "50", "4096", "20000"})
  void aTruncatedFileIsDataLoss(long length) throws IOException {
    write("a", 40);
    try (FileChannel c = FileChannel.open(Store.file(root, "a"), StandardOpenOption.WRITE)) {
      assertThat(c.size()).isGreaterThan(20000);
      c.truncate(length);
    }
    assertDamaged("a");
  }

  @Test
  void aFileThatIsNoDatabaseIsDataLoss() throws IOException {
    write("a", 1);
    Files.writeString(Store.file(root, "a"), "this is a text of mine\n".repeat(500));
    assertDamaged("a");
  }

  @Test
  void anotherDatabaseIsDataLoss() throws IOException {
    write("a", 1);
    Files.delete(Store.file(root, "a"));
    Store.update(Store.file(root, "a"), "create table mine (x)");
    assertDamaged("a");
  }

  @ParameterizedTest
  @CsvSource({
    "delete from turn where seq = 5, turns are missing",
    "delete from turn where seq > 8, after the last",
    "update state set kind = 'zip' where seq = 9, zip",
  })
  void rowsThatDoNotFitAreDataLoss(String tampering, String message) {
    try (Store store = new Store(root);
        Journal j = store.journal("a")) {
      commit(j, turn(1));
      for (long seq = 2; seq <= 9; seq++) {
        commit(j, turn(seq, seq == 9 && tampering.startsWith("update") ? Payload.NULL : null));
      }
      if (tampering.contains("seq > 8")) {
        Store.update(store.file("a"), "insert into state values (9, 'full', 'x', x'00')");
      }
    }
    Store.update(Store.file(root, "a"), tampering);
    assertThat(assertDamaged("a").error().message()).contains(message);
  }

  @ParameterizedTest
  @CsvSource({"update meta set format = 9", "pragma user_version = 9"})
  void aLaterFormatIsRefused(String tampering) {
    write("a", 1);
    Store.update(Store.file(root, "a"), tampering);
    HostException e = recoverError("a");
    assertThat(e.code()).isEqualTo(ErrorCode.FAILED_PRECONDITION);
    assertThat(e.error().message()).contains("format 9").contains("a.db");
  }

  @Test
  void aFullDiskFailsTheTurnAndLeavesTheOnesBefore() {
    Payload large = new Payload(new byte[40_000], "application/octet-stream");
    int fits;
    SqliteFiles small = new SqliteFiles(Duration.ofSeconds(2), true, 40);
    try (Store store = new Store(root, StoreOptions.DEFAULT, small);
        Journal j = store.journal("a")) {
      long seq = 1;
      Optional<HostException> failure = get(append(j, turn(seq, large)));
      while (failure.isEmpty() && seq < 50) {
        failure = get(append(j, turn(++seq, large)));
      }
      assertThat(failure.map(HostException::code)).contains(ErrorCode.UNAVAILABLE);
      assertThat(failure.orElseThrow().error().message())
          .contains("disk is full")
          .contains(store.file("a").toString());
      // All behind it fail, even what would fit, until the actor has reloaded.
      assertThat(get(append(j, turn(seq, null)))).isPresent();
      fits = (int) seq - 1;
      assertThat(fits).isPositive();
      assertThat(j.recover().lastSeq()).isEqualTo(fits);
      commit(j, turn(fits + 1, null));
    }
    try (Store store = new Store(root);
        Journal j = store.journal("a")) {
      assertThat(j.recover().lastSeq()).isEqualTo(fits + 1);
      assertThat(j.recover().state()).isEqualTo(large);
      commit(j, turn(fits + 2, large));
    }
  }

  @Test
  void aFileThatAnotherProgramHoldsIsUnavailable() throws SQLException {
    SqliteFiles impatient = new SqliteFiles(Duration.ZERO, true, 0);
    try (Store store = new Store(root, StoreOptions.DEFAULT, impatient);
        Journal j = store.journal("a")) {
      commit(j, turn(1));
      try (Connection c = DriverManager.getConnection("jdbc:sqlite:" + store.file("a"));
          Statement s = c.createStatement()) {
        s.execute("begin immediate");
        Optional<HostException> failure = get(append(j, turn(2)));
        assertThat(failure.map(HostException::code)).contains(ErrorCode.UNAVAILABLE);
        assertThat(failure.orElseThrow().error().message()).contains("busy").contains("a.db");
        s.execute("rollback");
      }
      assertThat(j.recover().lastSeq()).isEqualTo(1);
      commit(j, turn(2));
    }
  }

  @Test
  void turnsOfAnotherProgramAreNoticedWhenAnIdleFileIsReopened() {
    try (Store store = new Store(root, new StoreOptions(1, 1, Duration.ofSeconds(2)), Store.FILES);
        Journal a = store.journal("a");
        Journal b = store.journal("b")) {
      commit(a, turn(1));
      commit(b, turn(1));
      Store.update(store.file("a"), "delete from turn");
      assertThat(get(append(a, turn(2))).map(HostException::code)).contains(ErrorCode.DATA_LOSS);
    }
  }

  @Test
  void aDamagedIndexSaysWhatToDo() throws IOException {
    write("a", 1);
    Files.writeString(root.resolve("pending.db"), "no database ".repeat(500));
    try {
      new Store(root).close();
      assertThat(false).as("the store opened a damaged index").isTrue();
    } catch (HostException e) {
      assertThat(e.code()).isEqualTo(ErrorCode.DATA_LOSS);
      assertThat(e.error().message()).contains("pending.db").contains("rebuilt");
    }
  }

  private void write(String key, int turns) {
    try (Store store = new Store(root);
        Journal j = store.journal(key)) {
      for (long seq = 1; seq <= turns; seq++) {
        commit(j, turn(seq));
      }
    }
  }

  private HostException assertDamaged(String key) {
    HostException e = recoverError(key);
    assertThat(e.code()).as(e.error().message()).isEqualTo(ErrorCode.DATA_LOSS);
    assertThat(e.error().message()).contains(Store.file(root, key).toString());
    return e;
  }

  private HostException recoverError(String key) {
    try (Store store = new Store(root);
        Journal j = store.journal(key)) {
      j.recover();
      throw new AssertionError("the journal of " + key + " was accepted");
    } catch (HostException e) {
      return e;
    }
  }
}
