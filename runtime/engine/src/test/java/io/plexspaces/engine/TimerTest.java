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
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.ModuleDescription.Kind;
import io.plexspaces.api.guest.ModuleDescription.Operation;
import io.plexspaces.api.journal.JournalOptions;
import io.plexspaces.api.journal.TimerChange;
import io.plexspaces.api.journal.TurnRecord;
import io.plexspaces.engine.ActorStatus.ActorState;
import io.plexspaces.engine.NativeModule.NativeActor;
import io.plexspaces.engine.NativeModule.NativeContext;
import io.plexspaces.engine.plan.ActorPlan;
import io.plexspaces.engine.plan.AppPlan;
import io.plexspaces.engine.plan.CronExpression;
import io.plexspaces.engine.plan.TimerFacet;
import io.plexspaces.engine.plan.TimerRule;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Timers and reminders, by a clock that goes on when the test says so. */
@Timeout(60)
class TimerTest {
  private static final long START = Instant.parse("2026-01-01T00:00:00Z").toEpochMilli();

  private final MemoryJournals journals = new MemoryJournals();
  private final AtomicLong clock = new AtomicLong(START);

  /** "who op payload" of everything that was handled. */
  private final LinkedBlockingQueue<String> handled = new LinkedBlockingQueue<>();

  private volatile @Nullable CountDownLatch slow;
  private ActorEngine engine = newEngine();

  private ActorEngine newEngine() {
    return ActorEngine.builder()
        .workers(2)
        .journals(journals)
        .clock(() -> Instant.ofEpochMilli(clock.get()))
        .build();
  }

  /** Its payload may be {call, args, body}: a host operation, whose result it answers. */
  private final class Bell implements NativeActor {
    @Override
    public void init(NativeContext c, Value.Obj config) {
      Value set = config.object("args").get("init");
      if (set instanceof Value.Obj o) {
        call(c, o);
      }
    }

    @Override
    public Payload handle(NativeContext c, String op, Payload p) {
      if (op.equals("do")) {
        Value.Obj o = (Value.Obj) p.value();
        Payload result = Payload.json(call(c, o).body());
        if (o.bool("refuse", false)) {
          throw NativeModule.refuse(ErrorCode.FAILED_PRECONDITION, "refused");
        }
        if (o.bool("crash", false)) {
          throw new IllegalStateException("boom");
        }
        return result;
      }
      CountDownLatch latch = slow;
      if (op.equals("slow") && latch != null) {
        handled.add(c.actorId() + " begins");
        try {
          latch.await();
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
      handled.add(c.actorId() + " " + op + " " + p.text());
      return p;
    }

    private Frame call(NativeContext c, Value.Obj o) {
      Value body = o.get("body");
      return c.call(
          o.string("call", ""),
          Frame.of(o.object("args"), body == null ? new byte[0] : Json.write(body)));
    }
  }

  private NativeModule module() {
    return NativeModule.builder()
        .type("bell", Bell::new, "do", "ring", "slow")
        .type("gong", Bell::new, "do", "ring")
        .build();
  }

  private static final ActorPlan ON_DEMAND = idleAfter(Duration.ofDays(1), true);

  private static AppPlan plan(ActorPlan bell) {
    return app(APP, 5, List.of(), Map.of("bell", bell, "gong", ON_DEMAND));
  }

  private static ActorPlan with(ActorPlan p, TimerFacet... facets) {
    return new ActorPlan(
        p.restart(),
        p.shutdownTimeout(),
        p.backoff(),
        p.mailbox(),
        p.durability(),
        p.idleTimeout(),
        p.lazy(),
        p.delivery(),
        List.of(facets));
  }

  @BeforeEach
  void start() {
    engine.start(plan(ON_DEMAND), module());
  }

  @AfterEach
  void stop() {
    CountDownLatch latch = slow;
    if (latch != null) {
      latch.countDown();
    }
    engine.close();
  }

  private void restart(ActorPlan bell) {
    engine.close();
    engine = newEngine();
    engine.start(plan(bell), module());
  }

  /** The node was away for so long. */
  private void restartAfter(long millis) {
    engine.close();
    clock.addAndGet(millis);
    engine = newEngine();
    engine.start(plan(ON_DEMAND), module());
  }

  private void advance(long millis) {
    clock.addAndGet(millis);
    engine.timers().schedule().look();
  }

  private String ask(String who, String payload) {
    return engine.ask(context(), id(who), "do", json(payload), null).text().replace("\"", "");
  }

  private String after(String who, long delay, String target, String body) {
    return ask(
        who,
        """
        {"call": "send_after", "args": {"delay_ms": %d, "target": "%s", "op": "ring"}, "body": %s}
        """
            .formatted(delay, target, body));
  }

  private String every(String who, long period, String op) {
    return ask(
        who,
        """
        {"call": "send_every", "args": {"period_ms": %d, "target": "%s", "op": "%s"}}
        """
            .formatted(period, who, op));
  }

  private String next() throws InterruptedException {
    String s = handled.poll(20, TimeUnit.SECONDS);
    assertThat(s).as("handled").isNotNull();
    return s;
  }

  private static void await(String what, BooleanSupplier condition) throws InterruptedException {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as(what).isLessThan(until);
      Thread.sleep(1);
    }
  }

