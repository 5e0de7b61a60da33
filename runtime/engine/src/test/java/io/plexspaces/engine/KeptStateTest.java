package io.plexspaces.engine;

import static io.plexspaces.engine.TestApps.APP;
import static io.plexspaces.engine.TestApps.actor;
import static io.plexspaces.engine.TestApps.app;
import static io.plexspaces.engine.TestApps.child;
import static io.plexspaces.engine.TestApps.context;
import static io.plexspaces.engine.TestApps.durable;
import static io.plexspaces.engine.TestApps.id;
import static io.plexspaces.engine.TestApps.idleAfter;
import static io.plexspaces.engine.TestApps.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.engine.NativeModule.NativeActor;
import io.plexspaces.engine.NativeModule.NativeContext;
import io.plexspaces.engine.plan.AppPlan;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Declared state from one start of an app to the next, where no journal has it. */
@Timeout(60)
class KeptStateTest {
  private final ActorEngine engine =
      ActorEngine.builder().workers(2).journals(new MemoryJournals()).build();

  /** Counts in steps; the step is what changes from one version of the code to the next. */
  private static final class Counter implements NativeActor {
    private final int step;
    private long count;

    Counter(int step) {
      this.step = step;
    }

    @Override
    public Payload handle(NativeContext c, String op, Payload p) {
      if (op.equals("crash")) {
        throw new IllegalStateException("boom");
      }
      if (op.equals("increment")) {
        count += step;
      }
      return json(Long.toString(count));
    }

    @Override
    public Payload snapshot() {
      return json(Long.toString(count));
    }

    @Override
    public void restore(Payload state) {
      count = Long.parseLong(state.text());
    }
  }

  private static NativeModule version(int step) {
    return NativeModule.builder()
        .type("counter", () -> new Counter(step), "increment", "get", "crash")
        .build();
  }

  private static AppPlan plan() {
    return app(
        APP,
        5,
        List.of(child("main", "counter", actor()), child("kept", "counter", durable())),
        Map.of("counter", idleAfter(Duration.ofHours(1), false)));
  }

  private String ask(String target, String op) {
    return engine.ask(context(), id(target), op, Payload.EMPTY_OBJECT, null).text();
  }

  @AfterEach
  void close() {
    engine.close();
  }

  @Test
  void everyActorInMemoryGoesOnFromItsStateOnOtherCode() {
    engine.start(plan(), version(1));
    ask("counter/main", "increment");
    ask("counter/kept", "increment");
    ask("counter/k", "increment");
    Map<ActorId, Payload> states = engine.stopKeepingStates(APP, Duration.ZERO);
    assertThatThrownBy(() -> ask("counter/main", "get"))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
    // A durable actor has its own record.
    assertThat(states.keySet()).containsExactlyInAnyOrder(id("counter/main"), id("counter/k"));

    engine.start(plan(), version(100), states);
    assertThat(ask("counter/main", "increment")).isEqualTo("101");
    assertThat(ask("counter/kept", "get")).isEqualTo("1");
    assertThat(ask("counter/k", "get")).isEqualTo("1");
    assertThat(ask("counter/new", "get")).isEqualTo("0");
  }

  @Test
  void whatNobodyCameForIsHandedOnOnceMore() {
    engine.start(plan(), version(1));
    ask("counter/k", "increment");
    Map<ActorId, Payload> states = engine.stopKeepingStates(APP, Duration.ZERO);
    engine.start(plan(), version(1), states);
    states = engine.stopKeepingStates(APP, Duration.ZERO);
    engine.start(plan(), version(1), states);
    assertThat(ask("counter/k", "get")).isEqualTo("1");
  }

  @Test
  void aCrashAfterwardsBeginsAnewAsEver() {
    engine.start(plan(), version(1));
    ask("counter/main", "increment");
    engine.start(plan(), version(1), engine.stopKeepingStates(APP, Duration.ZERO));
    assertThat(ask("counter/main", "get")).isEqualTo("1");
    assertThatThrownBy(() -> ask("counter/main", "crash")).hasMessageContaining("boom");
    assertThat(ask("counter/main", "get")).isEqualTo("0");
  }

  @Test
  void anOrdinaryStopKeepsNothing() {
    engine.start(plan(), version(1));
    ask("counter/main", "increment");
    engine.stop(APP, Duration.ZERO);
    engine.start(plan(), version(1));
    assertThat(ask("counter/main", "get")).isEqualTo("0");
  }

  @Test
  void theLogOfAnAppIsFollowedByNumber() throws InterruptedException {
    engine.start(plan(), version(1));
    assertThatThrownBy(() -> ask("counter/main", "crash")).hasMessageContaining("boom");
    List<RecentLog.Line> lines = engine.log(APP, 0, Duration.ofSeconds(10));
    assertThat(lines).hasSize(1);
    RecentLog.Line line = lines.getFirst();
    assertThat(line.actor()).isEqualTo(id("counter/main"));
    assertThat(line.level()).isEqualTo(4);
    assertThat(line.message()).contains("crashed in crash").contains("boom");
    assertThat(engine.log(APP, line.number(), Duration.ZERO)).isEmpty();
    assertThat(engine.log(APP, 0, Duration.ZERO)).hasSize(1);
  }

