package io.plexspaces.tuplespace;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.Value;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

/**
 * Random turns, syncs, full disks and crashes against a list that is searched from the front. After
 * a crash the list has what the appends that made it to the disk say, whoever was told of them.
 */
class DurableSpacePropertyTest {
  private static final int TURNS = 4;
  private static final List<Value> ANYTHING = Collections.nCopies(2, Value.NULL);

  enum Kind {
    WRITE,
    WRITE_ONCE,
    READ_ALL,
    TAKE,
    END,
    ROLL_BACK,
    SYNC,
    DISK_FULL,
    CRASH
  }

  /**
   * @param n how many appends, where that is asked
   */
  record Step(Kind kind, int turn, List<Value> tuple, List<Value> pattern, int n) {}

  /** What must be there. */
  private static final class Model {
    static final int NOBODY = -1;

    /** A tuple in its place; {@code claim} of one that a write-once has placed. */
    static final class Entry {
      final List<Value> fields;
      final long place;
      int holder;
      boolean published;
      @Nullable List<Value> claim;

      Entry(List<Value> fields, long place, int holder) {
        this.fields = fields;
        this.place = place;
        this.holder = holder;
      }
    }

    /** A turn that has ended and is on its way to the disk. */
    record Ended(List<Entry> taken, List<Entry> written) {}

    final List<Entry> entries = new ArrayList<>();
    final Deque<Ended> inFlight = new ArrayDeque<>();
    long places;

    List<Entry> visible(int turn, List<Value> pattern) {
      return entries.stream()
          .filter(e -> e.published ? e.holder == NOBODY : e.holder == turn)
          .filter(e -> NaiveSpace.matches(pattern, e.fields))
          .sorted(
              Comparator.comparingInt((Entry e) -> e.published ? 0 : 1)
                  .thenComparingLong(e -> e.place))
          .toList();
    }

    boolean hasRivals(int turn, List<Value> pattern, List<Value> tuple) {
      return entries.stream()
          .filter(e -> e.holder != NOBODY && e.holder != turn)
          .anyMatch(e -> {
            List<Value> claim = e.claim;
            boolean counts = e.published || claim != null;
            return (counts && NaiveSpace.matches(pattern, e.fields))
                || (claim != null && NaiveSpace.matches(claim, tuple));
          });
    }

    Entry write(int turn, List<Value> fields) {
      Entry e = new Entry(fields, ++places, turn);
      entries.add(e);
      return e;
    }

    @Nullable List<Value> take(int turn, List<Value> pattern) {
      List<Entry> found = visible(turn, pattern);
      if (found.isEmpty()) {
        return null;
      }
      Entry e = found.getFirst();
      if (e.published) {
        e.holder = turn;
      } else {
        entries.remove(e);
      }
      return e.fields;
    }

    /** The turn {@code id} will be told of as {@code TURNS + ..}: it is over, not committed. */
    void end(int turn, int id) {
      List<Entry> mine = entries.stream().filter(e -> e.holder == turn).toList();
      mine.forEach(e -> e.holder = id);
      inFlight.add(
          new Ended(
              mine.stream().filter(e -> e.published).toList(),
              mine.stream().filter(e -> !e.published).toList()));
    }

    boolean hasDone(int turn) {
      return entries.stream().anyMatch(e -> e.holder == turn);
    }

    void sync() {
      Ended t = inFlight.removeFirst();
      entries.removeAll(t.taken);
      for (Entry e : t.written) {
        e.published = true;
        e.holder = NOBODY;
        e.claim = null;
      }
    }

    void undo(int turn) {
      entries.removeIf(e -> e.holder == turn && !e.published);
      entries.stream().filter(e -> e.holder == turn).forEach(e -> e.holder = NOBODY);
    }

    void fail() {
      for (Ended t : inFlight) {
        entries.removeAll(t.written);
        t.taken.forEach(e -> e.holder = NOBODY);
      }
      inFlight.clear();
    }

    void crash(int survivors) {
      for (int i = 0; i < survivors; i++) {
        sync();
      }
      fail();
      for (int turn = 0; turn < TURNS; turn++) {
        undo(turn);
      }
    }
  }

  private FakeNode node = FakeNode.durable();
  private MemoryDisk disk = new MemoryDisk(InstantSource.system(), false);
  private Model model = new Model();
  private final Map<Integer, FakeTurn> turns = new HashMap<>();
  private int ended;

  @Property(tries = 600, seed = "1")
  void hasAfterAnyCrashWhatTheDiskWasGiven(@ForAll("histories") List<Step> history) {
    model = new Model();
    ended = TURNS;
    start(new MemoryDisk(InstantSource.system(), false));
    for (Step step : history) {
      run(step);
      assertThat(visible(ANYTHING)).isEqualTo(fields(model.visible(TURNS - 1, ANYTHING)));
    }
    int survivors = model.inFlight.size() / 2;
    model.crash(survivors);
    start(disk.crash(survivors));
    assertThat(visible(ANYTHING)).isEqualTo(fields(model.visible(TURNS, ANYTHING)));
    assertThat(node.space().bytes()).isEqualTo(bytesOf(model.entries));
  }

  private void start(MemoryDisk with) {
    disk = with;
    node =
        new FakeNode(System::nanoTime, TupleSpaces.DEFAULT_MAX_BYTES, InstantSource.system(), disk);
    for (int i = 0; i < TURNS; i++) {
      begin(i);
    }
  }