  private long due(String who) {
    return engine.timers().next(id(who)).orElse(-1);
  }

  private ActorCell cell(String who) {
    return java.util.Objects.requireNonNull(engine.cellInMemory(id(who)), who);
  }

  /** What the timers have caused has all been handled. */
  private void settle(String who) throws InterruptedException {
    await(
        "rest",
        () -> {
          ActorCell c = engine.cellInMemory(id(who));
          return c == null || (c.isQuiescent() && c.outbox().isEmpty());
        });
  }

  private static String ring(String who, long due) {
    return "app/" + who + " ring {\"due_ms\":" + due + "}";
  }

  // ---- setting and cancelling

  @Test
  void aMessageComesWhenItIsDueAndNotBefore() throws Exception {
    after("bell/a", 1000, "bell/b", "{\"n\":1}");
    assertThat(due("bell/a")).isEqualTo(START + 1000);
    advance(999);
    settle("bell/a");
    assertThat(handled).isEmpty();
    advance(1);
    assertThat(next()).isEqualTo("app/bell/b ring {\"n\":1,\"due_ms\":" + (START + 1000) + "}");
    settle("bell/a");
    assertThat(journals.timers(id("bell/a"))).isEmpty();
    assertThat(due("bell/a")).isEqualTo(-1);
    advance(10_000);
    settle("bell/b");
    assertThat(handled).isEmpty();
  }

  @Test
  void whatFellDueIsOneTurnWithItsMessageAndItsNextTime() throws Exception {
    String timer = every("bell/a", 1000, "ring");
    advance(1000);
    next();
    settle("bell/a");
    List<TurnRecord> turns = journals.turns(id("bell/a"));
    assertThat(turns).extracting(TurnRecord::kind).containsExactly("call", "timer", "cast");
    TurnRecord fired = turns.get(1);
    assertThat(fired.effects()).hasSize(1);
    assertThat(fired.effects().getFirst().target()).isEqualTo("app/bell/a");
    assertThat(fired.timers())
        .containsExactly(
            new TimerChange.Set(
                timer, START + 2000, "app/bell/a", "ring", json("{}"), "every 1000"));
    assertThat(fired.input().text())
        .isEqualTo("[{\"timer\":\"" + timer + "\",\"due_ms\":" + (START + 1000) + "}]");
  }

  @Test
  void aPayloadThatSaysWhenItIsDueOrIsNoObjectStaysAsItIs() throws Exception {
    after("bell/a", 1, "bell/b", "{\"due_ms\": 7, \"x\": 1.0}");
    advance(1);
    assertThat(next()).isEqualTo("app/bell/b ring {\"due_ms\":7,\"x\":1.0}");
    after("bell/a", 1, "bell/b", "[1]");
    advance(1);
    assertThat(next()).isEqualTo("app/bell/b ring [1]");
    assertThat(DuePayload.with(json("{ \"x\" : 1.50 } "), 5).text())
        .isEqualTo("{ \"x\" : 1.50 ,\"due_ms\":5}");
    assertThat(DuePayload.with(json("{ }"), 5).text()).isEqualTo("{ \"due_ms\":5}");
    assertThat(DuePayload.with(json("no json"), 5)).isEqualTo(json("no json"));
    Payload bytes = new Payload(new byte[] {1}, "application/octet-stream");
    assertThat(DuePayload.with(bytes, 5)).isEqualTo(bytes);
  }

