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
        Store.update(store.settled("a"), "insert into state values (9, 'full', 'x', x'00', null)");
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
  void turnsOfAnotherProgramAreNoticedWhenAnIdleFileIsReopened() {
    try (Store store = new Store(root, new StoreOptions(1, 1, Duration.ofSeconds(2)), Store.FILES);
        Journal a = store.journal("a");
        Journal b = store.journal("b")) {
      commit(a, turn(1));
      Path file = store.settled("a");
      commit(b, turn(1));
      store.journals.settle();
      Store.update(file, "delete from turn");
      commit(a, turn(2)); // the log has it
      store.journals.settle();
      Optional<HostException> failure = get(append(a, turn(3)));
      assertThat(failure.map(HostException::code)).contains(ErrorCode.DATA_LOSS);
      assertThat(failure.orElseThrow().error().message()).contains(file.toString());
      commit(b, turn(2));
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