  @Test
  void aLogIsBoundedAndItsNumbersGoOn() throws InterruptedException {
    RecentLog log = new RecentLog((actor, level, message) -> {}, () -> java.time.Instant.EPOCH);
    for (int i = 0; i < RecentLog.MAX_LINES + 10; i++) {
      log.log(id("counter/main"), 2, "line " + i);
    }
    log.log(id("counter/main"), 2, "x".repeat(RecentLog.MAX_LINE_CHARS * 2));
    List<RecentLog.Line> lines = log.lines(APP, 0, Duration.ZERO);
    assertThat(lines).hasSize(RecentLog.MAX_LINES);
    assertThat(lines.getLast().number()).isEqualTo(RecentLog.MAX_LINES + 11);
    assertThat(lines.getLast().message()).hasSize(RecentLog.MAX_LINE_CHARS);
  }

  /** Says what it began from; takes no state of another version. */
  private static final class Picky implements NativeActor {
    private final String version;
    private String state;

    Picky(String version) {
      this.version = version;
      this.state = "\"" + version + "\"";
    }

    @Override
    public Payload handle(NativeContext c, String op, Payload p) {
      return json(state);
    }

    @Override
    public Payload snapshot() {
      return json(state);
    }

    @Override
    public void restore(Payload kept) {
      state = "\"half " + version + "\"";
      if (!kept.text().contains(version)) {
        throw NativeModule.refuse(ErrorCode.INTERNAL, "no field \"count\" in " + kept.text());
      }
    }
  }

  @Test
  void anActorWhoseStateDoesNotFitTheNewCodeBeginsAnewAndItsLogSaysSo() throws Exception {
    NativeModule old = NativeModule.builder().type("counter", () -> new Picky("v1"), "get").build();
    NativeModule other =
        NativeModule.builder().type("counter", () -> new Picky("v2"), "get").build();
    AppPlan plan = app(List.of(child("main", "counter", actor())));
    engine.start(plan, old);
    engine.start(plan, other, engine.stopKeepingStates(APP, Duration.ZERO));
    assertThat(ask("counter/main", "get")).isEqualTo("\"v2\"");
    assertThat(engine.log(APP, 0, Duration.ZERO))
        .singleElement()
        .satisfies(l -> {
          assertThat(l.level()).isEqualTo(3);
          assertThat(l.message())
              .contains("does not fit the reloaded code", "begins anew", "no field \"count\"");
        });
    // The next reload has nothing in its way.
    engine.start(plan, other, engine.stopKeepingStates(APP, Duration.ZERO));
    assertThat(ask("counter/main", "get")).isEqualTo("\"half v2\"");
  }

  private static RecentLog log(AtomicLong millis) {
    return new RecentLog(
        (actor, level, message) -> {}, () -> java.time.Instant.ofEpochMilli(millis.get()));
  }

  @Test
  void theLinesOfAnAppThatIsGoneAreGoneAndNumbersDoNotRepeat() throws Exception {
    AtomicLong now = new AtomicLong(5);
    RecentLog log = log(now);
    log.log(id("counter/main"), 2, "old secret");
    long last = log.lines(APP, 0, Duration.ZERO).getLast().number();
    log.forget(APP);
    assertThat(log.lines(APP, 0, Duration.ZERO)).isEmpty();
    log.forget(APP);
    now.set(6);
    log.log(id("counter/main"), 2, "new");
    assertThat(log.lines(APP, last, Duration.ZERO))
        .extracting(RecentLog.Line::message)
        .containsExactly("new");
  }

  @Test
  void aFollowerFromBeforeARestartMissesNothing() throws Exception {
    AtomicLong now = new AtomicLong(1_000);
    RecentLog before = log(now);
    for (int i = 0; i < 50; i++) {
      before.log(id("counter/main"), 2, "line");
    }
    long last = before.lines(APP, 0, Duration.ZERO).getLast().number();
    for (long later : new long[] {2_000, 10}) { // also where the clock was set back
      now.set(later);
      RecentLog after = log(now);
      for (int i = 0; i < 60; i++) {
        after.log(id("counter/main"), 2, "line " + i);
      }
      assertThat(after.lines(APP, last, Duration.ZERO)).hasSize(60);
    }
  }

  @Test
  void aFollowerOfOneAppIsNotWokenByAnother() throws Exception {
    AtomicLong looked = new AtomicLong();
    RecentLog log = log(new AtomicLong(1));
    Thread follower =
        Thread.ofPlatform()
            .start(() -> {
              try {
                looked.set(log.lines(APP, 0, Duration.ofMinutes(1)).size());
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    while (follower.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    // The other app's line takes a lock that the follower does not use: it stays where it is.
    for (int i = 0; i < 1000; i++) {
      log.log(ActorId.parse("t", "other/counter/main"), 2, "theirs");
      assertThat(follower.getState()).isEqualTo(Thread.State.TIMED_WAITING);
    }
    log.log(id("counter/main"), 2, "ours");
    follower.join();
    assertThat(looked).hasValue(1);
  }

  @Test
  void theLinesOfManyAppsShareABound() {
    RecentLog log = log(new AtomicLong(1));
    String line = "x".repeat(RecentLog.MAX_LINE_CHARS);
    for (int a = 0; a < RecentLog.MAX_APPS + 20; a++) {
      log.log(ActorId.parse("t", "app" + a + "/counter/main"), 2, "one");
    }
    assertThat(log.apps()).isEqualTo(RecentLog.MAX_APPS);
    for (int i = 0; i < 40; i++) {
      log.log(id("counter/main"), 2, line);
    }
    assertThat(chars(log)).isLessThanOrEqualTo(RecentLog.MAX_ALL_CHARS / RecentLog.MAX_APPS);
  }

  private static long chars(RecentLog log) {
    try {
      return log.lines(APP, 0, Duration.ZERO).stream().mapToLong(l -> l.message().length()).sum();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
