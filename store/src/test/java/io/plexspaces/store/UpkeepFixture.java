package io.plexspaces.store;

import io.plexspaces.api.Payload;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.api.journal.JournalOptions;
import io.plexspaces.api.journal.TimerChange;
import io.plexspaces.api.journal.TurnOutcome;
import io.plexspaces.api.journal.TurnRecord;
import io.plexspaces.api.upkeep.Finding;
import io.plexspaces.api.upkeep.Verification;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A data directory with journals that have a row of every kind. */
final class UpkeepFixture {
  static final int TURNS = 24;

  private UpkeepFixture() {}

  /** The actors a, b and c of {@link Turns#APP}; the node is stopped. */
  static void make(Path root) {
    try (Store store = new Store(root)) {
      for (String key : List.of("a", "b", "c")) {
        fill(store, key);
      }
    }
  }

  static void fill(Store store, String key) {
    JournalOptions options = new JournalOptions(5, Duration.ofHours(24), null);
    try (Journal j = store.journals.journal(Turns.actor(key), options)) {
      var _ = j.recover();
      for (long seq = 1; seq <= TURNS; seq++) {
        Turns.commit(j, turn(seq));
      }
      for (long seq = 1; seq < TURNS - 2; seq += 3) {
        j.effectDone(number(seq));
      }
    }
  }

  /** Turns 1, 4, 7, .. send one message each. */
  private static long number(long seq) {
    return (seq + 2) / 3;
  }

  private static TurnRecord.Outgoing effect(long seq) {
    TurnRecord.Outgoing e = Turns.effect(seq, 0);
    return new TurnRecord.Outgoing(0, number(seq), e.id(), e.target(), e.op(), e.payload(), false);
  }

  private static TurnRecord turn(long seq) {
    TurnRecord.Builder b =
        Turns.builder(seq)
            .state(Payload.json("{\"n\":" + seq + ",\"name\":\"" + "x".repeat(60) + "\"}"))
            .steps(
                List.of(
                    new TurnRecord.Step(0, "now_ms", "d0", Payload.json("5"), false),
                    new TurnRecord.Step(1, "ask", "d1", Payload.json("{\"code\":\"X\"}"), true)))
            .repeatable(seq % 2 == 0)
            .key(seq % 4 == 0 ? "add\nk" + seq : null, seq % 4 == 0 ? "digest" + seq : null);
    if (seq % 3 == 1) {
      b.effects(List.of(effect(seq)));
    }
    if (seq % 5 == 0) {
      b.outcome(new TurnOutcome.Replied(new Payload(bytes(seq), "image/png")));
    }
    if (seq % 6 == 0) {
      b.timers(
          List.of(
              new TimerChange.Set(
                  "t" + seq, 9000 + seq, "shop/counter/a", "tick", Payload.json("{}"), "")));
      b.received(new TurnRecord.Received("shop/front/1", 7, seq, seq / 2));
    }
    if (seq == TURNS) {
      b.undeliverable(List.of(new TurnRecord.DeadLetter(number(TURNS - 2), "stock is gone")));
    }
    return b.build();
  }

  private static byte[] bytes(long seq) {
    return ("\u0000\u0001binary" + seq).getBytes(StandardCharsets.UTF_8);
  }

  static final Verification.Scope ALL = new Verification.Scope(null, null, "", 1000);

  static Verification.Result verify(Path root, Verification.Scope scope) {
    try (StoreUpkeep upkeep = StoreUpkeep.offline(root)) {
      return upkeep.verify(scope);
    }
  }

  /** What is damaged, as {@code file: what}. */
  static List<String> damage(Path root) {
    return verify(root, ALL).findings().stream()
        .filter(Finding::damage)
        .map(f -> f.file() + ": " + f.what())
        .toList();
  }
}
