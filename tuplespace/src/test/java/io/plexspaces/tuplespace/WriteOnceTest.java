package io.plexspaces.tuplespace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.tuplespace.FakeNode.Running;
import org.junit.jupiter.api.Test;

class WriteOnceTest {
  private final FakeNode node = node();

  /** The node that these rules are checked on; they hold for durable spaces as well. */
  FakeNode node() {
    return new FakeNode();
  }

  private static String won(String tuple) {
    return "{'written':true,'tuple':" + tuple + "}";
  }

  private static String lost(String tuple) {
    return "{'written':false,'tuple':" + tuple + "}";
  }

  private Running<String> rival(FakeTurn turn, String pattern, String tuple) {
    int before = node.spaces.waiting(FakeNode.APP);
    Running<String> r = node.start(() -> turn.writeOnce(pattern, tuple));
    node.untilWaiting(before + 1);
    return r;
  }

  @Test
  void showsTheWinnerToRivalsOnceItHasCommitted() throws Exception {
    FakeTurn first = node.turn("first");
    assertThat(first.writeOnce("['boss',null]", "['boss',1]")).isEqualTo(won("['boss',1]"));
    assertThat(first.read("['boss',null]")).isEqualTo("['boss',1]");
    assertThat(first.writeOnce("['boss',null]", "['boss',9]")).isEqualTo(lost("['boss',1]"));
    assertThat(node.turn("r").read("['boss',null]")).isEqualTo("null");
    assertThat(node.turn("r").takeIfExists("['boss',null]")).isEqualTo("null");
    Running<String> rival = rival(node.turn("second"), "['boss',null]", "['boss',2]");
    first.commit();
    assertThat(rival.result()).isEqualTo(lost("['boss',1]"));
    assertThat(node.turn("r").readAll("['boss',null]")).isEqualTo("[['boss',1]]");
  }

  @Test
  void letsARivalWinWhenTheWinnerFails() throws Exception {
    FakeTurn first = node.turn("first");
    first.writeOnce("['boss',null]", "['boss',1]");
    FakeTurn second = node.turn("second");
    Running<String> rival = rival(second, "['boss',null]", "['boss',2]");
    first.rollBack();
    assertThat(rival.result()).isEqualTo(won("['boss',2]"));
    second.commit();
    assertThat(node.turn("r").readAll("['boss',null]")).isEqualTo("[['boss',2]]");
  }

  @Test
  void letsARivalWinWhenTheWinnerTakesItsEntryBack() throws Exception {
    FakeTurn first = node.turn("first");
    first.writeOnce("['boss',null]", "['boss',1]");
    Running<String> rival = rival(node.turn("second"), "['boss',null]", "['boss',2]");
    assertThat(first.take("['boss',null]")).isEqualTo("['boss',1]");
    assertThat(rival.result()).isEqualTo(won("['boss',2]"));
  }

  @Test
  void holdsThePatternAgainstTuplesThatMatchIt() throws Exception {
    FakeTurn first = node.turn("first");
    first.writeOnce("['boss',null]", "['boss',1]");
    Running<String> narrow = rival(node.turn("second"), "['boss',2]", "['boss',2]");
    assertThat(node.turn("third").writeOnce("['clerk',null]", "['clerk',1]"))
        .isEqualTo(won("['clerk',1]"));
    first.commit();
    assertThat(narrow.result()).isEqualTo(won("['boss',2]"));
  }

  @Test
  void waitsForATurnThatHasTakenAMatch() throws Exception {
    FakeTurn w = node.turn("w");
    w.write("['boss',0]");
    w.commit();
    FakeTurn taker = node.turn("taker");
    taker.take("['boss',null]");
    Running<String> rival = rival(node.turn("rival"), "['boss',null]", "['boss',1]");
    taker.rollBack();
    assertThat(rival.result()).isEqualTo(lost("['boss',0]"));
  }

  @Test
  void mayReplaceWhatItHasTakenItself() {
    FakeTurn w = node.turn("w");
    w.write("['boss',0]");
    w.commit();
    FakeTurn t = node.turn("t");
    t.take("['boss',null]");
    assertThat(t.writeOnce("['boss',null]", "['boss',1]")).isEqualTo(won("['boss',1]"));
    t.rollBack();
    assertThat(node.turn("r").readAll("['boss',null]")).isEqualTo("[['boss',0]]");
  }

  @Test
  void placesNothingForACallThatFailedThoughItsTurnGoesOn() throws Exception {
    FakeTurn first = node.turn("first");
    first.writeOnce("['boss',null]", "['boss',1]");
    FakeTurn unlucky = node.turn("unlucky");
    unlucky.failAfterWaits();
    Running<String> rival = rival(unlucky, "['boss',null]", "['boss',2]");
    first.rollBack();
    assertThatThrownBy(rival::result).hasMessageContaining("stopped after the wait");
    assertThat(node.turn("third").writeOnce("['boss',null]", "['boss',3]"))
        .isEqualTo(won("['boss',3]"));
    unlucky.commit();
    assertThat(node.turn("r").count("['boss',null]")).isEqualTo("0");
  }

  @Test
  void endsAtTheDeadlineWithAnError() {
    node.turn("first").writeOnce("['boss',null]", "['boss',1]");
    FakeTurn late = node.turn(FakeNode.APP, "late", System.nanoTime() + 3_000_000);
    assertThatThrownBy(() -> late.writeOnce("['boss',null]", "['boss',2]"))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED))
        .hasMessageContaining("shop/worker/late");
  }

  @Test
  void refusesTheLaterOfTwoThatWouldWaitForEachOther() throws Exception {
    FakeTurn one = node.turn("one");
    FakeTurn two = node.turn("two");
    one.writeOnce("['a']", "['a']");
    two.writeOnce("['b']", "['b']");
    Running<String> waits = rival(one, "['b']", "['b']");
    assertThatThrownBy(() -> two.writeOnce("['a']", "['a']"))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ABORTED));
    two.rollBack();
    assertThat(waits.result()).isEqualTo(won("['b']"));
    assertThat(node.turn("r").count("['b']")).isEqualTo("0");
  }

  @Test
  void givesTheEntryToItsReadersWhenItIsPublished() throws Exception {
    FakeTurn first = node.turn("first");
    first.writeOnce("['boss',null]", "['boss',1]");
    FakeTurn t = node.turn("t");
    Running<String> taker = node.start(() -> t.take("['boss',null]", -1));
    node.untilWaiting(1);
    first.commit();
    assertThat(taker.result()).isEqualTo("['boss',1]");
  }
}
