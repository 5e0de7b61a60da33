package io.plexspaces.tuplespace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.RequestContext;
import org.junit.jupiter.api.Test;

class TransactionTest {
  private final FakeNode node = node();

  /** The node that these rules are checked on; they hold for durable spaces as well. */
  FakeNode node() {
    return new FakeNode();
  }

  private void committed(String... tuples) {
    FakeTurn turn = node.turn("writer");
    for (String t : tuples) {
      turn.write(t);
    }
    turn.commit();
  }

  private String all(String pattern) {
    return node.turn("observer").readAll(pattern);
  }

  @Test
  void showsWritesToTheirOwnTurnOnlyUntilItCommits() {
    FakeTurn w = node.turn("w");
    w.write("['a',1]");
    w.write("['a',2]");
    assertThat(w.readAll("['a',null]")).isEqualTo("[['a',1],['a',2]]");
    assertThat(all("['a',null]")).isEqualTo("[]");
    w.commit();
    assertThat(all("['a',null]")).isEqualTo("[['a',1],['a',2]]");
  }

  @Test
  void leavesNothingOfAFailedTurn() {
    committed("['a',1]", "['a',2]", "['a',3]");
    FakeTurn t = node.turn("t");
    t.write("['a',4]");
    assertThat(t.take("['a',2]")).isEqualTo("['a',2]");
    assertThat(t.take("['a',null]")).isEqualTo("['a',1]");
    assertThat(t.take("['a',4]")).isEqualTo("['a',4]");
    t.writeOnce("['b',null]", "['b',1]");
    assertThat(all("['a',null]")).isEqualTo("[['a',3]]");
    t.rollBack();
    assertThat(all("['a',null]")).isEqualTo("[['a',1],['a',2],['a',3]]");
    assertThat(all("['b',null]")).isEqualTo("[]");
  }

  @Test
  void takesOnceAndForGood() {
    committed("['a',1]");
    FakeTurn first = node.turn("first");
    FakeTurn second = node.turn("second");
    assertThat(first.take("['a',null]")).isEqualTo("['a',1]");
    assertThat(first.take("['a',null]")).isEqualTo("null");
    assertThat(second.take("['a',null]")).isEqualTo("null");
    assertThat(second.read("['a',null]")).isEqualTo("null");
    assertThat(second.count("['a',null]")).isEqualTo("0");
    first.commit();
    assertThat(second.take("['a',null]")).isEqualTo("null");
    assertThat(node.spaces.size(FakeNode.APP)).isZero();
    assertThat(node.space().bytes()).isZero();
  }

  @Test
  void mayTakeItsOwnWrite() {
    FakeTurn t = node.turn("t");
    t.write("['a',1]");
    t.write("['a',2]");
    assertThat(t.take("['a',null]")).isEqualTo("['a',1]");
    t.commit();
    assertThat(all("['a',null]")).isEqualTo("[['a',2]]");
  }

  @Test
  void countsHeldTuplesAsResident() {
    committed("['a',1]", "['a',2]");
    FakeTurn t = node.turn("t");
    t.take("['a',1]");
    t.writeOnce("['b']", "['b']");
    t.write("['c']");
    assertThat(node.spaces.size(FakeNode.APP)).isEqualTo(2);
    t.commit();
    assertThat(node.spaces.size(FakeNode.APP)).isEqualTo(3);
  }

  @Test
  void findsItsEarlierTurnsWritesWhileTheirCommitIsOnItsWay() throws Exception {
    FakeTurn first = node.turn("same");
    first.write("['a',1]");
    FakeTurn second = node.turn("same");
    FakeNode.Running<String> taken = node.start(() -> second.take("['a',null]"));
    node.untilWaiting(1);
    first.commit();
    assertThat(taken.result()).isEqualTo("['a',1]");
  }

  @Test
  void givesUpOnAnEarlierTurnAtTheDeadline() {
    FakeTurn first = node.turn("same");
    first.write("['a',1]");
    FakeTurn second = node.turn(FakeNode.APP, "same", System.nanoTime());
    assertThatThrownBy(() -> second.take("['a',null]"))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED));
    first.commit();
    FakeTurn third = node.turn(FakeNode.APP, "same", System.nanoTime());
    assertThat(third.take("['a',null]")).isEqualTo("['a',1]");
  }

  @Test
  void refusesATurnThatHasEnded() {
    FakeTurn t = node.turn("t");
    t.write("['a',1]");
    t.rollBack();
    assertThatThrownBy(() -> t.write("['a',2]"))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CANCELLED));
  }

  @Test
  void isGoneWithItsApp() {
    committed("['a',1]");
    FakeTurn open = node.turn("open");
    assertThat(open.take("['a',null]")).isEqualTo("['a',1]");
    node.spaces.remove(FakeNode.APP);
    open.rollBack();
    assertThat(node.spaces.size(FakeNode.APP)).isZero();
    assertThat(node.turn(FakeNode.APP, "new", RequestContext.NO_DEADLINE).count("[null,null]"))
        .isEqualTo("0");
  }
}
