package io.plexspaces.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.HostException;
import io.plexspaces.api.Value;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.api.upkeep.EffectQuery;
import io.plexspaces.api.upkeep.JournalQuery;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class JournalInspectorTest {
  @TempDir static Path dir = Path.of("");

  @SuppressWarnings("NullAway.Init")
  private StoreUpkeep upkeep;

  @BeforeAll
  void open() {
    UpkeepFixture.make(dir.resolve("data"));
    upkeep = StoreUpkeep.offline(dir.resolve("data"));
  }

  @AfterAll
  void close() {
    upkeep.close();
  }

  private Value.Obj turns(JournalQuery q) {
    return upkeep.turns(Turns.actor("a"), q).orElseThrow();
  }

  private static List<Long> seqs(Value.Obj page) {
    return page.array("turns").stream().map(t -> ((Value.Obj) t).integer("seq", 0)).toList();
  }

  private static Value.Obj first(Value.Obj page, String list) {
    return (Value.Obj) page.array(list).getFirst();
  }

  @Test
  void theLastTurnsComeInTheirOrderAndSayThatThereAreMore() {
    Value.Obj page = turns(JournalQuery.last(3));
    assertThat(seqs(page)).containsExactly(22L, 23L, 24L);
    assertThat(page.bool("more", false)).isTrue();
    assertThat(page.string("actor", "")).isEqualTo("shop/counter/a");
    assertThat(page.string("file", "")).isEqualTo("journals/acme/shop/counter/a.db");
    assertThat(page.integer("first_seq", 0)).isEqualTo(1);
    assertThat(page.integer("last_seq", 0)).isEqualTo(24);
    assertThat(page.integer("dead", 0)).isEqualTo(1);
    assertThat(page.string("created_at", "")).isEqualTo("1970-01-01T00:00:05Z");
    assertThat(turns(JournalQuery.last(100)).bool("more", true)).isFalse();
  }

  @Test
  void aRangeIsReadFromItsBeginning() {
    JournalQuery q = new JournalQuery(4, 9, 4, null, false, false, true);
    assertThat(seqs(turns(q))).containsExactly(4L, 5L, 6L, 7L);
    assertThat(turns(q).bool("more", false)).isTrue();
    assertThat(seqs(turns(new JournalQuery(0, 9, 2, null, false, false, true))))
        .containsExactly(8L, 9L);
    assertThat(seqs(turns(new JournalQuery(1, 0, 9, "other", false, false, true)))).isEmpty();
    assertThat(seqs(turns(new JournalQuery(23, 0, 9, "add", false, false, true))))
        .containsExactly(23L, 24L);
  }

  @Test
  void aTurnShowsWhatCameAndWhatItLeft() {
    Value.Obj turn = first(turns(new JournalQuery(4, 4, 1, null, true, true, true)), "turns");
    assertThat(turn.string("at", "")).isEqualTo("1970-01-01T00:00:01.004Z");
    assertThat(turn.string("sender", "")).isEqualTo("shop/front/1");
    assertThat(turn.string("message_id", "")).isEqualTo("00000000000000070000000000000004");
    assertThat(turn.object("input").object("value").integer("by", 0)).isEqualTo(1);
    assertThat(turn.string("outcome", "")).isEqualTo("replied");
    assertThat(turn.object("reply").object("value").integer("n", 0)).isEqualTo(4);
    assertThat(turn.bool("state", false)).isTrue();
    Value.Obj step = (Value.Obj) turn.array("steps").get(1);
    assertThat(step.string("op", "")).isEqualTo("ask");
    assertThat(step.bool("failed", false)).isTrue();
    Value.Obj effect = first(turn, "effects");
    assertThat(effect.integer("number", 0)).isEqualTo(2);
    assertThat(effect.string("target", "")).isEqualTo("shop/stock/0");
    assertThat(effect.string("state", "")).isEqualTo("done");
  }

  @Test
  void bytesAreShownAsBytesAndContentsOnlyWhereTheyMayBeSeen() {
    Value.Obj turn = first(turns(new JournalQuery(5, 5, 1, null, true, true, true)), "turns");
    assertThat(turn.object("reply").string("type", "")).isEqualTo("image/png");
    assertThat(turn.object("reply").get("value")).isInstanceOf(Value.Bytes.class);
    Value.Obj hidden = turns(new JournalQuery(1, 0, 100, null, true, true, false));
    assertThat(io.plexspaces.api.Json.writeString(hidden))
        .contains("\"size\":")
        .doesNotContain("\"value\"");
  }

  @Test
  void theStateOfEachTurnIsRebuiltFromFullRowsAndPatches() {
    for (long seq = 1; seq <= UpkeepFixture.TURNS; seq++) {
      Value.Obj state = upkeep.state(Turns.actor("a"), seq).orElseThrow();
      assertThat(state.object("state").object("value").integer("n", 0)).isEqualTo(seq);
    }
    assertThat(upkeep.state(Turns.actor("a"), 0).orElseThrow().integer("seq", 0)).isEqualTo(24);
    assertThatThrownBy(() -> upkeep.state(Turns.actor("a"), 25))
        .isInstanceOf(HostException.class)
        .hasMessage("shop/counter/a has no turn 25: its last is 24");
  }

  @Test
  void theOutboxIsShownByStateAndInPages() {
    Value.Obj done = upkeep.effects(Turns.actor("a"), new EffectQuery("done", 0, 3, true)).get();
    assertThat(done.array("effects")).hasSize(3);
    assertThat(done.bool("more", false)).isTrue();
    Value.Obj rest = upkeep.effects(Turns.actor("a"), new EffectQuery("done", 3, 9, true)).get();
    assertThat(first(rest, "effects").integer("number", 0)).isEqualTo(4);
    Value.Obj dead =
        first(
            upkeep.effects(Turns.actor("a"), new EffectQuery("dead", 0, 9, false)).get(),
            "effects");
    assertThat(dead.integer("seq", 0)).isEqualTo(22);
    assertThat(dead.string("reason", "")).isEqualTo("stock is gone");
    assertThat(dead.string("at", "")).isEqualTo("1970-01-01T00:00:01.022Z");
  }

  @Test
  void timersAndWatermarksAreShown() {
    Value.Obj timer = first(upkeep.timers(Turns.actor("a"), true).get(), "timers");
    assertThat(timer.string("id", "")).isEqualTo("t6");
    assertThat(timer.string("due", "")).isEqualTo("1970-01-01T00:00:09.006Z");
    Value.Obj inbox = first(upkeep.inbox(Turns.actor("a")).get(), "inbox");
    assertThat(inbox.string("sender", "")).isEqualTo("shop/front/1");
    assertThat(inbox.integer("low", 0)).isEqualTo(12);
    assertThat(inbox.array("above")).hasSize(3);
  }

  @Test
  void whoHasNoJournalHasNothingToShow() {
    assertThat(upkeep.turns(Turns.actor("none"), JournalQuery.last(1))).isEmpty();
    assertThat(upkeep.actors(Turns.APP)).extracting(a -> a.key()).containsExactly("a", "b", "c");
  }

  @Test
  void aRunningNodeIsLookedAtWithoutHoldingItUp() {
    try (Store store = new Store(dir.resolve("running"));
        StoreUpkeep running = StoreUpkeep.of(store.data, store.journals)) {
      Journal j = store.journal("a");
      var _ = j.recover();
      for (long seq = 1; seq <= 50; seq++) {
        Turns.commit(j, Turns.turn(seq));
        assertThat(
                running
                    .turns(Turns.actor("a"), JournalQuery.last(1))
                    .orElseThrow()
                    .integer("last_seq", 0))
            .isEqualTo(seq);
      }
      assertThat(running.verify(UpkeepFixture.ALL).findings()).isEmpty();
      j.close();
      assertThat(running.state(Turns.actor("a"), 7).orElseThrow().integer("seq", 0)).isEqualTo(7);
    }
  }
}