  @Test
  void aFailedTurnSetsNothingAndCancelsNothing() throws Exception {
    String timer = every("bell/a", 1000, "ring");
    String set =
        """
        {"call": "send_after", "args": {"delay_ms": 1, "target": "bell/b", "op": "ring"}, %s}
        """;
    String cancel = "{\"call\": \"cancel_timer\", \"args\": {\"id\": \"" + timer + "\"}, %s}";
    for (String how : List.of("\"refuse\": true", "\"crash\": true")) {
      for (String what : List.of(set, cancel)) {
        assertThatThrownBy(() -> ask("bell/a", what.formatted(how)))
            .isInstanceOf(HostException.class);
      }
    }
    advance(1000);
    assertThat(next()).isEqualTo(ring("bell/a", START + 1000));
    settle("bell/a");
    assertThat(handled).isEmpty();
    assertThat(journals.timers(id("bell/a"))).extracting(TimerChange::id).containsExactly(timer);
  }

  @Test
  void aLostCommitSetsNothing() throws Exception {
    journals.failOnce(id("bell/a"));
    assertThatThrownBy(() -> after("bell/a", 1, "bell/b", "{}"))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
    advance(1);
    after("bell/a", 1, "bell/c", "{}");
    advance(1);
    assertThat(next()).isEqualTo(ring("bell/c", START + 2));
    settle("bell/a");
    assertThat(handled).isEmpty();
  }

  @Test
  void aTimerIsSetWhenItsTurnIsOnDisk() throws Exception {
    journals.hold();
    Thread asking = Thread.startVirtualThread(() -> every("bell/a", 10, "ring"));
    await("the commit", () -> journals.waitingCommits() == 1);
    advance(50);
    assertThat(due("bell/a")).isEqualTo(-1);
    journals.release();
    asking.join();
    assertThat(next()).isEqualTo(ring("bell/a", START + 10));
  }

  @Test
  void whatIsCancelledDoesNotCome() throws Exception {
    String timer = every("bell/a", 1000, "ring");
    String cancel = "{\"call\": \"cancel_timer\", \"args\": {\"id\": \"" + timer + "\"}}";
    advance(1000);
    next();
    ask("bell/a", cancel);
    ask("bell/a", cancel); // what is gone may be cancelled
    advance(5000);
    settle("bell/a");
    assertThat(handled).isEmpty();
    assertThat(journals.timers(id("bell/a"))).isEmpty();
    assertThat(due("bell/a")).isEqualTo(-1);
  }

  /** However a cancel and its timer meet: after the cancel's reply nothing new leaves. */
  @Test
  void aCancelThatRacesWithItsTimerLeavesItOnceOrNever() throws Exception {
    for (int i = 0; i < 200; i++) {
      String who = "bell/r" + i;
      String timer = after(who, 10, who, "{}");
      Thread racing = Thread.startVirtualThread(() -> advance(10));
      ask(who, "{\"call\": \"cancel_timer\", \"args\": {\"id\": \"" + timer + "\"}}");
      racing.join();
      settle(who);
      List<TurnRecord> turns = journals.turns(id(who));
      long fired = turns.stream().filter(t -> t.kind().equals("timer")).count();
      long cast = turns.stream().filter(t -> t.kind().equals("cast")).count();
      assertThat(fired).isLessThanOrEqualTo(1);
      assertThat(cast).as("what was fired was handled, and nothing else").isEqualTo(fired);
      assertThat(journals.timers(id(who))).isEmpty();
    }
  }

  @Test
  void anIdComesFromItsMessageSoATurnThatRunsAgainRepeatsIt() {
    String first = after("bell/a", 1000, "bell/b", "{}");
    TurnRecord turn = journals.turns(id("bell/a")).getFirst();
    assertThat(first).isEqualTo(turn.message().derive(0).toString());
  }

  // ---- what is refused

