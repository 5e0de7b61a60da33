package io.plexspaces.engine;

import static io.plexspaces.engine.TestApps.APP;
import static io.plexspaces.engine.TestApps.actor;
import static io.plexspaces.engine.TestApps.app;
import static io.plexspaces.engine.TestApps.child;
import static io.plexspaces.engine.TestApps.context;
import static io.plexspaces.engine.TestApps.id;
import static io.plexspaces.engine.TestApps.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.RequestContext;
import io.plexspaces.api.Role;
import io.plexspaces.api.Value;
import io.plexspaces.engine.ActorStatus.ActorState;
import io.plexspaces.engine.AppStatus.AppState;
import io.plexspaces.engine.NativeModule.NativeActor;
import io.plexspaces.engine.NativeModule.NativeContext;
import io.plexspaces.engine.plan.ActorPlan;
import io.plexspaces.engine.plan.ActorPlan.Overflow;
import io.plexspaces.engine.plan.AppPlan;
import io.plexspaces.engine.plan.Restart;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The engine through its face, with guests in Java. */
@Timeout(60)
class EngineTest {
  private final ActorEngine engine = ActorEngine.builder().workers(2).build();
  private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();

  @AfterEach
  void close() {
    callers.shutdownNow();
    engine.close();
  }

  /** A counter that also does what the tests need. */
  static final class Counter implements NativeActor {
    private long count;

    @Override
    public Payload handle(NativeContext c, String op, Payload p) {
      return switch (op) {
        case "increment" -> json(Long.toString(++count));
        case "get" -> json(Long.toString(count));
        case "crash" -> throw new IllegalStateException("boom");
        case "refuse" -> throw NativeModule.refuse(ErrorCode.INVALID_ARGUMENT, "no thanks");
        default -> throw new AssertionError(op);
      };
    }
  }

  private static NativeModule counters() {
    return NativeModule.builder()
        .type("counter", Counter::new, "increment", "get", "crash", "refuse")
        .build();
  }

  private Payload ask(String target, String op) {
    return engine.ask(context(), id(target), op, Payload.EMPTY_OBJECT, null);
  }

  private void startCounters(Restart restart) {
    engine.start(
        app(List.of(child("main", "counter", actor(restart, 1000, Overflow.REJECT)))), counters());
  }

  private static NativeModule lambda(NativeHandler h, String... ops) {
    return NativeModule.builder().type("a", () -> h::handle, ops).build();
  }

  interface NativeHandler {
    Payload handle(NativeContext c, String op, Payload p);
  }

