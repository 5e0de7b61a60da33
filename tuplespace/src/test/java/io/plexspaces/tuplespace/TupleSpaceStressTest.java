package io.plexspaces.tuplespace;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.tuplespace.FakeNode.Running;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

/**
 * Many turns at once, with failures of every kind; whatever the schedule, the sums must be right.
 */
class TupleSpaceStressTest {
  private static final int TAKERS = 60;
  private static final int TUPLES = 4000;
  private final FakeNode node = node();

  /** The node that these rules are checked on; they hold for durable spaces as well. */
  FakeNode node() {
    return new FakeNode();
  }

  @Test
  void givesEachTupleToExactlyOneTaker() throws Exception {
    Queue<String> taken = new ConcurrentLinkedQueue<>();
    List<Running<Boolean>> takers = new ArrayList<>();
    for (int i = 0; i < TAKERS; i++) {
      int seed = i;
      takers.add(node.start(() -> takeUntilAllIsTaken(seed, taken)));
    }
    Running<Boolean> writer =
        node.start(() -> {
          Random random = new Random(1);
          for (int i = 0; i < TUPLES; ) {
            FakeTurn turn = node.turn("writer" + i);
            int n = Math.min(1 + random.nextInt(5), TUPLES - i);
            for (int j = 0; j < n; j++) {
              turn.write("['job'," + ((i + j) % 3) + "," + (i + j) + "]");
            }
            if (random.nextInt(4) == 0) {
              turn.rollBack();
            } else {
              turn.commit();
              i += n;
            }
          }
          return true;
        });
    Random chaos = new Random(2);
    FakeNode.until(() -> {
      takers.get(chaos.nextInt(TAKERS)).thread().interrupt();
      return taken.size() >= TUPLES;
    });
    for (Running<Boolean> t : takers) {
      FakeNode.until(() -> {
        t.thread().interrupt();
        return t.task().isDone();
      });
      assertThat(t.result()).isTrue();
    }
    assertThat(writer.result()).isTrue();
    assertThat(taken).hasSize(TUPLES);
    assertThat(new HashSet<>(taken)).hasSize(TUPLES);
    assertThat(node.spaces.size(FakeNode.APP)).isZero();
    assertThat(node.spaces.waiting(FakeNode.APP)).isZero();
    assertThat(node.space().bytes()).isZero();
  }

  private boolean takeUntilAllIsTaken(int seed, Queue<String> taken) {
    Random random = new Random(seed);
    for (int round = 0; taken.size() < TUPLES; round++) {
      FakeTurn turn = node.turn("taker" + seed + "-" + round);
      List<String> mine = new ArrayList<>();
      try {
        for (int n = 1 + random.nextInt(3); n > 0; n--) {
          String pattern =
              random.nextBoolean() ? "['job',null,null]" : "[null," + seed % 3 + ",null]";
          String tuple =
              switch (random.nextInt(4)) {
                case 0 -> turn.take(pattern);
                case 1 -> turn.take(pattern, 1);
                case 2 -> turn.takeIfExists(pattern);
                default -> mine.isEmpty() ? turn.take(pattern, -1) : turn.take(pattern);
              };
          if (!tuple.equals("null")) {
            mine.add(tuple);
          }
        }
        if (random.nextInt(3) == 0) {
          turn.rollBack();
        } else {
          turn.commit();
          taken.addAll(mine);
        }
      } catch (HostException e) {
        // A guest may catch its error and go on: half of them keep what they had.
        if (e.code() != ErrorCode.CANCELLED && e.code() != ErrorCode.ABORTED) {
          throw e;
        }
        if (random.nextBoolean()) {
          turn.rollBack();
        } else {
          turn.commit();
          taken.addAll(mine);
        }
      }
    }
    return true;
  }

  @Test
  void electsExactlyOneWinnerWhateverWinnersFail() throws Exception {
    for (int round = 0; round < 40; round++) {
      String pattern = "['boss'," + round + ",null]";
      Queue<String> winners = new ConcurrentLinkedQueue<>();
      Queue<String> seen = new ConcurrentLinkedQueue<>();
      List<Running<Boolean>> rivals = new ArrayList<>();
      for (int i = 0; i < 30; i++) {
        String tuple = "['boss'," + round + "," + i + "]";
        Random random = new Random(31L * round + i);
        rivals.add(node.start(() -> elect(pattern, tuple, random, winners, seen)));
      }
      for (Running<Boolean> r : rivals) {
        assertThat(r.result()).isTrue();
      }
      assertThat(winners).hasSize(1);
      assertThat(new HashSet<>(seen)).isEqualTo(new HashSet<>(winners));
      assertThat(seen).hasSize(29);
      assertThat(node.turn("observer").readAll(pattern)).isEqualTo("[" + winners.peek() + "]");
    }
  }

  private boolean elect(
      String pattern, String tuple, Random random, Queue<String> winners, Queue<String> seen) {
    while (true) {
      FakeTurn turn = node.turn(tuple + random.nextLong());
      String answer = turn.writeOnce(pattern, tuple);
      if (answer.equals("{'written':true,'tuple':" + tuple + "}")) {
        if (random.nextInt(3) > 0) {
          turn.rollBack();
          continue;
        }
        winners.add(tuple);
      } else {
        seen.add(answer.substring("{'written':false,'tuple':".length(), answer.length() - 1));
      }
      turn.commit();
      return true;
    }
  }
}
