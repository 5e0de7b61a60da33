package io.plexspaces.store;

import static io.plexspaces.store.Spaces.written;
import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.journal.SpaceStore;
import io.plexspaces.api.journal.TupleChange;
import io.plexspaces.store.log.LogRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;

/**
 * Random changes of a space, of which the file has some and the log the rest, through crashes that
 * leave the files as they are, or as they were at the last sync: what is loaded is what was
 * appended.
 */
class SpaceReplayPropertyTest {
  enum Kind {
    WRITE,
    TAKE,
    DURABLE_TURN,
    LOAD,
    RELEASE,
    PURGE,
    CRASH,
    POWER_LOSS
  }

  /**
   * @param n which tuple, or how many
   */
  record Step(Kind kind, int n) {}

  private final TreeMap<Long, TupleChange.Written> model = new TreeMap<>();
  private long last;
  private int turns;

  @Property(tries = 40, seed = "1", shrinking = ShrinkingMode.OFF)
  void loadsWhatWasAppended(@ForAll("histories") List<Step> history) throws Exception {
    Path all = Files.createTempDirectory("spaces");
    model.clear();
    last = 0;
    turns = 0;
    Path root = all.resolve("0");
    Path synced = Spaces.image(Files.createDirectory(root), all.resolve("s0"));
    Spaces s = new Spaces(root);
    try {
      int n = 0;
      for (Step step : history) {
        n++;
        switch (step.kind()) {
          case WRITE -> append(s, false, write(1 + step.n() % 5));
          case TAKE -> append(s, false, take(step.n()));
          case DURABLE_TURN -> {
            List<TupleChange> changes = take(step.n());
            changes.addAll(write(step.n() % 3));
            append(s, true, changes);
          }
          case LOAD -> assertLoads(s);
          case RELEASE -> {
            s.log.drain();
            synced = Spaces.image(root, all.resolve("s" + n));
          }
          case PURGE -> {
            s.purgeRecord();
            model.clear();
            last = 0;
          }
          case CRASH, POWER_LOSS -> {
            FakeLog log = s.log.reopened();
            root = all.resolve("" + n);
            Path from = step.kind() == Kind.CRASH ? s.data.root() : synced;
            Spaces.image(from, root);
            s.close();
            s = new Spaces(root, log, Store.FILES);
          }
        }
      }
      assertLoads(s);
      assertThat(Files.exists(s.file()) ? Store.query(s.file(), "pragma integrity_check") : "ok")
          .isEqualTo("ok");
    } finally {
      s.close();
      DurableFiles.delete(all);
    }
  }

  private List<TupleChange> write(int n) {
    List<TupleChange> changes = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      TupleChange.Written w = written(++last);
      model.put(w.tuple(), w);
      changes.add(w);
    }
    return changes;
  }

  private List<TupleChange> take(int n) {
    List<TupleChange> changes = new ArrayList<>();
    Long number = model.ceilingKey(Math.max(0, last - n));
    if (number != null) {
      model.remove(number);
      changes.add(Spaces.taken(number));
    }
    return changes;
  }

  private void append(Spaces s, boolean durable, List<TupleChange> changes) {
    if (changes.isEmpty()) {
      return;
    }
    if (durable) {
      s.log.append(
          new LogRecord.Turn(Turns.actor("a"), 1, Turns.builder(++turns).tuples(changes).build()));
    } else {
      assertThat(s.append(changes.toArray(TupleChange[]::new))).isNull();
    }
  }

  private void assertLoads(Spaces s) throws IOException {
    assertThat(s.load()).isEqualTo(new SpaceStore.Contents(List.copyOf(model.values()), last));
  }

  @Provide
  Arbitrary<List<Step>> histories() {
    Arbitrary<Kind> kind =
        Arbitraries.frequency(
            net.jqwik.api.Tuple.of(8, Kind.WRITE),
            net.jqwik.api.Tuple.of(6, Kind.TAKE),
            net.jqwik.api.Tuple.of(6, Kind.DURABLE_TURN),
            net.jqwik.api.Tuple.of(3, Kind.LOAD),
            net.jqwik.api.Tuple.of(2, Kind.RELEASE),
            net.jqwik.api.Tuple.of(1, Kind.PURGE),
            net.jqwik.api.Tuple.of(2, Kind.CRASH),
            net.jqwik.api.Tuple.of(2, Kind.POWER_LOSS));
    return Combinators.combine(kind, Arbitraries.integers().between(0, 20))
        .as(Step::new)
        .list()
        .ofMinSize(10)
        .ofMaxSize(60);
  }
}
