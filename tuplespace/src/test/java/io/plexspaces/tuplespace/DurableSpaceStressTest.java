package io.plexspaces.tuplespace;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.HostException;
import io.plexspaces.api.journal.TupleChange;
import io.plexspaces.tuplespace.FakeNode.Running;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * Writers and takers on a disk that is sometimes full, through crashes in the middle of everything.
 * Each taken tuple is passed on as another, in the same turn: at the end everything that was ever
 * acknowledged is there, each once.
 */
class DurableSpaceStressTest {
  private static final int LIVES = 6;
  private static final int WRITERS = 4;
  private static final int TAKERS = 12;

  private final AtomicInteger ids = new AtomicInteger();
  private final Queue<Integer> acknowledgedWrites = new ConcurrentLinkedQueue<>();
  private final Queue<Integer> acknowledgedMoves = new ConcurrentLinkedQueue<>();

  @Test
  void losesNothingAndDoublesNothingOverCrashes() throws Exception {
    Random random = new Random(7);
    MemoryDisk disk = new MemoryDisk(InstantSource.system(), false);
    for (int life = 0; life < LIVES; life++) {
      int enough = acknowledgedMoves.size() + 200;
      MemoryDisk now = disk;
      FakeNode node =
          new FakeNode(
              System::nanoTime, TupleSpaces.DEFAULT_MAX_BYTES, InstantSource.system(), now);
      List<Running<Boolean>> all = new ArrayList<>();
      for (int w = 0; w < WRITERS; w++) {
        String name = "writer" + w;
        all.add(node.start(() -> repeat(node, name, this::write)));
      }
      for (int t = 0; t < TAKERS; t++) {
        String name = "taker" + t;
        all.add(node.start(() -> repeat(node, name, this::move)));
      }
      FakeNode.until(() -> {
        if (random.nextInt(50) == 0) {
          now.fail();
        } else {
          now.sync(random.nextInt(1 + now.inFlight()));
        }
        return acknowledgedMoves.size() >= enough;
      });
      disk = now.crash(random.nextInt(1 + now.inFlight()));
      node.spaces.remove(FakeNode.APP); // what still runs of that life finds nothing any more
      for (Running<Boolean> r : all) {
        FakeNode.until(() -> {
          now.fail();
          return r.task().isDone();
        });
        assertThat(r.result()).isTrue();
      }
    }
    check(disk);
  }

  private interface Work {
    /** One turn; what to do when it is acknowledged. */
    Runnable run(FakeTurn turn, int n);
  }

  private boolean repeat(FakeNode node, String name, Work work) {
    for (int n = 0; ; n++) {
      FakeTurn turn = node.turn(name + "-" + n);
      try {
        Runnable acknowledged = work.run(turn, n);
        if (n % 7 == 6) {
          turn.rollBack();
        } else if (turn.commitAndWait()) {
          acknowledged.run();
        }
      } catch (HostException e) {
        turn.rollBack();
        return e.error().message().contains("is gone");
      }
    }
  }

  private Runnable write(FakeTurn turn, int n) {
    int id = ids.incrementAndGet();
    turn.write("['new'," + id + "]");
    return () -> acknowledgedWrites.add(id);
  }

  private Runnable move(FakeTurn turn, int n) {
    String tuple = turn.take("['new',null]", -1);
    int id = Integer.parseInt(tuple.substring(7, tuple.length() - 1));
    turn.write("['moved'," + id + "]");
    return () -> acknowledgedMoves.add(id);
  }

  /** Reads the disk alone, as somebody would who knows nothing of spaces. */
  private void check(MemoryDisk disk) {
    Map<Long, String> there = new TreeMap<>();
    Set<String> everWritten = new HashSet<>();
    for (TupleChange c : disk.durable()) {
      switch (c) {
        case TupleChange.Written w -> {
          assertThat(everWritten.add(w.fields())).as("written once: %s", w).isTrue();
          assertThat(there.put(w.tuple(), w.fields())).as("a number of its own: %s", w).isNull();
        }
        case TupleChange.Taken t ->
            assertThat(there.remove(t.tuple())).as("taken while it is there: %s", t).isNotNull();
      }
    }
    for (int id : acknowledgedMoves) {
      assertThat(there).containsValue("[\"moved\"," + id + "]");
    }
    for (int id : acknowledgedWrites) {
      boolean isNew = there.containsValue("[\"new\"," + id + "]");
      assertThat(there.containsValue("[\"moved\"," + id + "]")).isEqualTo(!isNew);
    }
    assertThat(acknowledgedMoves).doesNotHaveDuplicates().hasSizeGreaterThan(LIVES * 100);
  }
}