  private void refused(String call, String args, String naming, ErrorCode code) {
    assertThatThrownBy(() -> ask("bell/a", "{\"call\": \"" + call + "\", \"args\": " + args + "}"))
        .isInstanceOfSatisfying(HostException.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessageContaining(naming);
  }

  @Test
  void whatMakesNoSenseIsRefusedWhenItIsSet() {
    ErrorCode bad = ErrorCode.INVALID_ARGUMENT;
    String to = "\"target\": \"bell/b\", \"op\": \"ring\"";
    refused("send_after", "{" + to + "}", "delay_ms is missing", bad);
    refused("send_after", "{\"delay_ms\": -1, " + to + "}", "delay_ms must be at least 0", bad);
    refused("send_after", "{\"delay_ms\": 316224000000, " + to + "}", "ten years", bad);
    refused("send_every", "{\"period_ms\": 9, " + to + "}", "period_ms must be at least 10", bad);
    refused("schedule_cron", "{\"expr\": \"* * * *\", " + to + "}", "4 fields", bad);
    refused(
        "schedule_cron",
        "{\"expr\": \"* * * * *\", \"tz\": \"Europe/Atlantis\", " + to + "}",
        "Europe/Atlantis",
        bad);
    refused(
        "schedule_cron", "{\"expr\": \"* * * * *\", \"zone\": \"UTC\", " + to + "}", "zone", bad);
    refused(
        "send_after",
        "{\"delay_ms\": 1, \"target\": \"nobody\", \"op\": \"ring\"}",
        "nobody",
        ErrorCode.NOT_FOUND);
    refused("cancel_timer", "{\"id\": \"reminder:ring\"}", "configuration", bad);
    assertThat(due("bell/a")).isEqualTo(-1);
  }

  @Test
  void anActorHasAsManyTimersAsTheLimitSays() {
    NativeModule many =
        NativeModule.builder()
            .type(
                "bell",
                () ->
                    (c, op, p) -> {
                      for (int i = 0; i < 5_000; i++) {
                        c.call(
                            "send_after",
                            Frame.of(
                                Value.Obj.builder()
                                    .put("delay_ms", 1000)
                                    .put("target", "bell/a")
                                    .put("op", "do")
                                    .build()));
                      }
                      return p;
                    },
                "do")
            .build();
    for (ActorPlan plan : List.of(ON_DEMAND, idleAfter(Duration.ofDays(1), false))) {
      engine.stop(APP, Duration.ZERO);
      journals.purge(APP);
      engine.start(plan(plan), many);
      assertThat(ask("bell/a", "{}")).isEqualTo("{}");
      assertThat(ask("bell/a", "{}")).isEqualTo("{}");
      assertThat(engine.status(id("bell/a")).orElseThrow().timers()).isEqualTo(10_000);
      assertThatThrownBy(() -> ask("bell/a", "{}"))
          .isInstanceOfSatisfying(
              HostException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED))
          .hasMessageContaining("10000 timers");
    }
  }

  /**
   * One that needs to know when it was due, one that takes no further field, and one that is
   * refused.
   */
  @Test
  void thePayloadIsCheckedAsItWillBe() throws Exception {
    Value.Obj needs = Json.readObject("{\"required\":[\"due_ms\"]}".getBytes(UTF_8));
    Value.Obj closed =
        Json.readObject(
            "{\"properties\":{\"n\":{\"type\":\"integer\"}},\"additionalProperties\":false}"
                .getBytes(UTF_8));
    engine.stop(APP, Duration.ZERO);
    engine.start(
        plan(ON_DEMAND),
        NativeModule.builder()
            .described(
                "bell",
                Bell::new,
                new Operation("do", Kind.CALL, false, null, null, ""),
                new Operation("needs", Kind.CALL, false, needs, null, ""),
                new Operation("closed", Kind.CALL, false, closed, null, ""))
            .build());
    String set =
        "{\"call\":\"send_after\",\"args\":{\"delay_ms\":1,\"target\":\"bell/a\",\"op\":\"%s\"},\"body\":%s}";
    ask("bell/a", set.formatted("needs", "{}"));
    ask("bell/a", set.formatted("closed", "{\"n\":1}"));
    assertThatThrownBy(() -> ask("bell/a", set.formatted("closed", "{\"n\":\"x\"}")))
        .hasMessageContaining("must be an integer");
    advance(1);
    // The turn that was refused has put the actor out of memory: a timer that meets it on its way
    // out comes a second later.
    await(
        "both messages",
        () -> {
          advance(1000);
          return handled.size() == 2;
        });
    assertThat(List.of(next(), next()))
        .containsExactlyInAnyOrder(
            "app/bell/a needs {\"due_ms\":" + (START + 1) + "}", "app/bell/a closed {\"n\":1}");
  }

