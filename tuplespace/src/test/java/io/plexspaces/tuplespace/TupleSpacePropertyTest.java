package io.plexspaces.tuplespace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Value;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

class TupleSpacePropertyTest {
  private static final int TURNS = 4;

  /** A step of a random history; each kind uses what it needs. */
  record Step(Kind kind, int turn, List<Value> tuple, List<Value> pattern) {}

  enum Kind {
    WRITE,
    READ_ALL,
    TAKE,
    TAKE_IF_EXISTS,
    WRITE_ONCE,
    COMMIT,
    ROLL_BACK
  }

  @Property(tries = 400, seed = "1")
  void behavesAsANaiveListDoes(@ForAll("histories") List<Step> history) {
    FakeNode node = new FakeNode();
    NaiveSpace model = new NaiveSpace();
    List<FakeTurn> turns = new ArrayList<>();
    for (int i = 0; i < TURNS; i++) {
      turns.add(begin(node, i));
    }
    for (Step step : history) {
      run(step, node, model, turns);
      assertThat(node.spaces.size(FakeNode.APP)).isEqualTo(model.size());
    }
    for (int i = 0; i < TURNS; i++) {
      turns.get(i).rollBack();
      model.rollBack(i);
    }
    for (int arity = 1; arity <= 4; arity++) {
      List<Value> anything = Collections.nCopies(arity, Value.NULL);
      FakeTurn observer = begin(node, TURNS);
      assertThat(readAll(node, observer, anything)).isEqualTo(model.readAll(TURNS, anything));
    }
  }

  /** The deadline is over, so what would wait says so instead. */
  private static FakeTurn begin(FakeNode node, int turn) {
    return node.turn(FakeNode.APP, "t" + turn, System.nanoTime() - 1);
  }

  private static void run(Step s, FakeNode node, NaiveSpace model, List<FakeTurn> turns) {
    FakeTurn turn = turns.get(s.turn());
    Pattern pattern = new Pattern(s.pattern());
    switch (s.kind()) {
      case WRITE -> {
        String lease = node.space().write(turn, new Tuple(s.tuple(), Tuple.NEVER));
        assertThat(lease).isNotEmpty();
        model.write(s.turn(), s.tuple());
      }
      case READ_ALL -> {
        List<List<Value>> expected = model.readAll(s.turn(), s.pattern());
        assertThat(readAll(node, turn, s.pattern())).isEqualTo(expected);
        assertThat(node.space().count(turn, pattern)).isEqualTo(expected.size());
        assertThat(fields(node.space().read(turn, pattern, 0)))
            .isEqualTo(expected.isEmpty() ? null : expected.getFirst());
      }
      case TAKE ->
          assertThat(fields(node.space().take(turn, pattern, 0, false)))
              .isEqualTo(model.take(s.turn(), s.pattern()));
      case TAKE_IF_EXISTS ->
          assertThat(fields(node.space().take(turn, pattern, TupleSpace.UNTIL_DEADLINE, true)))
              .isEqualTo(model.take(s.turn(), s.pattern()));
      case WRITE_ONCE -> writeOnce(s, node, model, turn);
      case COMMIT -> {
        turn.commit();
        model.commit(s.turn());
        turns.set(s.turn(), begin(node, s.turn()));
      }
      case ROLL_BACK -> {
        turn.rollBack();
        model.rollBack(s.turn());
        turns.set(s.turn(), begin(node, s.turn()));
      }
    }
  }

