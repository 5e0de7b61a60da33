package io.plexspaces.store;

import static io.plexspaces.store.Spaces.APP;
import static io.plexspaces.store.Spaces.SPACE;
import static io.plexspaces.store.Spaces.taken;
import static io.plexspaces.store.Spaces.written;
import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.Telemetry;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.api.journal.JournalOptions;
import io.plexspaces.api.journal.TupleChange;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Journals and spaces on one real log, as a node has them. */
@Timeout(60)
class SpacesOnTheLogTest {
  @TempDir Path dir;

  private static final class Node implements AutoCloseable {
    final DataDirectory data;
    final NodeLog log;
    final SqliteJournalStore journals;
    final SqliteSpaceStore spaces;

    Node(Path root) {
      InstantSource clock = InstantSource.system();
      data = DataDirectory.open(root);
      log = new NodeLog(data, Store.LOG, clock);
      journals = new SqliteJournalStore(data, log, StoreOptions.DEFAULT, Telemetry.NONE, clock);
      spaces = new SqliteSpaceStore(data, log, StoreOptions.DEFAULT, clock);
      log.start();
    }

    List<Long> numbers() {
      return spaces.load(APP, SPACE).tuples().stream().map(TupleChange.Written::tuple).toList();
    }

    @Override
    public void close() {
      spaces.close();
      journals.close();
      log.close();
      data.close();
    }
  }

  /** Turns that pass on what others write; answers the numbers that must be there. */
  private static List<Long> work(Node node, int n) throws InterruptedException {
    CountDownLatch all = new CountDownLatch(2 * n);
    List<Long> there = new ArrayList<>();
    try (Journal j = node.journals.journal(Turns.actor("a"), JournalOptions.DEFAULT)) {
      long seq = j.recover().lastSeq();
      long number = node.spaces.load(APP, SPACE).lastTuple();
      for (int i = 0; i < n; i++) {
        long w = ++number;
        node.spaces.append(
            APP,
            List.of(written(w)),
            f -> {
              assertThat(f).isNull();
              all.countDown();
            });
        List<TupleChange> moved = List.of(taken(w), written(++number));
        j.append(
            Turns.builder(++seq).tuples(moved).build(),
            f -> {
              assertThat(f).isNull();
              all.countDown();
            });
        there.add(number);
      }
      all.await();
    }
    return there;
  }

  @Test
  void allIsThereAfterACleanRestart() throws Exception {
    List<Long> there;
    try (Node node = new Node(dir)) {
      there = work(node, 500);
      assertThat(node.numbers()).isEqualTo(there);
    }
    try (Node node = new Node(dir)) {
      assertThat(node.numbers()).isEqualTo(there);
      there.addAll(work(node, 10));
      assertThat(node.numbers()).isEqualTo(there);
    }
  }

  @Test
  void allIsThereAfterTheProcessDied() throws Exception {
    List<Long> there = new ArrayList<>();
    Path root = dir.resolve("0");
    for (int life = 1; life <= 4; life++) {
      Path next = dir.resolve("" + life);
      try (Node node = new Node(root)) {
        assertThat(node.numbers()).isEqualTo(there);
        there.addAll(work(node, 100));
        Spaces.image(root, next);
      }
      root = next;
    }
  }

  @Test
  void theLogIsUsedAgainWhileTuplesComeAndGo() throws Exception {
    List<Long> there = new ArrayList<>();
    try (Node node = new Node(dir)) {
      // More than the log has room for.
      for (int i = 0; i < 10; i++) {
        there.addAll(work(node, 5000));
      }
      assertThat(node.log.stats().bytes()).isGreaterThan(Store.LOG.maxLiveBytes());
    }
    try (Node node = new Node(dir)) {
      assertThat(node.numbers()).isEqualTo(there);
    }
  }

  @Test
  void aPurgedAppIsGoneInBothAlsoAfterTheProcessDied() throws Exception {
    Path next = dir.resolve("next");
    try (Node node = new Node(dir.resolve("0"))) {
      var _ = work(node, 100);
      node.journals.purge(APP);
      node.spaces.purge(APP);
      assertThat(node.numbers()).isEmpty();
      Spaces.image(dir.resolve("0"), next);
    }
    try (Node node = new Node(next)) {
      assertThat(node.numbers()).isEmpty();
      assertThat(node.journals.actors(APP)).isEmpty();
      assertThat(work(node, 3)).containsExactly(2L, 4L, 6L);
    }
  }
}