  @Test
  void thePayloadsOfAnActorsTimersHaveALimit() {
    String big = "{\"x\":\"" + "x".repeat(6 << 20) + "\"}";
    for (ActorPlan plan : List.of(ON_DEMAND, idleAfter(Duration.ofDays(1), false))) {
      engine.stop(APP, Duration.ZERO);
      journals.purge(APP);
      engine.start(plan(plan), module());
      String first = after("bell/a", 1000, "bell/a", big);
      after("bell/a", 1000, "bell/a", big);
      assertThatThrownBy(() -> after("bell/a", 1000, "bell/a", big))
          .isInstanceOfSatisfying(
              HostException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED))
          .hasMessageContaining("16 MiB");
      if (plan.durability() == null) {
        continue; // this guest cannot roll back, so its memory is gone; the rest is the same
      }
      ask("bell/a", "{\"call\": \"cancel_timer\", \"args\": {\"id\": \"" + first + "\"}}");
      var _ = after("bell/a", 1000, "bell/a", big);
    }
  }

  // ---- missed, late, in step

  @Test
  void everyKeepsItsPhaseAndAMissedOneComesOnceWithItsTime() throws Exception {
    every("bell/a", 1000, "ring");
    restartAfter(3500);
    assertThat(next()).isEqualTo(ring("bell/a", START + 1000));
    settle("bell/a");
    assertThat(handled).isEmpty();
    assertThat(due("bell/a")).isEqualTo(START + 4000);
    advance(499);
    settle("bell/a");
    assertThat(handled).isEmpty();
    advance(1);
    assertThat(next()).isEqualTo(ring("bell/a", START + 4000));
  }

  @Test
  void aCronGoesOnAtItsNextTimeAfterAMissedOne() throws Exception {
    ask(
        "bell/a",
        """
        {"call": "schedule_cron",
         "args": {"expr": "0 * * * *", "tz": "Europe/Berlin", "target": "bell/a", "op": "ring"}}
        """);
    long hour = 3_600_000;
    advance(hour);
    assertThat(next()).isEqualTo(ring("bell/a", START + hour));
    settle("bell/a");
    restartAfter(5 * hour + 1);
    assertThat(next()).isEqualTo(ring("bell/a", START + 2 * hour));
    settle("bell/a");
    assertThat(due("bell/a")).isEqualTo(START + 7 * hour);
    assertThat(handled).isEmpty();
  }

  @Test
  void aSingleOneThatWasMissedComesOnceHoweverOftenTheNodeStarts() throws Exception {
    after("bell/a", 1000, "bell/a", "{}");
    restartAfter(5000);
    assertThat(next()).isEqualTo(ring("bell/a", START + 1000));
    settle("bell/a");
    restartAfter(5000);
    restartAfter(5000);
    settle("bell/a");
    assertThat(handled).isEmpty();
  }

  @Test
  void aReminderSleepsUntilItIsDueAndWakesAnActorThatIsNotInMemory() throws Exception {
    every("bell/a", 1000, "ring");
    journals.forgetPendingEffects();
    restartAfter(0);
    assertThat(engine.cellInMemory(id("bell/a"))).as("nothing is due").isNull();
    assertThat(engine.status(id("bell/a")).orElseThrow().nextTimerMillis()).isEqualTo(START + 1000);
    advance(1000);
    assertThat(next()).isEqualTo(ring("bell/a", START + 1000));
  }

  @Test
  void anActorThatLeftMemoryIsWokenAndMayLeaveAgain() throws Exception {
    every("bell/a", 1000, "ring");
    ActorCell cell = cell("bell/a");
    cell.command(new ActorCell.Command.Passivate());
    await("it leaves", () -> engine.cellInMemory(id("bell/a")) == null);
    advance(1000);
    assertThat(next()).isEqualTo(ring("bell/a", START + 1000));
  }

