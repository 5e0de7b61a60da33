package io.plexspaces.engine;

import static io.plexspaces.engine.TestApps.app;
import static io.plexspaces.engine.TestApps.child;
import static io.plexspaces.engine.TestApps.context;
import static io.plexspaces.engine.TestApps.durable;
import static io.plexspaces.engine.TestApps.id;
import static io.plexspaces.engine.TestApps.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import io.plexspaces.api.journal.TurnOutcome;
import io.plexspaces.api.journal.TurnRecord;
import io.plexspaces.engine.NativeModule.NativeActor;
import io.plexspaces.engine.NativeModule.NativeContext;
import io.plexspaces.engine.NativeModule.NativeStream;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Streams of durable actors: a value leaves after its commit, or never. */
@Timeout(60)
class DurableStreamTest {
  private final MemoryJournals journals = new MemoryJournals();
  private final ActorEngine engine = ActorEngine.builder().workers(2).journals(journals).build();

  /** Counts what it has yielded in its state, and notes its end there. */
  static final class Till implements NativeActor {
    private long count;

    @Override
    public Payload handle(NativeContext c, String op, Payload p) {
      if (op.equals("add")) {
        count += 100;
      }
      return json(Long.toString(count));
    }

    @Override
    public NativeStream stream(NativeContext c, String op, Payload p) {
      long n = p.value() instanceof Value.Obj o ? o.integer("n", 3) : 3;
      boolean reads = op.startsWith("get");
      return new NativeStream() {
        private long i;

        @Override
        public Optional<Payload> next(NativeContext context) {
          if (i == n) {
            return Optional.empty();
          }
          i++;
          if (reads) {
            return Optional.of(json(Long.toString(count)));
          }
          context.send("other", "add", Payload.EMPTY_OBJECT);
          return Optional.of(json(Long.toString(++count)));
        }

        @Override
        public void close(NativeContext context) {
          count = -1;
        }
      };
    }

    @Override
    public Payload snapshot() {
      return Payload.json(Value.Obj.builder().put("count", count).build());
    }

    @Override
    public void restore(Payload state) {
      count = ((Value.Obj) state.value()).integer("count", -2);
    }
  }

  @BeforeEach
  void start() {
    engine.start(
        app(List.of(child("till", "till", durable()), child("other", "till", durable()))),
        NativeModule.builder()
            .type("till", Till::new, "add", "get", "countStream", "getCountStream")
            .build());
  }

  @AfterEach
  void close() {
    journals.release();
    engine.close();
  }

  private ValueStream open(String op, long n) {
    return engine.stream(context(), id("till/till"), op, json("{\"n\":" + n + "}"));
  }

  private Payload ask(String key, String op) {
    return engine.ask(context(), id("till/" + key), op, Payload.EMPTY_OBJECT, null);
  }

  private static long soon() {
    return System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
  }

  private static void awaitTrue(BooleanSupplier condition) throws InterruptedException {
    while (!condition.getAsBoolean()) {
      TimeUnit.MILLISECONDS.sleep(1);
    }
  }

  @Test
  void everyValueIsARecordedTurnWithItsStateAndItsEffects() throws Exception {
    try (ValueStream s = open("countStream", 2)) {
      assertThat(s.next(soon()).orElseThrow().text()).isEqualTo("1");
      assertThat(s.next(soon()).orElseThrow().text()).isEqualTo("2");
      assertThat(s.next(soon())).isEmpty();
    }
    List<TurnRecord> turns = journals.turns(id("till/till"));
    assertThat(turns).extracting(TurnRecord::kind).containsExactly("stream", "resume", "resume");
    assertThat(turns.get(0).outcome()).isEqualTo(new TurnOutcome.Replied(json("1")));
    assertThat(turns.get(1).state()).isEqualTo(json("{\"count\":2}"));
    assertThat(turns.get(1).effects()).hasSize(1);
    assertThat(turns.get(1).effects().getFirst().id()).isEqualTo(turns.get(1).message().derive(0));
    assertThat(turns.get(2).outcome()).isEqualTo(new TurnOutcome.Replied(Payload.NULL));
    awaitTrue(() -> ask("other", "get").text().equals("200"));
  }

  @Test
  void aValueThatIsHeldBackLeavesWithItsCommitAndInOrder() throws Exception {
    journals.hold();
    ValueStream s = open("countStream", 3);
    awaitTrue(() -> journals.waitingCommits() == 4); // the next turns run meanwhile
    assertThat(s.ready(System.nanoTime())).isFalse();
    assertThat(engine.status(id("till/other")).orElseThrow().turns()).isZero();
    journals.release();
    for (String v : List.of("1", "2", "3")) {
      assertThat(s.next(soon()).orElseThrow().text()).isEqualTo(v);
    }
    assertThat(s.next(soon())).isEmpty();
  }

  @Test
  void aFailedCommitEndsTheStreamAndNothingOfTheLostTurnsShows() throws Exception {
    journals.hold();
    ValueStream s = open("countStream", 1000);
    awaitTrue(() -> journals.waitingCommits() == StreamPipe.MAX_VALUES);
    journals.fail();
    assertThatThrownBy(() -> s.next(soon()))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE))
        .hasMessageContaining("the disk is full");
    s.close();
    assertThat(ask("till", "get").text()).isEqualTo("0");
    assertThat(ask("other", "get").text()).isEqualTo("0");
    assertThat(journals.turns(id("till/till"))).isEmpty();
    try (ValueStream again = open("countStream", 1)) {
      assertThat(again.next(soon()).orElseThrow().text()).isEqualTo("1");
    }
  }

  @Test
  void aCommitThatFailsLaterLeavesTheValuesBeforeItAndTellsTheRest() throws Exception {
    ValueStream s = open("countStream", 1000);
    awaitTrue(() -> journals.turns(id("till/till")).size() == StreamPipe.MAX_VALUES);
    ValueStream other = open("getCountStream", 1000);
    assertThat(other.next(soon()).orElseThrow().text()).isEqualTo("16");
    journals.failOnce(id("till/till"));
    for (int i = 1; i <= StreamPipe.MAX_VALUES; i++) {
      assertThat(s.next(soon()).orElseThrow().text()).isEqualTo(Integer.toString(i));
    }
    assertThatThrownBy(() -> s.next(soon())).hasMessageContaining("the disk is full");
    assertThatThrownBy(
            () -> {
              while (other.next(soon()).isPresent()) {}
            })
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
    assertThat(ask("till", "get").text()).isEqualTo("16");
  }

  @Test
  void aQueryThatStreamsRecordsNothingAndSeesTheTurnsBetween() {
    try (ValueStream s = open("getCountStream", 100)) {
      assertThat(s.next(soon()).orElseThrow().text()).isEqualTo("0");
      var _ = ask("till", "add");
      String last = "";
      for (int i = 1; i < 100; i++) {
        last = s.next(soon()).orElseThrow().text();
      }
      assertThat(last).isEqualTo("100");
      assertThat(s.next(soon())).isEmpty();
    }
    assertThat(journals.turns(id("till/till"))).extracting(TurnRecord::op).containsExactly("add");
  }

  @Test
  void whatTheCleanupDoesIsRecorded() throws Exception {
    ValueStream s = open("countStream", 1000);
    assertThat(s.next(soon())).isPresent();
    s.close();
    awaitTrue(
        () -> json("{\"count\":-1}").equals(journals.turns(id("till/till")).getLast().state()));
    assertThat(journals.turns(id("till/till")).getLast().outcome())
        .isEqualTo(new TurnOutcome.Replied(Payload.NULL));
  }
}