  private static void writeOnce(Step s, FakeNode node, NaiveSpace model, FakeTurn turn) {
    Tuple candidate = new Tuple(s.tuple(), Tuple.NEVER);
    Pattern pattern = new Pattern(s.pattern());
    List<List<Value>> there = model.readAll(s.turn(), s.pattern());
    if (!there.isEmpty()) {
      assertThat(node.space().writeOnce(turn, pattern, candidate).fields())
          .isEqualTo(there.getFirst());
    } else if (model.hasRivals(s.turn(), s.pattern(), s.tuple())) {
      assertThatThrownBy(() -> node.space().writeOnce(turn, pattern, candidate))
          .isInstanceOfSatisfying(
              HostException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED));
    } else {
      assertThat(node.space().writeOnce(turn, pattern, candidate)).isSameAs(candidate);
      model.place(s.turn(), s.pattern(), s.tuple());
    }
  }

  private static List<List<Value>> readAll(FakeNode node, FakeTurn turn, List<Value> pattern) {
    return node.space().readAll(turn, new Pattern(pattern), 0).stream().map(Tuple::fields).toList();
  }

  private static @Nullable List<Value> fields(@Nullable Tuple t) {
    return t == null ? null : t.fields();
  }

  @Property(tries = 3000, seed = "1")
  void takesNumbersAsEqualIfTheirValuesAre(@ForAll("numbers") Value a, @ForAll("numbers") Value b) {
    Value x = Canonical.of(a);
    Value y = Canonical.of(b);
    assertThat(x.equals(y)).isEqualTo(NaiveSpace.same(a, b));
    assertThat(Canonical.indexKey(x).equals(Canonical.indexKey(y))).isEqualTo(x.equals(y));
    assertThat(Canonical.of(x)).isSameAs(x);
  }

  @Provide
  Arbitrary<Value> numbers() {
    return Arbitraries.integers()
        .between(-2, 2)
        .flatMap(near ->
            Arbitraries.of(0L, 1L << 53, -(1L << 53), Long.MAX_VALUE, Long.MIN_VALUE, 7L)
                .flatMap(base -> {
                  BigInteger i = BigInteger.valueOf(base).add(BigInteger.valueOf(near));
                  Value whole =
                      i.bitLength() < 64 ? new Value.Int(i.longValueExact()) : new Value.BigInt(i);
                  return Arbitraries.of(
                      whole,
                      new Value.BigInt(i),
                      new Value.Num(i.doubleValue()),
                      new Value.Num(-0.0),
                      new Value.Num(near / 2.0));
                }));
  }

  @Provide
  Arbitrary<List<Step>> histories() {
    Arbitrary<Value> scalar =
        Arbitraries.of(
            new Value.Int(0),
            new Value.Int(1),
            new Value.Num(1.0),
            new Value.Num(-0.0),
            new Value.Str("a"),
            new Value.Str("1"),
            new Value.Bool(true),
            Value.Arr.of(new Value.Int(1), Value.NULL),
            Value.Arr.of(new Value.Num(1.0), Value.NULL));
    Arbitrary<List<Value>> tuple = scalar.list().ofMinSize(1).ofMaxSize(4);
    Arbitrary<List<Value>> pattern =
        Arbitraries.frequencyOf(
                net.jqwik.api.Tuple.of(2, Arbitraries.just((Value) Value.NULL)),
                net.jqwik.api.Tuple.of(1, scalar))
            .list()
            .ofMinSize(1)
            .ofMaxSize(4);
    Arbitrary<Kind> kind =
        Arbitraries.frequency(
            net.jqwik.api.Tuple.of(6, Kind.WRITE),
            net.jqwik.api.Tuple.of(3, Kind.READ_ALL),
            net.jqwik.api.Tuple.of(4, Kind.TAKE),
            net.jqwik.api.Tuple.of(2, Kind.TAKE_IF_EXISTS),
            net.jqwik.api.Tuple.of(4, Kind.WRITE_ONCE),
            net.jqwik.api.Tuple.of(3, Kind.COMMIT),
            net.jqwik.api.Tuple.of(2, Kind.ROLL_BACK));
    Arbitrary<Integer> turn = Arbitraries.integers().between(0, TURNS - 1);
    return Combinators.combine(kind, turn, tuple, pattern)
        .as(Step::new)
        .list()
        .ofMinSize(5)
        .ofMaxSize(80);
  }
}