  @Test
  void anActorThatWasOnlyMadeForItsReminderLeavesMemory() throws Exception {
    after("bell/a", 1000, "bell/b", "{}");
    journals.forgetPendingEffects();
    restartAfter(0);
    advance(1000);
    assertThat(next()).isEqualTo(ring("bell/b", START + 1000));
    await("it leaves", () -> engine.cellInMemory(id("bell/a")) == null);
    assertThat(journals.timers(id("bell/a"))).isEmpty();
  }

  @Test
  void whatFallsDueWhileTheDiskIsFullComesOnceWhenThereIsRoom() throws Exception {
    after("bell/a", 1000, "bell/b", "{}");
    journals.full(true);
    advance(1000);
    await("an attempt", () -> journals.refusedAppends() > 0);
    journals.full(false);
    await(
        "it comes",
        () -> {
          advance(500);
          return !handled.isEmpty();
        });
    assertThat(next()).isEqualTo(ring("bell/b", START + 1000));
    settle("bell/a");
    advance(100_000);
    settle("bell/a");
    assertThat(handled).isEmpty();
    assertThat(journals.timers(id("bell/a"))).isEmpty();
  }

  /** However often it falls due meanwhile: one message at a time, and no queue of them. */
  @Test
  void whileItsMessageIsNotHandledATimerIsLeftOut() throws Exception {
    for (ActorPlan plan : List.of(ON_DEMAND, idleAfter(Duration.ofDays(1), false))) {
      engine.stop(APP, Duration.ZERO);
      journals.purge(APP);
      engine.start(plan(plan), module());
      CountDownLatch latch = new CountDownLatch(1);
      slow = latch;
      long begin = clock.get();
      ask(
          "bell/a",
          """
          {"call": "send_every", "args": {"period_ms": 1000, "target": "bell/b", "op": "slow"}}
          """);
      advance(1000);
      assertThat(next()).isEqualTo("app/bell/b begins");
      for (int i = 2; i <= 10; i++) {
        long following = begin + (i + 1) * 1000L;
        advance(1000);
        await("it is left out", () -> due("bell/a") == following);
      }
      slow = null;
      latch.countDown();
      assertThat(next()).isEqualTo("app/bell/b slow {\"due_ms\":" + (begin + 1000) + "}");
      settle("bell/b");
      settle("bell/a");
      assertThat(handled).isEmpty();
      advance(1000);
      assertThat(next()).contains("slow");
      settle("bell/b");
      settle("bell/a");
    }
  }

  @Test
  void anActorThatIsBusyForLongGetsOneMessageOfATimerAfterwards() throws Exception {
    CountDownLatch latch = new CountDownLatch(1);
    slow = latch;
    every("bell/a", 1000, "slow");
    advance(1000);
    assertThat(next()).isEqualTo("app/bell/a begins");
    for (int i = 0; i < 10; i++) {
      advance(1000);
    }
    slow = null;
    latch.countDown();
    assertThat(next()).contains("slow");
    settle("bell/a");
    assertThat(handled.size()).isLessThanOrEqualTo(1);
    assertThat(engine.cellInMemory(id("bell/a"))).isNotNull();
    assertThat(cell("bell/a").mailboxDepth()).isZero();
  }

  @Test
  void aClockSetForwardMakesThemDueAndOneSetBackNotTwice() throws Exception {
    every("bell/a", 1000, "ring");
    advance(Duration.ofDays(30).toMillis());
    assertThat(next()).isEqualTo(ring("bell/a", START + 1000));
    settle("bell/a");
    advance(-Duration.ofDays(30).toMillis());
    settle("bell/a");
    assertThat(handled).isEmpty();
    assertThat(due("bell/a")).isEqualTo(START + Duration.ofDays(30).toMillis() + 1000);
  }

  // ---- without a journal

