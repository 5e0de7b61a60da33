package io.plexspaces.tuplespace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.tuplespace.FakeNode.Running;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

class WaitingTest {
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

  /** A taker without time limit that is in the queue when this returns. */
  private Running<String> taker(FakeTurn turn, String pattern) {
    int before = node.spaces.waiting(FakeNode.APP);
    Running<String> r = node.start(() -> turn.take(pattern, -1));
    node.untilWaiting(before + 1);
    return r;
  }

  private static HostException failure(Running<?> r) {
    try {
      r.result();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof HostException h) {
        return h;
      }
      throw new AssertionError(e);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    throw new AssertionError("it did not fail");
  }

  @Test
  void servesTakersInOrder() throws Exception {
    List<Running<String>> takers = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      takers.add(taker(node.turn("t" + i), i % 2 == 0 ? "['a',null]" : "[null,null]"));
    }
    committed("['a',0]", "['a',1]", "['b',2]", "['a',3]");
    assertThat(takers.get(0).result()).isEqualTo("['a',0]");
    assertThat(takers.get(1).result()).isEqualTo("['a',1]");
    assertThat(takers.get(3).result()).isEqualTo("['b',2]");
    assertThat(takers.get(2).result()).isEqualTo("['a',3]");
    committed("['a',4]");
    assertThat(takers.get(4).result()).isEqualTo("['a',4]");
    assertThat(node.spaces.waiting(FakeNode.APP)).isZero();
  }

  @Test
  void showsATupleToTheReadersBeforeTheFirstTaker() throws Exception {
    Running<String> before =
        node.start(() -> node.turn("r1").call("ts_read", "{'pattern':['a',null],'timeout_ms':-1}"));
    node.untilWaiting(1);
    Running<String> taker = taker(node.turn("t"), "['a',null]");
    Running<String> after =
        node.start(() -> node.turn("r2").call("ts_read", "{'pattern':['a',null],'timeout_ms':-1}"));
    node.untilWaiting(3);
    committed("['a',1]");
    assertThat(before.result()).isEqualTo("['a',1]");
    assertThat(taker.result()).isEqualTo("['a',1]");
    node.untilWaiting(1);
    committed("['a',2]");
    assertThat(after.result()).isEqualTo("['a',2]");
  }

  @Test
  void endsAtItsTimeoutAndAtTheDeadlineWithNull() {
    assertThat(node.turn("t").take("['a']", 3)).isEqualTo("null");
    long soon = System.nanoTime() + 3_000_000;
    assertThat(node.turn(FakeNode.APP, "t", soon).take("['a']", -1)).isEqualTo("null");
    long past = System.nanoTime() - 1;
    assertThat(node.turn(FakeNode.APP, "t", past).take("['a']", 60_000)).isEqualTo("null");
    assertThat(node.turn(FakeNode.APP, "t", past).take("['a']", 0)).isEqualTo("null");
    committed("['a']");
    assertThat(node.turn(FakeNode.APP, "t", past).take("['a']", -1)).isEqualTo("['a']");
    assertThat(node.spaces.waiting(FakeNode.APP)).isZero();
  }

  @Test
  void givesNothingToAnInterruptedWaiter() throws Exception {
    Running<String> dead = taker(node.turn("dead"), "['a']");
    Running<String> alive = taker(node.turn("alive"), "['a']");
    dead.thread().interrupt();
    assertThat(failure(dead).code()).isEqualTo(ErrorCode.CANCELLED);
    committed("['a']");
    assertThat(alive.result()).isEqualTo("['a']");
  }

  @Test
  void givesNothingToAWaiterWhoseTurnWasEndedByAnother() throws Exception {
    FakeTurn killed = node.turn("killed");
    Running<String> dead = taker(killed, "['a']");
    killed.rollBack();
    committed("['a']");
    assertThat(failure(dead).code()).isEqualTo(ErrorCode.CANCELLED);
    assertThat(node.turn("t").take("['a']")).isEqualTo("['a']");
  }

  @Test
  void passesOnWhatACallGotThatThenFailedThoughItsTurnGoesOn() throws Exception {
    FakeTurn unlucky = node.turn("unlucky");
    unlucky.failAfterWaits();
    Running<String> first = taker(unlucky, "['a']");
    Running<String> second = taker(node.turn("second"), "['a']");
    committed("['a']");
    assertThat(failure(first).code()).isEqualTo(ErrorCode.CANCELLED);
    assertThat(second.result()).isEqualTo("['a']");
    unlucky.commit();
    assertThat(node.spaces.size(FakeNode.APP)).isOne();
  }

  @Test
  void handsATupleThatComesBackToTheNextWaiterOrToItsOldPlace() throws Exception {
    FakeTurn winner = node.turn("winner");
    Running<String> first = taker(winner, "['a',null]");
    FakeTurn next = node.turn("next");
    Running<String> second = taker(next, "['a',1]");
    committed("['a',1]", "['a',2]");
    assertThat(first.result()).isEqualTo("['a',1]");
    winner.rollBack();
    assertThat(second.result()).isEqualTo("['a',1]");
    next.rollBack();
    assertThat(node.turn("t").readAll("['a',null]")).isEqualTo("[['a',1],['a',2]]");
  }

  @Test
  void waitsWhileAllMatchesAreHeld() throws Exception {
    assertThat(node.turn("t").takeIfExists("['a',null]")).isEqualTo("null");
    committed("['a',1]", "['a',2]");
    FakeTurn h1 = node.turn("h1");
    FakeTurn h2 = node.turn("h2");
    h1.take("['a',1]");
    h2.take("['a',2]");
    assertThat(node.turn("t").take("['a',null]")).isEqualTo("null");
    assertThat(
            node.turn("t")
                .call("ts_take", "{'pattern':['a',null],'if_exists':true,'timeout_ms':0}"))
        .isEqualTo("null");
    FakeTurn waiting = node.turn("waiting");
    Running<String> held = node.start(() -> waiting.takeIfExists("['a',null]"));
    node.untilWaiting(1);
    h2.rollBack();
    assertThat(held.result()).isEqualTo("['a',2]");
    Running<String> hopeless = node.start(() -> node.turn("late").takeIfExists("['a',null]"));
    node.untilWaiting(1);
    waiting.commit();
    h1.commit();
    assertThat(hopeless.result()).isEqualTo("null");
  }

  @Test
  void refusesTheLaterOfTwoThatWouldWaitForEachOther() throws Exception {
    committed("['a']", "['b']");
    FakeTurn one = node.turn("one");
    FakeTurn two = node.turn("two");
    one.take("['a']");
    two.take("['b']");
    Running<String> waits = node.start(() -> one.takeIfExists("['b']"));
    node.untilWaiting(1);
    assertThatThrownBy(() -> two.takeIfExists("['a']"))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ABORTED))
        .hasMessageContaining("shop/worker/two -> shop/worker/one -> shop/worker/two");
    two.rollBack();
    assertThat(waits.result()).isEqualTo("['b']");
  }

  @Test
  void waitsForAnyHolderThatDoesNotWaitForIt() throws Exception {
    committed("['a',1]", "['a',2]", "['b']");
    FakeTurn one = node.turn("one");
    one.take("['a',1]");
    FakeTurn other = node.turn("other");
    other.take("['a',2]");
    FakeTurn me = node.turn("me");
    me.take("['b']");
    Running<String> blocked = node.start(() -> one.takeIfExists("['b']"));
    node.untilWaiting(1);
    Running<String> mine = node.start(() -> me.takeIfExists("['a',null]"));
    node.untilWaiting(2);
    other.rollBack();
    assertThat(mine.result()).isEqualTo("['a',2]");
    me.rollBack();
    assertThat(blocked.result()).isEqualTo("['b']");
  }

  @Test
  void endsAllWaitsWhenTheAppIsRemoved() {
    committed("['b']");
    FakeTurn holder = node.turn("holder");
    holder.take("['b']");
    Running<String> a = taker(node.turn("t1"), "['a']");
    Running<String> b = node.start(() -> node.turn("t2").takeIfExists("['b']"));
    Running<String> c = node.start(() -> node.turn("t3").writeOnce("['b']", "['b']"));
    node.untilWaiting(3);
    node.spaces.remove(FakeNode.APP);
    for (Running<String> r : List.of(a, b, c)) {
      assertThat(failure(r).code()).isEqualTo(ErrorCode.UNAVAILABLE);
    }
    holder.commit();
  }
}
