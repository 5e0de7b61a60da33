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
}