  @Test
  void anActorHandlesOneMessageAtATimeAndLosesNone() throws Exception {
    startCounters(Restart.PERMANENT);
    List<Future<?>> all = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      all.add(
          callers.submit(() -> {
            for (int k = 0; k < 200; k++) {
              var _ = ask("counter/main", "increment");
            }
          }));
    }
    for (Future<?> f : all) {
      f.get();
    }
    assertThat(ask("counter/main", "get").text()).isEqualTo("10000");
  }

  @Test
  void unknownAppsTypesActorsAndOperationsAreNamed() {
    startCounters(Restart.PERMANENT);
    assertThatThrownBy(() ->
            engine.ask(
                context(), ActorId.parse("t", "nope/counter/main"), "get", Payload.NULL, null))
        .hasMessageContaining("there is no app \"nope\"");
    assertThatThrownBy(() -> ask("clock/main", "get")).hasMessageContaining("it has counter");
    assertThatThrownBy(() -> ask("counter/other", "get"))
        .hasMessageContaining("[actor_types.counter]");
    assertThatThrownBy(() -> ask("counter/main", "fly"))
        .hasMessageContaining("no operation \"fly\"; it has increment, get, crash, refuse");
  }

  @Test
  void anotherTenantsAppIsNotThere() {
    startCounters(Restart.PERMANENT);
    assertThatThrownBy(
            () -> engine.ask(context("other", 1000), id("counter/main"), "get", Payload.NULL, null))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND));
  }

  @Test
  void aRefusalReachesTheCallerAndRestartsNothing() {
    startCounters(Restart.PERMANENT);
    var _ = ask("counter/main", "increment");
    assertThatThrownBy(() -> ask("counter/main", "refuse"))
        .isInstanceOfSatisfying(
            HostException.class,
            e -> {
              assertThat(e.error().business()).isTrue();
              assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
            });
    assertThat(ask("counter/main", "get").text()).isEqualTo("1");
  }

  @Test
  void aCrashedChildStartsAgainFromInit() {
    startCounters(Restart.PERMANENT);
    var _ = ask("counter/main", "increment");
    assertThatThrownBy(() -> ask("counter/main", "crash")).hasMessageContaining("boom");
    assertThat(ask("counter/main", "get").text()).isEqualTo("0");
    assertThat(engine.status(id("counter/main")).orElseThrow().restarts()).isEqualTo(1);
  }

  @Test
  void aTemporaryChildStaysDown() {
    startCounters(Restart.TEMPORARY);
    assertThatThrownBy(() -> ask("counter/main", "crash")).hasMessageContaining("boom");
    assertThatThrownBy(() -> ask("counter/main", "get"))
        .hasMessageContaining("is temporary")
        .hasMessageContaining("boom");
  }

  @Test
  void tooManyRestartsFailTheAppAndNoOther() throws Exception {
    startCounters(Restart.PERMANENT);
    AppId other = new AppId("t", "other");
    engine.start(app(other, 5, List.of(child("main", "counter", actor())), Map.of()), counters());
    for (int i = 0; i < 6; i++) {
      assertThatThrownBy(() -> ask("counter/main", "crash")).isInstanceOf(HostException.class);
    }
    awaitTrue(() -> engine.app(APP).orElseThrow().state() == AppState.FAILED);
    assertThat(engine.app(APP).orElseThrow().failure())
        .contains("more than 5 restarts in 60 s")
        .contains("child \"main\"")
        .contains("boom");
    assertThatThrownBy(() -> ask("counter/main", "get")).hasMessageContaining("has failed");
    assertThat(
            engine
                .ask(
                    context(),
                    ActorId.parse("t", "other/counter/main"),
                    "increment",
                    Payload.NULL,
                    null)
                .text())
        .isEqualTo("1");
  }

  @Test
  void aNestedSupervisorThatGivesUpIsStartedAgainByItsParent() throws Exception {
    AppPlan.SupervisorPlan inner =
        new AppPlan.SupervisorPlan(
            "inner", Restart.PERMANENT, 1, 60_000, List.of(child("main", "counter", actor())));
    engine.start(
        app(APP, 3, List.of(inner, child("calm", "counter", actor())), Map.of()), counters());
    var _ = ask("counter/calm", "increment");
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> ask("counter/main", "crash")).isInstanceOf(HostException.class);
    }
    awaitTrue(() -> {
      TreeNode t = engine.tree(APP).orElseThrow();
      return t.restarts() == 1 && t.children().get(0).state().equals("running");
    });
    assertThat(ask("counter/main", "increment").text()).isEqualTo("1");
    assertThat(ask("counter/calm", "get").text()).isEqualTo("1");
  }

  @Test
  void aChildWhoseInitFailsIsNamedAndNothingStays() {
    NativeModule m =
        NativeModule.builder()
            .type("counter", Counter::new, "increment", "get")
            .type(
                "bad",
                () ->
                    new NativeActor() {
                      @Override
                      public void init(NativeContext c, Value.Obj config) {
                        throw NativeModule.refuse(ErrorCode.INVALID_ARGUMENT, "no index given");
                      }

                      @Override
                      public Payload handle(NativeContext c, String op, Payload p) {
                        return Payload.NULL;
                      }
                    },
                "x")
            .build();
    assertThatThrownBy(() ->
            engine.start(
                app(List.of(child("one", "counter", actor()), child("two", "bad", actor()))), m))
        .hasMessageContaining("child \"two\"")
        .hasMessageContaining("no index given");
    assertThat(engine.apps()).isEmpty();
    assertThat(engine.actors(APP)).isEmpty();
  }

  @Test
  void actorsOnDemandComeAtTheirFirstMessageAndRestByKey() {
    engine.start(app(APP, 2, List.of(), Map.of("counter", actor())), counters());
    assertThat(ask("counter/a/b c", "increment").text()).isEqualTo("1");
    assertThat(ask("counter/ü", "increment").text()).isEqualTo("1");
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> ask("counter/bad", "crash")).isInstanceOf(HostException.class);
    }
    assertThatThrownBy(() -> ask("counter/bad", "get"))
        .hasMessageContaining("rests for 60 s after too many restarts");
    assertThat(ask("counter/ü", "get").text()).isEqualTo("1");
    assertThat(engine.app(APP).orElseThrow().state()).isEqualTo(AppState.RUNNING);
  }

  @Test
  void messagesFromOneSenderArriveInOrderAndAnAskComesAfterItsSends() {
    NativeModule m =
        NativeModule.builder()
            .type(
                "sink",
                () ->
                    new NativeActor() {
                      private final StringBuilder got = new StringBuilder();

                      @Override
                      public Payload handle(NativeContext c, String op, Payload p) {
                        if (op.equals("put")) {
                          got.append(p.text());
                          return Payload.NULL;
                        }
                        return json("\"" + got + "\"");
                      }
                    },
                "put",
                "get")
            .type(
                "source",
                () ->
                    (c, op, p) -> {
                      for (int i = 0; i < 100; i++) {
                        c.send("sink", "put", json(Integer.toString(i % 10)));
                      }
                      return c.ask("sink/sink", "get", Payload.EMPTY_OBJECT, 5000);
                    },
                "go")
            .build();
    engine.start(
        app(List.of(child("sink", "sink", actor()), child("source", "source", actor()))), m);
    assertThat(ask("source/source", "go").text()).isEqualTo("\"" + "0123456789".repeat(10) + "\"");
  }

  @Test
  void askAllAnswersInOrderWithErrorsInPlace() {
    NativeModule m =
        NativeModule.builder()
            .type("counter", Counter::new, "increment", "get", "crash", "refuse")
            .type(
                "front",
                () ->
                    (c, op, p) ->
                        Payload.json(
                            c.call(
                                    "ask_all",
                                    Frame.of(
                                        (Value.Obj)
                                            io.plexspaces.api.Json.read(
                                                """
                                                {"timeout_ms":5000,"calls":[
                                                 {"target":"c1","op":"increment"},
                                                 {"target":"nobody","op":"increment"},
                                                 {"target":"counter/c2","op":"refuse"},
                                                 {"target":"app/counter/c2","op":"increment","payload":{"by":1}}]}
                                                """)))
                                .body()),
                "go")
            .build();
    engine.start(
        app(
            List.of(
                child("c1", "counter", actor()),
                child("c2", "counter", actor()),
                child("front", "front", actor()))),
        m);
    Value.Arr results = (Value.Arr) ask("front/front", "go").value();
    assertThat(results.items()).hasSize(4);
    assertThat(((Value.Obj) results.items().get(0)).get("ok")).isEqualTo(new Value.Int(1));
    assertThat(((Value.Obj) results.items().get(1)).object("error").string("code", ""))
        .isEqualTo("NOT_FOUND");
    assertThat(((Value.Obj) results.items().get(2)).object("error").string("message", ""))
        .isEqualTo("no thanks");
    assertThat(((Value.Obj) results.items().get(3)).get("ok")).isEqualTo(new Value.Int(1));
  }

  @Test
  void twoThatWouldWaitForEachOtherAreToldTheCycle() {
    // a asks b, which asks c, which asks a.
    NativeModule m =
        NativeModule.builder()
            .type(
                "ring",
                () ->
                    (c, op, p) -> {
                      String next =
                          c.actorId().endsWith("/a") ? "b" : c.actorId().endsWith("/b") ? "c" : "a";
                      return c.ask(next, "go", Payload.EMPTY_OBJECT, 20_000);
                    },
                "go")
            .build();
    engine.start(
        app(
            List.of(
                child("a", "ring", actor()),
                child("b", "ring", actor()),
                child("c", "ring", actor()))),
        m);
    assertThatThrownBy(() -> ask("ring/a", "go"))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ABORTED))
        .hasMessageContaining("would wait for each other")
        .hasMessageContaining("app/ring/a")
        .hasMessageContaining("app/ring/b")
        .hasMessageContaining("app/ring/c");
  }

  @Test
  void anActorThatAsksItselfIsRefused() {
    engine.start(
        app(List.of(child("me", "a", actor()))),
        lambda((c, op, p) -> c.ask("me", "go", Payload.EMPTY_OBJECT, 20_000), "go"));
    assertThatThrownBy(() -> ask("a/me", "go")).hasMessageContaining("app/a/me -> app/a/me");
  }

  @Test
  void aFullMailboxRefusesAndDropsAndBlocksAsConfigured() throws Exception {
    CountDownLatch hold = new CountDownLatch(1);
    LinkedBlockingQueue<String> handled = new LinkedBlockingQueue<>();
    CountDownLatch running = new CountDownLatch(4);
    NativeHandler slow =
        (c, op, p) -> {
          if (op.equals("hold")) {
            running.countDown();
            await(c, hold);
          }
          handled.add(c.actorId() + p.text());
          return Payload.NULL;
        };
    engine.start(
        app(
            List.of(
                child("reject", "a", actor(Restart.PERMANENT, 2, Overflow.REJECT)),
                child("newest", "a", actor(Restart.PERMANENT, 2, Overflow.DROP_NEWEST)),
                child("oldest", "a", actor(Restart.PERMANENT, 2, Overflow.DROP_OLDEST)),
                child("block", "a", actor(Restart.PERMANENT, 2, Overflow.BLOCK)))),
        lambda(slow, "hold", "put"));
    for (String key : List.of("reject", "newest", "oldest", "block")) {
      var _ = engine.send(context(), id("a/" + key), "hold", json("0"), null);
    }
    running.await();
    for (String key : List.of("reject", "newest", "oldest", "block")) {
      for (int i = 1; i <= 2; i++) {
        var _ = engine.send(context(), id("a/" + key), "put", json("" + i), null);
      }
    }
    assertThatThrownBy(() -> engine.send(context(), id("a/reject"), "put", json("3"), null))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED))
        .hasMessageContaining("app/a/reject is full (2 messages)");
    var _ = engine.send(context(), id("a/newest"), "put", json("3"), null);
    var _ = engine.send(context(), id("a/oldest"), "put", json("3"), null);
    Future<?> blocked =
        callers.submit(() -> engine.ask(context(), id("a/block"), "put", json("3"), null));
    hold.countDown();
    blocked.get();
    List<String> got = new ArrayList<>();
    for (int i = 0; i < 13; i++) {
      got.add(handled.take());
    }
    assertThat(got)
        .contains("app/a/reject1", "app/a/reject2", "app/a/newest1", "app/a/newest2")
        .contains("app/a/oldest2", "app/a/oldest3", "app/a/block3")
        .doesNotContain("app/a/oldest1", "app/a/newest3", "app/a/reject3");
  }

  private static ActorPlan impatient() {
    ActorPlan a = actor();
    return new ActorPlan(
        a.restart(), Duration.ofMillis(10), a.backoff(), a.mailbox(), null, null, false);
  }

  private static void await(NativeContext c, CountDownLatch latch) {
    // Waits as a guest does: in host calls, so that the worker's place is free meanwhile.
    while (latch.getCount() > 0) {
      var _ = c.call("sleep", Frame.of(Value.Obj.builder().put("ms", 1).build()));
    }
  }

  @Test
  void deadlinesEndWaitsAndSkipWhatNobodyWaitsFor() throws Exception {
    CountDownLatch hold = new CountDownLatch(1);
    CountDownLatch running = new CountDownLatch(1);
    AtomicInteger puts = new AtomicInteger();
    engine.start(
        app(List.of(child("x", "a", actor()))),
        lambda(
            (c, op, p) -> {
              if (op.equals("hold")) {
                running.countDown();
                await(c, hold);
              } else {
                puts.incrementAndGet();
              }
              return Payload.NULL;
            },
            "hold",
            "put"));
    var _ = engine.send(context(), id("a/x"), "hold", Payload.NULL, null);
    running.await();
    assertThatThrownBy(() -> engine.ask(context("t", 20), id("a/x"), "put", Payload.NULL, null))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED));
    hold.countDown();
    var _ = ask("a/x", "put");
    assertThat(puts.get()).isEqualTo(1);
  }

  @Test
  void aNestedAskGetsWhatIsLeftOfTheDeadlineAndItsEndIsNoCrash() {
    NativeModule m =
        NativeModule.builder()
            .type(
                "slow",
                () ->
                    (c, op, p) -> {
                      var _ =
                          c.call("sleep", Frame.of(Value.Obj.builder().put("ms", 60_000).build()));
                      return Payload.NULL;
                    },
                "go")
            .type(
                "front",
                () -> (c, op, p) -> c.ask("slow", "go", Payload.EMPTY_OBJECT, 60_000),
                "go")
            .build();
    engine.start(app(List.of(child("slow", "slow", actor()), child("front", "front", actor()))), m);
    assertThatThrownBy(
            () -> engine.ask(context("t", 50), id("front/front"), "go", Payload.NULL, null))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED));
    assertThat(engine.app(APP).orElseThrow().restarts()).isZero();
  }

  @Test
  void anErrorOfAHostCallThatAHandlerLetsThroughIsNoCrash() {
    engine.start(
        app(List.of(child("x", "a", actor()))),
        lambda(
            (c, op, p) -> {
              try {
                return c.ask("a/nobody/here", "go", Payload.EMPTY_OBJECT, 1000);
              } catch (HostException e) {
                if (op.equals("own")) {
                  throw new HostException(ErrorCode.NOT_FOUND, "what I looked for");
                }
                throw e;
              }
            },
            "go",
            "own"));
    for (int i = 0; i < 20; i++) {
      assertThatThrownBy(() -> ask("a/x", "go"))
          .isInstanceOfSatisfying(
              HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND));
    }
    assertThat(engine.app(APP).orElseThrow().restarts()).isZero();
    assertThatThrownBy(() -> ask("a/x", "own")).hasMessageContaining("what I looked for");
    assertThat(engine.app(APP).orElseThrow().restarts()).isEqualTo(1);
  }

  @Test
  void namesAreUniqueResolvedAndFreeAgainAfterTheirHolder() {
    NativeHandler h =
        (c, op, p) ->
            switch (op) {
              case "register" -> {
                var _ =
                    c.call("register", Frame.of(Value.Obj.builder().put("name", "boss").build()));
                yield Payload.NULL;
              }
              case "registerAndCrash" -> {
                var _ =
                    c.call("register", Frame.of(Value.Obj.builder().put("name", "boss").build()));
                throw NativeModule.refuse(ErrorCode.ABORTED, "changed my mind");
              }
              case "getBoss" ->
                  Payload.json(
                      c.call("resolve", Frame.of(Value.Obj.builder().put("name", "boss").build()))
                          .body());
              default -> throw new IllegalStateException("boom");
            };
    engine.start(
        app(List.of(child("x", "a", actor()), child("y", "a", actor()))),
        lambda(h, "register", "registerAndCrash", "getBoss", "crash"));
    assertThatThrownBy(() -> ask("a/x", "registerAndCrash")).isInstanceOf(HostException.class);
    assertThat(ask("a/y", "getBoss").text()).isEqualTo("null");
    var _ = ask("a/x", "register");
    assertThat(ask("a/y", "getBoss").text()).isEqualTo("\"app/a/x\"");
    assertThatThrownBy(() -> ask("a/y", "register")).hasMessageContaining("held by app/a/x");
    assertThatThrownBy(() -> ask("a/x", "crash")).hasMessageContaining("boom");
    assertThat(ask("a/y", "getBoss").text()).isEqualTo("null");
  }

  @Test
  void aQueryMayNotChangeAnything() {
    engine.start(
        app(List.of(child("x", "a", actor()))),
        lambda(
            (c, op, p) ->
                Payload.json(
                    c.call("register", Frame.of(Value.Obj.builder().put("name", "n").build()))
                        .body()),
            "getAndRegister"));
    assertThatThrownBy(() -> ask("a/x", "getAndRegister"))
        .hasMessageContaining("register changes something, but the running handler is a query");
  }

  @Test
  void unknownOperationsAndOptionsOfTheHostAreNamed() {
    engine.start(
        app(List.of(child("x", "a", actor()))),
        lambda(
            (c, op, p) ->
                op.equals("op")
                    ? Payload.json(c.call("fly", Frame.EMPTY).body())
                    : Payload.json(
                        c.call("sleep", Frame.of(Value.Obj.builder().put("sec", 1).build()))
                            .body()),
            "op",
            "option"));
    assertThatThrownBy(() -> ask("a/x", "op")).hasMessageContaining("no host operation \"fly\"");
    assertThatThrownBy(() -> ask("a/x", "option"))
        .hasMessageContaining("sleep has no option \"sec\"");
  }

  @Test
  void accessIsByRoleAndByApp() {
    AppPlan closed =
        new AppPlan(
            APP,
            "1",
            app(List.of(child("main", "counter", actor()))).supervisor(),
            Map.of(),
            Map.of("counter", new AppPlan.Access(Set.of(Role.TENANT_ADMIN), Set.of("friend"))),
            app(List.of()).limits(),
            Map.of());
    engine.start(closed, counters());
    NativeModule asker =
        lambda(
            (c, op, p) -> c.ask("app/counter/main", "increment", Payload.EMPTY_OBJECT, 5000), "go");
    for (String name : List.of("friend", "stranger")) {
      engine.start(
          app(new AppId("t", name), 5, List.of(child("x", "a", actor())), Map.of()), asker);
    }
    assertThatThrownBy(() -> ask("counter/main", "get")).hasMessageContaining("none of your roles");
    RequestContext admin =
        new RequestContext("t", "root", Set.of(Role.TENANT_ADMIN), RequestContext.NO_DEADLINE, "");
    assertThat(engine.ask(admin, id("counter/main"), "get", Payload.NULL, null).text())
        .isEqualTo("0");
    assertThat(
            engine
                .ask(context(), ActorId.parse("t", "friend/a/x"), "go", Payload.NULL, null)
                .text())
        .isEqualTo("1");
    assertThatThrownBy(() ->
            engine.ask(context(), ActorId.parse("t", "stranger/a/x"), "go", Payload.NULL, null))
        .hasMessageContaining("app \"stranger\" may not call \"app/counter\"");
  }

  @Test
  void aStoppingAppFinishesWhatIsQueuedAndRefusesTheRest() throws Exception {
    CountDownLatch hold = new CountDownLatch(1);
    CountDownLatch running = new CountDownLatch(1);
    AtomicInteger puts = new AtomicInteger();
    engine.start(
        app(List.of(child("x", "a", actor()))),
        lambda(
            (c, op, p) -> {
              if (op.equals("hold")) {
                running.countDown();
                await(c, hold);
              } else {
                puts.incrementAndGet();
              }
              return Payload.NULL;
            },
            "hold",
            "put"));
    var _ = engine.send(context(), id("a/x"), "hold", Payload.NULL, null);
    running.await();
    for (int i = 0; i < 10; i++) {
      var _ = engine.send(context(), id("a/x"), "put", Payload.NULL, null);
    }
    Future<?> stopping = callers.submit(() -> engine.stop(APP, Duration.ofSeconds(30)));
    awaitTrue(() -> engine.app(APP).map(a -> a.state() == AppState.DRAINING).orElse(false));
    assertThatThrownBy(() -> ask("a/x", "put")).hasMessageContaining("is being stopped");
    hold.countDown();
    stopping.get();
    assertThat(puts.get()).isEqualTo(10);
    assertThat(engine.apps()).isEmpty();
    assertThatThrownBy(() -> ask("a/x", "put")).hasMessageContaining("there is no app");
  }

  @Test
  void anActorThatWaitsForEverIsKilledAtTheEndOfTheDrain() throws Exception {
    CountDownLatch running = new CountDownLatch(1);
    engine.start(
        app(List.of(child("x", "a", impatient()))),
        lambda(
            (c, op, p) -> {
              running.countDown();
              var _ = c.call("sleep", Frame.of(Value.Obj.builder().put("ms", 3_600_000).build()));
              return Payload.NULL;
            },
            "hold"));
    Future<Payload> asked =
        callers.submit(() -> engine.ask(context(), id("a/x"), "hold", Payload.NULL, null));
    running.await();
    engine.stop(APP, Duration.ZERO);
    assertThatThrownBy(asked::get).hasMessageContaining("killed");
    assertThat(engine.apps()).isEmpty();
  }

  @Test
  void aLongTurnWaitsForWhatItHasWokenItself() {
    NativeModule m =
        NativeModule.builder()
            .type("counter", Counter::new, "increment", "get")
            .type(
                "front",
                () ->
                    (c, op, p) -> {
                      // Several slices, so that the turn goes on in a lane for long turns.
                      long end = System.nanoTime() + 40_000_000;
                      while (System.nanoTime() < end) {
                        c.safepoint();
                      }
                      return c.ask("c1", "increment", Payload.EMPTY_OBJECT, 5000);
                    },
                "go")
            .build();
    engine.start(app(List.of(child("c1", "counter", actor()), child("f", "front", actor()))), m);
    assertThat(ask("front/f", "go").text()).isEqualTo("1");
  }

  @Test
  void aChildThatCrashesWhileItsSiblingsStartIsStartedAgain() {
    NativeModule m =
        NativeModule.builder()
            .type("counter", Counter::new, "increment", "get", "crash", "refuse")
            .type(
                "late",
                () ->
                    new NativeActor() {
                      @Override
                      public void init(NativeContext c, Value.Obj config) {
                        try {
                          var _ = c.ask("main", "crash", Payload.EMPTY_OBJECT, 5000);
                        } catch (HostException e) {
                          assertThat(e).hasMessageContaining("boom");
                        }
                      }

                      @Override
                      public Payload handle(NativeContext c, String op, Payload p) {
                        return Payload.NULL;
                      }
                    },
                "x")
            .build();
    engine.start(
        app(List.of(child("main", "counter", actor()), child("late", "late", actor()))), m);
    assertThat(ask("counter/main", "increment").text()).isEqualTo("1");
    assertThat(engine.tree(APP).orElseThrow().restarts()).isEqualTo(1);
  }

  @Test
  void turnsThatCallAndNeverWaitAreTimedAndLetOthersIn() throws Exception {
    AppPlan base = app(List.of());
    List<io.plexspaces.engine.plan.AppPlan.ChildPlan> children = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      children.add(child("s" + i, "caller", impatient()));
    }
    children.add(child("main", "counter", actor()));
    NativeModule m =
        NativeModule.builder()
            .type(
                "caller",
                () ->
                    (c, op, p) -> {
                      while (true) {
                        var _ = c.call("sleep", Frame.of(Value.Obj.builder().put("ms", 0).build()));
                      }
                    },
                "spin")
            .type("counter", Counter::new, "increment", "get")
            .build();
    engine.start(
        new AppPlan(
            APP,
            "1",
            app(children).supervisor(),
            Map.of(),
            Map.of(),
            new io.plexspaces.engine.plan.LimitsPlan(1 << 20, Duration.ofMillis(200)),
            base.env()),
        m);
    List<Future<Payload>> spinning = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      String id = "caller/s" + i;
      spinning.add(callers.submit(() -> ask(id, "spin")));
    }
    for (int i = 0; i < 50; i++) {
      var _ = ask("counter/main", "increment");
    }
    for (Future<Payload> f : spinning) {
      assertThatThrownBy(f::get).hasMessageContaining("turn_timeout, 200 ms");
    }
    assertThat(engine.app(APP).orElseThrow().restarts()).isZero();
  }

  @Test
  void anErrorThatCameWithAnAnswerOfAskAllIsNoCrash() {
    NativeModule m =
        NativeModule.builder()
            .type(
                "front",
                () ->
                    (c, op, p) -> {
                      Value.Arr a =
                          (Value.Arr)
                              io.plexspaces.api.Json.read(
                                  c.call(
                                          "ask_all",
                                          Frame.of(
                                              (Value.Obj)
                                                  io.plexspaces.api.Json.read(
                                                      "{\"timeout_ms\":20,\"calls\":[{\"target\":\"slow\",\"op\":\"go\"}]}")))
                                      .body());
                      throw new HostException(
                          io.plexspaces.api.HostError.fromValue(
                              ((Value.Obj) a.items().getFirst()).object("error")));
                    },
                "go")
            .type(
                "slow",
                () ->
                    (c, op, p) -> {
                      var _ =
                          c.call(
                              "sleep", Frame.of(Value.Obj.builder().put("ms", 3_600_000).build()));
                      return Payload.NULL;
                    },
                "go")
            .build();
    engine.start(
        app(List.of(child("slow", "slow", impatient()), child("front", "front", actor()))), m);
    assertThatThrownBy(() -> ask("front/front", "go")).hasMessageContaining("did not reply");
    assertThat(engine.app(APP).orElseThrow().restarts()).isZero();
  }

  @Test
  void spinnersDoNotKeepTheirNeighboursWaiting() throws Exception {
    var running = new CountDownLatch(8);
    NativeModule m =
        NativeModule.builder()
            .type(
                "spinner",
                () ->
                    (c, op, p) -> {
                      running.countDown();
                      while (true) {
                        c.safepoint();
                      }
                    },
                "spin")
            .type("counter", Counter::new, "increment", "get")
            .build();
    List<io.plexspaces.engine.plan.AppPlan.ChildPlan> children = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      children.add(child("s" + i, "spinner", impatient()));
    }
    children.add(child("main", "counter", actor()));
    engine.start(app(children), m);
    for (int i = 0; i < 8; i++) {
      var _ = engine.send(context(), id("spinner/s" + i), "spin", Payload.NULL, null);
    }
    running.await(); // all eight share two workers, so each was interrupted for the next
    for (int i = 0; i < 100; i++) {
      var _ = ask("counter/main", "increment");
    }
    assertThat(ask("counter/main", "get").text()).isEqualTo("100");
    engine.stop(APP, Duration.ZERO);
  }

  @Test
  void aTurnPastItsLimitIsStoppedAndCountsAsNoRestart() {
    AppPlan base = app(List.of(child("x", "a", actor())));
    AppPlan limited =
        new AppPlan(
            APP,
            "1",
            base.supervisor(),
            Map.of(),
            Map.of(),
            new io.plexspaces.engine.plan.LimitsPlan(1 << 20, Duration.ofMillis(30)),
            Map.of());
    engine.start(
        limited,
        lambda(
            (c, op, p) -> {
              while (op.equals("spin")) {
                c.safepoint();
              }
              return json("1");
            },
            "spin",
            "ok"));
    assertThatThrownBy(() -> ask("a/x", "spin")).hasMessageContaining("turn_timeout, 30 ms");
    assertThat(ask("a/x", "ok").text()).isEqualTo("1");
    assertThat(engine.app(APP).orElseThrow().restarts()).isZero();
  }

  @Test
  void anIdleActorLeavesMemoryAndComesBack() throws Exception {
    engine.start(
        app(APP, 5, List.of(), Map.of("counter", TestApps.idleAfter(Duration.ofMillis(5), false))),
        counters());
    assertThat(ask("counter/k", "increment").text()).isEqualTo("1");
    awaitTrue(() -> engine.actors(APP).isEmpty());
    assertThat(ask("counter/k", "increment").text()).isEqualTo("1");
  }

  @Test
  void passivationUnderLoadLosesNoMessage() throws Exception {
    engine.start(
        app(APP, 5, List.of(), Map.of("counter", TestApps.idleAfter(Duration.ofMillis(1), false))),
        counters());
    for (int i = 0; i < 3000; i++) {
      assertThat(ask("counter/k" + i % 3, "increment").text()).isNotEmpty();
    }
  }

  @Test
  void theTreeShowsChildrenAndActorsOnDemand() {
    engine.start(
        app(APP, 5, List.of(child("main", "counter", actor())), Map.of("counter", actor())),
        counters());
    var _ = ask("counter/other", "increment");
    TreeNode t = engine.tree(APP).orElseThrow();
    assertThat(t.kind()).isEqualTo("supervisor");
    assertThat(t.children())
        .extracting(TreeNode::kind, TreeNode::label)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("actor", "counter/main"),
            org.assertj.core.groups.Tuple.tuple("dynamic", "counter"));
    assertThat(t.children().get(1).children().get(0).label()).isEqualTo("counter/other");
    assertThat(engine.status(id("counter/main")).orElseThrow().state())
        .isEqualTo(ActorState.RUNNING);
    assertThat(engine.status(id("counter/nobody"))).isEmpty();
  }

  /** Waits for something that another thread does; fails only by the test's own timeout. */
  private static void awaitTrue(java.util.function.BooleanSupplier condition)
      throws InterruptedException {
    while (!condition.getAsBoolean()) {
      TimeUnit.MILLISECONDS.sleep(1);
    }
  }
}