  /** An actor a turn: none waits for an earlier one of its own. What would wait says so at once. */
  private void begin(int turn) {
    turns.put(turn, node.turn(FakeNode.APP, "t" + ++ended, System.nanoTime() - 1));
  }

  private FakeTurn turn(int i) {
    FakeTurn t = turns.get(i);
    if (t == null) {
      throw new IllegalStateException("no turn " + i);
    }
    return t;
  }

  private void run(Step s) {
    FakeTurn turn = turn(s.turn());
    switch (s.kind()) {
      case WRITE -> {
        assertThat(node.space().write(turn, new Tuple(s.tuple(), Tuple.NEVER))).isNotEmpty();
        Model.Entry _ = model.write(s.turn(), s.tuple());
      }
      case WRITE_ONCE -> writeOnce(s, turn);
      case READ_ALL ->
          assertThat(
                  node.space().readAll(turn, new Pattern(s.pattern()), 0).stream()
                      .map(Tuple::fields)
                      .toList())
              .isEqualTo(fields(model.visible(s.turn(), s.pattern())));
      case TAKE -> {
        Tuple t = node.space().take(turn, new Pattern(s.pattern()), 0, false);
        assertThat(t == null ? null : t.fields()).isEqualTo(model.take(s.turn(), s.pattern()));
      }
      case END -> {
        if (model.hasDone(s.turn())) {
          model.end(s.turn(), ended + 1000);
        }
        turn.commit();
        assertThat(disk.inFlight()).isEqualTo(model.inFlight.size());
        begin(s.turn());
      }
      case ROLL_BACK -> {
        turn.rollBack();
        model.undo(s.turn());
        begin(s.turn());
      }
      case SYNC -> {
        int n = Math.min(s.n(), model.inFlight.size());
        disk.sync(n);
        for (int i = 0; i < n; i++) {
          model.sync();
        }
      }
      case DISK_FULL -> {
        disk.fail();
        model.fail();
      }
      case CRASH -> {
        int n = Math.min(s.n(), model.inFlight.size());
        model.crash(n);
        start(disk.crash(n));
      }
    }
  }

  private void writeOnce(Step s, FakeTurn turn) {
    List<Model.Entry> there = model.visible(s.turn(), s.pattern());
    Tuple candidate = new Tuple(s.tuple(), Tuple.NEVER);
    if (!there.isEmpty()) {
      assertThat(node.space().writeOnce(turn, new Pattern(s.pattern()), candidate).fields())
          .isEqualTo(there.getFirst().fields);
    } else if (!model.hasRivals(s.turn(), s.pattern(), s.tuple())) {
      assertThat(node.space().writeOnce(turn, new Pattern(s.pattern()), candidate))
          .isSameAs(candidate);
      model.write(s.turn(), s.tuple()).claim = s.pattern();
    }
  }

  private List<List<Value>> visible(List<Value> pattern) {
    FakeTurn observer = turn(TURNS - 1);
    return node.space().readAll(observer, new Pattern(pattern), 0).stream()
        .map(Tuple::fields)
        .toList();
  }

  private static List<List<Value>> fields(List<Model.Entry> entries) {
    return entries.stream().map(e -> e.fields).toList();
  }

  private static long bytesOf(List<Model.Entry> entries) {
    return entries.stream().mapToLong(e -> new Tuple(e.fields, Tuple.NEVER).bytes()).sum();
  }

  @Provide
  Arbitrary<List<Step>> histories() {
    Arbitrary<Value> scalar =
        Arbitraries.of(
            new Value.Int(0),
            new Value.Num(0.5),
            new Value.Str("a"),
            new Value.Bytes(new byte[] {0, -1}),
            Value.Arr.of(new Value.Num(1.0), Value.NULL));
    Arbitrary<List<Value>> tuple = scalar.list().ofSize(2);
    Arbitrary<List<Value>> pattern =
        Arbitraries.frequencyOf(
                net.jqwik.api.Tuple.of(3, Arbitraries.just((Value) Value.NULL)),
                net.jqwik.api.Tuple.of(2, scalar))
            .list()
            .ofSize(2);
    Arbitrary<Kind> kind =
        Arbitraries.frequency(
            net.jqwik.api.Tuple.of(8, Kind.WRITE),
            net.jqwik.api.Tuple.of(3, Kind.WRITE_ONCE),
            net.jqwik.api.Tuple.of(3, Kind.READ_ALL),
            net.jqwik.api.Tuple.of(5, Kind.TAKE),
            net.jqwik.api.Tuple.of(6, Kind.END),
            net.jqwik.api.Tuple.of(1, Kind.ROLL_BACK),
            net.jqwik.api.Tuple.of(3, Kind.SYNC),
            net.jqwik.api.Tuple.of(1, Kind.DISK_FULL),
            net.jqwik.api.Tuple.of(1, Kind.CRASH));
    Arbitrary<Integer> turn = Arbitraries.integers().between(0, TURNS - 1);
    Arbitrary<Integer> n = Arbitraries.integers().between(0, 4);
    return Combinators.combine(kind, turn, tuple, pattern, n)
        .as(Step::new)
        .list()
        .ofMinSize(10)
        .ofMaxSize(100);
  }
}
