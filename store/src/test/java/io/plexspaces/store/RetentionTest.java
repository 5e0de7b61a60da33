package io.plexspaces.store;

import static io.plexspaces.store.Turns.commit;
import static io.plexspaces.store.Turns.effect;
import static io.plexspaces.store.Turns.message;
import static io.plexspaces.store.Turns.number;
import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.MessageId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.journal.IdempotentResult;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.api.journal.JournalOptions;
import io.plexspaces.api.journal.Recovered;
import io.plexspaces.api.journal.TimerChange;
import io.plexspaces.api.journal.TurnOutcome;
import io.plexspaces.api.journal.TurnRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RetentionTest {
  private static final long HOUR = 3_600_000;
  private static final JournalOptions AN_HOUR =
      new JournalOptions(4, Duration.ofHours(3), Duration.ofHours(1));

  @TempDir Path root;

  @Test
  void whatIsOldGoesAndWhatIsNeededStays() {
    TimerChange.Set timer =
        new TimerChange.Set("t", 99 * HOUR, "shop/counter/a", "tick", Payload.NULL, "");
    try (Store store = new Store(root);
        Journal j = store.journal("a", AN_HOUR)) {
      store.now.set(HOUR);
      commit(
          j,
          at(1, HOUR)
              .effects(List.of(effect(1, 0), effect(1, 1), effect(1, 2)))
              .timers(List.of(timer))
              .received(new TurnRecord.Received("shop/f/1", 1, 5, 2))
              .steps(List.of(new TurnRecord.Step(0, "ask", "d", Payload.NULL, false)))
              .build());
      commit(j, at(2, HOUR).key("add\nk", "digest").build());
      for (long seq = 3; seq <= 9; seq++) {
        commit(j, at(seq, HOUR).effects(List.of(effect(seq, 0))).build());
        j.effectDone(number(seq, 0));
      }
      commit(
          j,
          at(10, HOUR)
              .undeliverable(List.of(new TurnRecord.DeadLetter(number(1, 1), "nobody")))
              .build());
      j.effectDone(number(1, 2));
      store.journals.settle();
      assertThat(count(store, "turn")).isEqualTo(10);

      store.now.set(3 * HOUR);
      commit(j, at(11, 3 * HOUR).build());
      Path file = store.settled("a");
      assertThat(Store.query(file, "select group_concat(seq) from turn")).isEqualTo("2,11");
      assertThat(count(store, "step")).isZero();
      assertThat(Store.query(file, "select group_concat(number || state) from effect"))
          .isEqualTo(number(1, 0) + "pending," + number(1, 1) + "dead," + number(9, 0) + "done");
      assertThat(Store.query(file, "select pruned from meta")).isEqualTo("10");
      // Turn 9 wrote the last full state; 10 and 11 what changed.
      assertThat(Store.query(file, "select group_concat(seq || kind) from state"))
          .isEqualTo("9full,10fields,11fields");
      assertThat(j.findIdempotent("add\nk").map(IdempotentResult::requestDigest))
          .contains("digest");
      assertThat(j.findTurn(message(3))).isEmpty();

      Recovered r = j.recover();
      assertThat(r.lastSeq()).isEqualTo(11);
      assertThat(r.lastNumber()).isEqualTo(number(9, 0));
      assertThat(r.state()).isEqualTo(state(11));
      assertThat(r.pending()).containsExactly(effect(1, 0));
      assertThat(r.timers()).containsExactly(timer);
      assertThat(j.watermark("shop/f/1").above()).containsExactly(5L);

      // The key has expired, and the effect has arrived.
      store.now.set(5 * HOUR);
      j.effectDone(number(1, 0));
      commit(j, at(12, 5 * HOUR).build());
      assertThat(Store.query(store.settled("a"), "select group_concat(seq) from turn"))
          .isEqualTo("12");
      assertThat(Store.query(file, "select group_concat(number || state) from effect"))
          .isEqualTo(number(1, 1) + "dead," + number(9, 0) + "done");
      assertThat(j.recover().lastSeq()).isEqualTo(12);
    }
  }

  @Test
  void theLastTurnStaysHoweverOldAndAGapIsStillFound() {
    try (Store store = new Store(root);
        Journal j = store.journal("a", AN_HOUR)) {
      for (long seq = 1; seq <= 20; seq++) {
        commit(j, at(seq, HOUR).state(null).build());
      }
      store.now.set(9 * HOUR);
      commit(j, at(21, HOUR).state(null).build());
      commit(j, at(22, 9 * HOUR).state(null).build());
      commit(j, at(23, 9 * HOUR).state(null).build());
      assertThat(Store.query(store.settled("a"), "select group_concat(seq) from turn"))
          .isEqualTo("22,23");
    }
    Store.update(Store.file(root, "a"), "delete from turn where seq = 22");
    try (Store store = new Store(root)) {
      org.assertj.core.api.Assertions.assertThatThrownBy(() -> store.journal("a"))
          .hasMessageContaining("turns are missing");
    }
  }

  @Test
  void spaceIsGivenBackAPieceAtATime() throws IOException {
    long full;
    try (Store store = new Store(root);
        Journal j = store.journal("a", new JournalOptions(1, Duration.ofHours(3), null))) {
      for (long seq = 1; seq <= 3000; seq++) {
        j.append(at(seq, HOUR).state(Payload.json("\"" + "x".repeat(500) + "\"")).build(), f -> {});
      }
      commit(j, at(3001, HOUR).build());
    }
    full = Files.size(Store.file(root, "a"));
    assertThat(full).isGreaterThan(2_000_000);
    try (Store store = new Store(root);
        Journal j = store.journal("a", AN_HOUR)) {
      store.now.set(9 * HOUR);
      long seq = 3002;
      while (seq < 3020) {
        commit(j, at(seq++, 9 * HOUR).build());
        store.journals.settle();
      }
      assertThat(count(store, "turn")).isEqualTo(18);
    }
    assertThat(Files.size(Store.file(root, "a"))).isLessThan(full / 4);
    assertThat(Store.query(Store.file(root, "a"), "pragma integrity_check")).isEqualTo("ok");
  }

  private static long count(Store store, String table) {
    return Long.parseLong(Store.query(store.file("a"), "select count(*) from " + table));
  }

  private static TurnRecord.Builder at(long seq, long millis) {
    return TurnRecord.builder(seq, millis, new MessageId(7, seq))
        .outcome(new TurnOutcome.Replied(Payload.json("1")))
        .repeatable(true)
        .state(state(seq));
  }

  private static Payload state(long seq) {
    return Payload.json("{\"big\":\"" + "x".repeat(60) + "\",\"n\":" + seq + "}");
  }
}
