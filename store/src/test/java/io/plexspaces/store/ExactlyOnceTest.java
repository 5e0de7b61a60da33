package io.plexspaces.store;

import static io.plexspaces.store.Turns.APP;
import static io.plexspaces.store.Turns.actor;
import static io.plexspaces.store.Turns.commit;
import static io.plexspaces.store.Turns.effect;
import static io.plexspaces.store.Turns.message;
import static io.plexspaces.store.Turns.number;
import static io.plexspaces.store.Turns.turn;
import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.Payload;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.api.journal.JournalStore.Pending;
import io.plexspaces.api.journal.Recovered;
import io.plexspaces.api.journal.TimerChange;
import io.plexspaces.api.journal.TurnOutcome;
import io.plexspaces.api.journal.TurnRecord;
import io.plexspaces.api.journal.TurnRecord.DeadLetter;
import io.plexspaces.api.journal.TurnRecord.Received;
import io.plexspaces.api.journal.Watermark;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What senders, receivers and reminders need on disk to do everything once. */
class ExactlyOnceTest {
  private static final String SENDER = "shop/front/ü";

  @TempDir Path root;

  @Test
  void whatWasReceivedOfASenderIsKnownForEver() {
    Watermark expected =
        Watermark.NONE.with(received(8, 1, 1)).with(received(8, 4, 2)).with(received(8, 3, 3));
    try (Store store = new Store(root);
        Journal j = store.journal("a")) {
      assertThat(j.watermark(SENDER)).isEqualTo(Watermark.NONE);
      commit(j, Turns.builder(1).received(received(8, 1, 1)).build());
      commit(j, Turns.builder(2).received(received(8, 4, 2)).build());
      commit(j, Turns.builder(3).received(received(8, 3, 3)).build());
      commit(j, Turns.builder(4).received(new Received("shop/front/2", 1, 1, 1)).build());
      assertThat(j.watermark(SENDER)).isEqualTo(expected);
    }
    try (Store store = new Store(root);
        Journal j = store.journal("a")) {
      assertThat(j.watermark(SENDER)).isEqualTo(expected);
      assertThat(j.watermark("shop/front/3")).isEqualTo(Watermark.NONE);
      // The sender's next life begins anew.
      commit(j, Turns.builder(5).received(received(9, 1, 1)).build());
      assertThat(j.watermark(SENDER)).isEqualTo(new Watermark(9, 1, List.of(1L)));
    }
    assertThat(
            Store.query(
                Store.file(root, "a"),
                "select epoch || ' ' || low || ' ' || above from inbox where sender = '"
                    + SENDER
                    + "'"))
        .isEqualTo("9 1 [1]");
  }

  @Test
  void onlyWhatMayComeAgainIsFoundAndOfTwoTurnsTheLater() {
    TurnOutcome later = new TurnOutcome.Replied(Payload.json("\"later\""));
    try (Store store = new Store(root);
        Journal j = store.journal("a")) {
      commit(j, turn(1));
      commit(j, Turns.builder(2).repeatable(false).build());
      TurnRecord again =
          TurnRecord.builder(3, 1003, message(1)).outcome(later).repeatable(true).build();
      commit(j, again);
      assertThat(j.findTurn(message(1))).contains(later);
      assertThat(j.findTurn(message(2))).isEmpty();
    }
  }

  @Test
  void aDeadLetterIsNoLongerPendingAndKeepsItsReason() {
    try (Store store = new Store(root);
        Journal j = store.journal("a")) {
      commit(j, turn(1, null, List.of(effect(1, 0), effect(1, 1), effect(1, 2))));
      j.effectDone(number(1, 2));
      commit(
          j,
          Turns.builder(2)
              .undeliverable(
                  List.of(
                      new DeadLetter(number(1, 1), "no such actor"),
                      new DeadLetter(number(1, 2), "too late")))
              .build());
      assertThat(j.recover().pending()).containsExactly(effect(1, 0));
    }
    assertThat(
            Store.query(
                Store.file(root, "a"),
                "select group_concat(number || state || coalesce(reason, '')) from effect"))
        .isEqualTo("10pending,11deadno such actor,12done");
    try (Store store = new Store(root)) {
      assertThat(store.pending(APP)).containsExactly(actor("a"));
      Journal j = store.journal("a");
      assertThat(j.recover().lastNumber()).isEqualTo(number(1, 2));
      j.effectDone(number(1, 0));
      j.close();
      assertThat(store.pending(APP)).isEmpty();
    }
  }

  @Test
  void aClientsSendIsAnEffectOfItsReceiver() {
    TurnRecord.Outgoing sent =
        new TurnRecord.Outgoing(
            0, 1, message(1), "shop/counter/a", "add", new Payload(new byte[0], "x/y"), true);
    try (Store store = new Store(root);
        Journal j = store.journal("a")) {
      commit(j, turn(1, null, List.of(sent)));
    }
    try (Store store = new Store(root);
        Journal j = store.journal("a")) {
      assertThat(j.recover().pending()).containsExactly(sent);
    }
  }

  @Test
  void timersAreThereUntilTheyAreCancelledAndTheFirstDueIsInTheIndex() {
    TimerChange.Set daily = timer("daily", 9000, "every 86400000");
    TimerChange.Set once = timer("once", 7000, "");
    TimerChange.Set moved = timer("once", 8000, "");
    try (Store store = new Store(root);
        Journal j = store.journal("a")) {
      commit(j, Turns.builder(1).timers(List.of(daily, once)).build());
      assertThat(j.recover().timers()).containsExactlyInAnyOrder(daily, once);
      commit(j, Turns.builder(2).timers(List.of(moved)).build());
      assertThat(due(store)).isLessThanOrEqualTo(8000);
    }
    try (Store store = new Store(root)) {
      assertThat(store.journals.pending(APP)).containsExactly(new Pending(actor("a"), false, 8000));
      Journal j = store.journal("a");
      Recovered r = j.recover();
      assertThat(r.timers()).containsExactlyInAnyOrder(daily, moved);
      commit(
          j,
          Turns.builder(3)
              .timers(List.of(new TimerChange.Cancelled("once"), new TimerChange.Cancelled("none")))
              .build());
      assertThat(j.recover().timers()).containsExactly(daily);
      j.close();
      assertThat(due(store)).isEqualTo(9000);
    }
    try (Store store = new Store(root)) {
      Journal j = store.journal("a");
      commit(j, Turns.builder(4).timers(List.of(new TimerChange.Cancelled("daily"))).build());
      j.close();
      assertThat(store.pending(APP)).isEmpty();
    }
  }

  private static long due(Store store) {
    return store.journals.pending(APP).getFirst().nextDueMillis();
  }

  private static TimerChange.Set timer(String id, long due, String rule) {
    return new TimerChange.Set(
        id, due, "shop/counter/a", "tick", Payload.json("{\"id\":\"" + id + "\"}"), rule);
  }

  private static Received received(long epoch, long number, long low) {
    return new Received(SENDER, epoch, number, low);
  }
}