  @Test
  void timersOfAnActorWithoutAJournalOutliveItsPassivationButNotItsCrash() throws Exception {
    engine.stop(APP, Duration.ZERO);
    engine.start(plan(idleAfter(Duration.ofDays(1), false)), module());
    every("bell/a", 1000, "ring");
    ActorCell cell = cell("bell/a");
    cell.command(new ActorCell.Command.Passivate());
    await("it leaves", () -> engine.cellInMemory(id("bell/a")) == null);
    assertThat(engine.status(id("bell/a"))).isEmpty();
    advance(1000);
    assertThat(next()).isEqualTo(ring("bell/a", START + 1000));
    assertThatThrownBy(() -> ask("bell/a", "{\"call\": \"now_ms\", \"args\": {}, \"crash\": true}"))
        .isInstanceOf(HostException.class);
    advance(10_000);
    settle("bell/a");
    assertThat(handled).isEmpty();
    assertThat(due("bell/a")).isEqualTo(-1);
  }

  @Test
  void timersInMemoryEndWithTheirApp() throws Exception {
    engine.stop(APP, Duration.ZERO);
    engine.start(plan(idleAfter(Duration.ofDays(1), false)), module());
    after("bell/a", 1000, "bell/a", "{}");
    engine.stop(APP, Duration.ZERO);
    assertThat(engine.timers().schedule().size()).isZero();
    engine.start(plan(idleAfter(Duration.ofDays(1), false)), module());
    advance(1000);
    assertThat(handled).isEmpty();
  }

  @Test
  void remindersRestWhileTheirAppIsUndeployedAndAMissedOneComesWithTheNext() throws Exception {
    every("bell/a", 1000, "ring");
    engine.stop(APP, Duration.ZERO);
    assertThat(engine.timers().schedule().size()).isZero();
    advance(2500);
    engine.start(plan(ON_DEMAND), module());
    assertThat(next()).isEqualTo(ring("bell/a", START + 1000));
    settle("bell/a");
    assertThat(due("bell/a")).isEqualTo(START + 3000);
  }

  // ---- what init and the configuration set

  @Test
  void anInitThatRunsAgainSetsNoSecondTimer() throws Exception {
    Value.Obj set =
        Json.readObject(
            """
            {"init": {"call": "send_every",
                      "args": {"period_ms": 1000, "target": "bell/main", "op": "ring"}}}
            """
                .getBytes(UTF_8));
    for (ActorPlan plan : List.of(durable(), actor())) {
      engine.stop(APP, Duration.ZERO);
      journals.purge(APP);
      long begin = clock.get();
      engine.start(app(List.of(new AppPlan.ActorChild("main", "bell", set, plan))), module());
      advance(300);
      ActorCell cell = cell("bell/main");
      cell.command(new ActorCell.Command.Passivate());
      await("it leaves", () -> cell.state() == ActorState.PASSIVE);
      engine.ask(context(), id("bell/main"), "ring", json("{}"), null);
      next();
      assertThat(engine.status(id("bell/main")).orElseThrow().timers()).isEqualTo(1);
      assertThat(due("bell/main")).as("it keeps its phase").isEqualTo(begin + 1000);
    }
  }

  private static final TimerRule EVERY_SECOND = new TimerRule.Every(1000);

  private static final TimerRule HOURLY =
      new TimerRule.Cron(CronExpression.parse("@hourly"), CronExpression.zone("UTC"));

  @Test
  void aReminderByFacetIsSetOnceReplacedWhenItChangesAndGoesWithItsFacet() throws Exception {
    ActorId a = id("bell/a");
    TimerFacet facet = TimerFacet.reminder("ring", EVERY_SECOND);
    restart(with(ON_DEMAND, facet));
    assertThat(due("bell/a")).as("nobody has woken it yet").isEqualTo(-1);
    engine.ask(context(), a, "ring", json("{}"), null);
    next();
    assertThat(journals.timers(a))
        .containsExactly(
            new TimerChange.Set(
                "reminder:ring", START + 1000, "app/bell/a", "ring", json("{}"), "every 1000"));
    clock.addAndGet(400);
    restart(with(ON_DEMAND, facet));
    engine.ask(context(), a, "ring", json("{}"), null);
    next();
    assertThat(due("bell/a")).as("the same one keeps its phase").isEqualTo(START + 1000);
    advance(600);
    assertThat(next()).isEqualTo(ring("bell/a", START + 1000));
    settle("bell/a");

    restart(with(ON_DEMAND, TimerFacet.reminder("ring", new TimerRule.Every(700))));
    engine.ask(context(), a, "ring", json("{}"), null);
    next();
    assertThat(due("bell/a")).isEqualTo(START + 1700);

    restart(ON_DEMAND);
    advance(10_000); // it is due, but it is gone with its facet
    await("it is cancelled", () -> journals.timers(a).isEmpty());
    settle("bell/a");
    assertThat(handled).isEmpty();
  }

