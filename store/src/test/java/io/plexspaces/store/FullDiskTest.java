package io.plexspaces.store;

import static io.plexspaces.store.Turns.append;
import static io.plexspaces.store.Turns.commit;
import static io.plexspaces.store.Turns.get;
import static io.plexspaces.store.Turns.message;
import static io.plexspaces.store.Turns.turn;
import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.store.log.LogOptions;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that cannot follow: the disk is full, or another program holds the file. */
class FullDiskTest {
  private static final LogOptions SMALL = new LogOptions(64 << 10, 256 << 10);

  @TempDir Path root;

  @Test
  void aFullDiskRefusesWhatChangesAndLosesNothingAcknowledged() {
    Payload large = new Payload(new byte[10_000], "application/octet-stream");
    SqliteFiles full = new SqliteFiles(Duration.ofSeconds(2), true, 40);
    long acknowledged = 0;
    try (Store store = new Store(root, StoreOptions.DEFAULT, full, SMALL);
        Journal j = store.journal("a")) {
      Optional<HostException> failure = Optional.empty();
      while (failure.isEmpty() && acknowledged < 500) {
        failure = get(append(j, turn(acknowledged + 1, large)));
        acknowledged += failure.isEmpty() ? 1 : 0;
      }
      assertThat(failure.map(HostException::code)).contains(ErrorCode.UNAVAILABLE);
      assertThat(failure.orElseThrow().error().message())
          .contains("disk is full")
          .contains(store.file("a").toString());
      // More than the file takes: the log has the rest.
      assertThat(acknowledged).isGreaterThan(20);
      // What is there can be read.
      assertThat(j.recover().lastSeq()).isEqualTo(acknowledged);
      assertThat(j.recover().state()).isEqualTo(large);
      assertThat(j.findTurn(message(1))).isPresent();
      assertThat(j.findTurn(message(acknowledged))).isPresent();
    }
    // There is room again: nothing else has to be done.
    try (Store store = new Store(root, StoreOptions.DEFAULT, Store.FILES, SMALL);
        Journal j = store.journal("a")) {
      assertThat(j.recover().lastSeq()).isEqualTo(acknowledged);
      for (int i = 1; i <= 100; i++) {
        commit(j, turn(acknowledged + i, large));
      }
      assertThat(Store.query(store.settled("a"), "select count(*) from turn"))
          .isEqualTo(Long.toString(acknowledged + 100));
    }
  }

  @Test
  void aFileThatAnotherProgramHoldsFollowsLater() throws SQLException {
    SqliteFiles impatient = new SqliteFiles(Duration.ZERO, true, 0);
    try (Store store = new Store(root, StoreOptions.DEFAULT, impatient);
        Journal j = store.journal("a")) {
      commit(j, turn(1));
      Path file = store.settled("a");
      try (Connection c = DriverManager.getConnection("jdbc:sqlite:" + file);
          Statement s = c.createStatement()) {
        s.execute("begin immediate");
        commit(j, turn(2)); // the log has it
        store.journals.settle();
        assertThat(Store.query(file, "select max(seq) from turn")).isEqualTo("1");
        assertThat(j.recover().lastSeq()).isEqualTo(2);
        assertThat(j.findTurn(message(2))).isPresent();
        s.execute("rollback");
      }
      commit(j, turn(3));
      assertThat(Store.query(store.settled("a"), "select max(seq) from turn")).isEqualTo("3");
    }
  }

  @Test
  void anActorWhoseFileIsHeldDoesNotKeepTheLogFromBeingUsedAgain() throws SQLException {
    SqliteFiles impatient = new SqliteFiles(Duration.ZERO, true, 0);
    Payload large = new Payload(new byte[10_000], "application/octet-stream");
    long last;
    try (Store store = new Store(root, StoreOptions.DEFAULT, impatient, SMALL)) {
      Journal held = store.journal("held");
      Journal other = store.journal("other");
      commit(held, turn(1));
      Path file = store.settled("held");
      try (Connection c = DriverManager.getConnection("jdbc:sqlite:" + file);
          Statement s = c.createStatement()) {
        s.execute("begin immediate");
        commit(held, turn(2));
        commit(held, turn(3));
        // Many times what the log holds.
        for (long seq = 1; seq <= 300; seq++) {
          commit(other, turn(seq, large));
        }
        last = held.recover().lastSeq();
        assertThat(last).isEqualTo(3);
        s.execute("rollback");
      }
      commit(held, turn(4));
      assertThat(Store.query(store.settled("held"), "select group_concat(seq) from turn"))
          .isEqualTo("1,2,3,4");
    }
    try (Store store = new Store(root);
        Journal held = store.journal("held")) {
      assertThat(held.recover().lastSeq()).isEqualTo(4);
    }
  }
}