  @Test
  void aTimerByFacetIsNeverInAJournal() throws Exception {
    ActorPlan plan = with(ON_DEMAND, TimerFacet.timer("ring", HOURLY));
    journals.forgetPendingEffects();
    restart(plan);
    engine.ask(context(), id("bell/a"), "ring", json("{}"), null);
    next();
    assertThat(journals.timers(id("bell/a"))).isEmpty();
    assertThat(due("bell/a")).isEqualTo(START + 3_600_000);
    advance(3_600_000);
    assertThat(next()).isEqualTo(ring("bell/a", START + 3_600_000));
    settle("bell/a");
    restart(plan);
    assertThat(due("bell/a")).as("gone with the node, until the actor is activated").isEqualTo(-1);
  }

  // ---- receivers

  @Test
  void aReceiverThatIsAwayGetsItWhenItIsBack() throws Exception {
    var other = new io.plexspaces.api.AppId("t", "other");
    AppPlan bells =
        new AppPlan(
            other,
            "1",
            plan(ON_DEMAND).supervisor(),
            Map.of(
                "bell",
                new ActorPlan(
                    ON_DEMAND.restart(),
                    ON_DEMAND.shutdownTimeout(),
                    ON_DEMAND.backoff(),
                    ON_DEMAND.mailbox(),
                    JournalOptions.DEFAULT,
                    ON_DEMAND.idleTimeout(),
                    true)),
            Map.of("bell", new AppPlan.Access(java.util.Set.of(), java.util.Set.of("app"))),
            plan(ON_DEMAND).limits(),
            Map.of());
    after("bell/a", 1000, "other/bell/x", "{}");
    advance(1000);
    await("the turn", () -> journals.timers(id("bell/a")).isEmpty());
    engine.start(bells, module());
    assertThat(next()).isEqualTo("other/bell/x ring {\"due_ms\":" + (START + 1000) + "}");
  }

  @Test
  void aTypeThatMayNotBeCalledIsRefusedWhenItIsSet() {
    var other = new io.plexspaces.api.AppId("t", "other");
    engine.start(
        new AppPlan(
            other,
            "1",
            plan(ON_DEMAND).supervisor(),
            Map.of("bell", ON_DEMAND),
            Map.of(),
            plan(ON_DEMAND).limits(),
            Map.of()),
        module());
    refused(
        "send_after",
        "{\"delay_ms\": 1, \"target\": \"other/bell/x\", \"op\": \"ring\"}",
        "[access]",
        ErrorCode.PERMISSION_DENIED);
  }

  @Test
  void manyActorsFallDueTogether() throws Exception {
    int n = 2_000;
    for (int i = 0; i < n; i++) {
      after("bell/m" + i, 1000, "bell/m" + i, "{}");
    }
    journals.forgetPendingEffects();
    restartAfter(0);
    assertThat(engine.actors(APP)).isEmpty();
    assertThat(engine.timers().schedule().size()).isEqualTo(n);
    advance(1000);
    for (int i = 0; i < n; i++) {
      next();
    }
    await("all are gone", () -> engine.timers().schedule().size() == 0);
    assertThat(handled).isEmpty();
  }

  @Test
  void aSupervisedChildHasReminders() throws Exception {
    engine.stop(APP, Duration.ZERO);
    AppPlan tree =
        app(List.of(child("main", "bell", with(durable(), TimerFacet.reminder("ring", HOURLY)))));
    engine.start(tree, module());
    assertThat(due("bell/main")).isEqualTo(START + 3_600_000);
    engine.stop(APP, Duration.ZERO);
    clock.addAndGet(3 * 3_600_000L);
    engine.start(tree, module());
    assertThat(next()).isEqualTo(ring("bell/main", START + 3_600_000));
    settle("bell/main");
    assertThat(due("bell/main")).isEqualTo(START + 4 * 3_600_000L);
  }
}
