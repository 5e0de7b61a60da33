package io.plexspaces.engine;

import static io.plexspaces.engine.TestApps.APP;
import static io.plexspaces.engine.TestApps.actor;
import static io.plexspaces.engine.TestApps.app;
import static io.plexspaces.engine.TestApps.child;
import static io.plexspaces.engine.TestApps.context;
import static io.plexspaces.engine.TestApps.id;
import static io.plexspaces.engine.TestApps.idleAfter;
import static io.plexspaces.engine.TestApps.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.RequestContext;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.engine.ActorStatus.ActorState;
import io.plexspaces.engine.NativeModule.NativeActor;
import io.plexspaces.engine.NativeModule.NativeContext;
import io.plexspaces.engine.NativeModule.NativeStream;
import io.plexspaces.engine.plan.ActorPlan;
import io.plexspaces.engine.plan.ActorPlan.Overflow;
import io.plexspaces.engine.plan.Restart;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Streams, from whoever produces them to whoever reads them. */
@Timeout(60)
class StreamTest {
  private final MemoryBudget budget = new MemoryBudget(64 << 20);
  private final ActorEngine engine = ActorEngine.builder().workers(2).memoryBudget(budget).build();
  private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
  private final List<String> events = new CopyOnWriteArrayList<>();
  private final CountDownLatch gate = new CountDownLatch(1);
  private final CountDownLatch blocked = new CountDownLatch(1);

  @AfterEach
  void close() {
    gate.countDown();
    callers.shutdownNow();
    engine.close();
  }

  /** Yields 0, 1, ..; tells the test what it does. */
  final class Source implements NativeActor {
    private long handled;

    @Override
    public Payload handle(NativeContext c, String op, Payload p) {
      return switch (op) {
        case "add" -> json(Long.toString(++handled));
        case "note" -> {
          events.add("noted " + p.text());
          yield Payload.NULL;
        }
        case "crash" -> throw new IllegalStateException("boom");
        case "read" -> read(c, p);
        case "readSelf" -> read(c, json("{\"target\":\"src\",\"limit\":1}"));
        case "leave" -> new Reader(c, "src", "numbersStream", json("{\"n\":1000000}")).first();
        default -> throw new AssertionError(op);
      };
    }

    private static Payload read(NativeContext c, Payload p) {
      Value.Obj o = (Value.Obj) p.value();
      Reader r =
          new Reader(
              c,
              o.string("target", ""),
              o.string("op", "numbersStream"),
              Payload.json(o.object("payload")));
      List<Value> all = new ArrayList<>();
      while (all.size() < o.integer("limit", 1000)) {
        Optional<Payload> v = r.next(c);
        if (v.isEmpty()) {
          break;
        }
        all.add(v.get().value());
      }
      r.close(c);
      return Payload.json(new Value.Arr(all));
    }

    @Override
    public NativeStream stream(NativeContext c, String op, Payload p) {
      Value.Obj o = (Value.Obj) p.value();
      if (op.equals("doubledStream")) {
        Reader inner = new Reader(c, "src", "numbersStream", p);
        return inner::next; // who closes it is the end of this stream
      }
      return new Numbers(o);
    }

    private final class Numbers implements NativeStream {
      private final Value.Obj o;
      private long i;

      Numbers(Value.Obj o) {
        this.o = o;
      }

      @Override
      public Optional<Payload> next(NativeContext c) {
        if (i == o.integer("ask_at", -1)) {
          return Optional.of(c.ask(o.string("ask", ""), "add", Payload.EMPTY_OBJECT, 5000));
        }
        if (i == o.integer("block_at", -1)) {
          blocked.countDown();
          await(gate);
        }
        if (i == o.integer("refuse_at", -1)) {
          throw NativeModule.refuse(ErrorCode.FAILED_PRECONDITION, "no more of it");
        }
        if (i == o.integer("crash_at", -1)) {
          throw new IllegalStateException("boom");
        }
        if (i == o.integer("n", 3)) {
          events.add("ended");
          return Optional.empty();
        }
        events.add("yields " + i);
        long size = o.integer("size", 0);
        String v = Long.toString(i++);
        return Optional.of(json(size == 0 ? v : "\"" + "x".repeat((int) size) + "\""));
      }

      @Override
      public void close(NativeContext c) {
        events.add("closed at " + i);
        if (o.bool("note", false)) {
          c.send("sink", "note", json("\"bye\""));
        }
      }
    }
  }

  /** The host operations as an SDK wraps them. */
  static final class Reader {
    private final NativeContext opener;
    private final String stream;

    Reader(NativeContext c, String target, String op, Payload p) {
      opener = c;
      Frame f =
          c.call(
              "ask_stream",
              Frame.of(Value.Obj.builder().put("target", target).put("op", op).build(), p.bytes()));
      stream = Payload.json(f.body()).value() instanceof Value.Str s ? s.value() : "";
    }

    private Frame header() {
      return Frame.of(Value.Obj.builder().put("stream", stream).build());
    }

    Payload first() {
      return next(opener).orElseThrow();
    }

    Optional<Payload> next(NativeContext c) {
      Frame f = c.call("stream_next", header());
      return f.headerObject().bool("more", false)
          ? Optional.of(Payload.json(f.body()))
          : Optional.empty();
    }

    void close(NativeContext c) {
      var _ = c.call("stream_close", header());
    }
  }

  private NativeModule module() {
    return NativeModule.builder()
        .type(
            "a",
            Source::new,
            "add",
            "note",
            "crash",
            "read",
            "readSelf",
            "leave",
            "numbersStream",
            "getNumbersStream",
            "doubledStream")
        .build();
  }

  private void startApp() {
    startApp(actor());
  }

  private void startApp(ActorPlan source) {
    engine.start(
        app(
            List.of(
                child("src", "a", source),
                child("sink", "a", actor()),
                child("reader", "a", actor()))),
        module());
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void awaitTrue(BooleanSupplier condition) throws InterruptedException {
    while (!condition.getAsBoolean()) {
      TimeUnit.MILLISECONDS.sleep(1);
    }
  }

  private static long soon() {
    return System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
  }

  private ValueStream open(String op, String payload) {
    return engine.stream(context(), id("a/src"), op, json(payload));
  }

  private ValueStream open(String payload) {
    return open("numbersStream", payload);
  }

  private static List<String> rest(ValueStream s) {
    List<String> all = new ArrayList<>();
    for (Optional<Payload> v = s.next(soon()); v.isPresent(); v = s.next(soon())) {
      all.add(v.get().text());
    }
    return all;
  }

  private Payload ask(String key, String op, String payload) {
    return engine.ask(context(), id("a/" + key), op, json(payload), null);
  }

  @Test
  void valuesComeInOrderAndThenTheEnd() {
    startApp();
    try (ValueStream s = open("{\"n\":100}")) {
      assertThat(rest(s)).hasSize(100).startsWith("0", "1", "2").endsWith("99");
      assertThat(s.next(soon())).isEmpty();
    }
    try (ValueStream none = open("{\"n\":0}")) {
      assertThat(rest(none)).isEmpty();
    }
    try (ValueStream query = open("getNumbersStream", "{}")) {
      assertThat(rest(query)).containsExactly("0", "1", "2");
    }
    // 100 values and their end, one end, 3 values and their end
    assertThat(engine.status(id("a/src")).orElseThrow().turns()).isEqualTo(101 + 1 + 4);
  }

  @Test
  void aProducerRestsWhenNobodyTakesItsValuesAndHandlesOtherMessages() throws Exception {
    startApp();
    try (ValueStream s = open("{\"n\":1000}")) {
      awaitTrue(() -> events.size() == StreamPipe.MAX_VALUES);
      assertThat(ask("src", "add", "{}").text()).isEqualTo("1");
      assertThat(events).hasSize(StreamPipe.MAX_VALUES);
      var _ = s.next(soon());
      awaitTrue(() -> events.size() == StreamPipe.MAX_VALUES + 1);
      assertThat(ask("src", "add", "{}").text()).isEqualTo("2");
      assertThat(events).hasSize(StreamPipe.MAX_VALUES + 1);
    }
  }

  @Test
  void largeValuesAreBoundedByTheirBytesAndLeaveTheBudget() throws Exception {
    startApp();
    try (ValueStream s = open("{\"n\":1000,\"size\":200000}")) {
      awaitTrue(() -> events.size() == 2);
      assertThat(ask("src", "add", "{}").text()).isEqualTo("1");
      assertThat(events).hasSize(2);
      assertThat(budget.used()).isBetween(400_000L, 400_100L);
      assertThat(s.next(soon()).orElseThrow().size()).isEqualTo(200_002);
    }
    awaitTrue(() -> events.getLast().startsWith("closed"));
    awaitTrue(() -> budget.used() == 0);
  }

  @Test
  void aValueThatTheMemoryHasNoRoomForEndsTheStream() {
    startApp();
    budget.charge((64 << 20) - 1000);
    try (ValueStream s = open("{\"n\":1,\"size\":5000}")) {
      assertThatThrownBy(() -> s.next(soon()))
          .isInstanceOfSatisfying(
              HostException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED));
    } finally {
      budget.release((64 << 20) - 1000);
    }
  }

  @Test
  void streamsAndMessagesTakeNoPlaceFromEachOther() throws Exception {
    startApp(actor(Restart.PERMANENT, 1, Overflow.REJECT));
    ValueStream one = open("{\"n\":50}");
    assertThat(one.next(soon())).isPresent();
    awaitTrue(() -> events.size() == StreamPipe.MAX_VALUES + 1); // it rests
    ValueStream two = open("{\"n\":50,\"block_at\":1}");
    assertThat(two.next(soon())).isPresent();
    await(blocked);
    assertThat(one.next(soon())).isPresent(); // queues a turn of the first
    Future<Payload> asked = callers.submit(() -> ask("src", "add", "{}"));
    awaitTrue(() -> engine.status(id("a/src")).orElseThrow().mailboxDepth() == 2);
    assertThatThrownBy(() -> ask("src", "add", "{}")).hasMessageContaining("is full (1 messages)");
    gate.countDown();
    assertThat(asked.get().text()).isEqualTo("1");
    assertThat(rest(one)).hasSize(48);
    assertThat(rest(two)).hasSize(49);
  }

  @Test
  void aStreamIsNotPushedOutOfAFullMailbox() throws Exception {
    startApp(actor(Restart.PERMANENT, 1, Overflow.DROP_OLDEST));
    ValueStream one = open("{\"n\":50}");
    assertThat(one.next(soon())).isPresent();
    awaitTrue(() -> events.size() == StreamPipe.MAX_VALUES + 1); // it rests
    ValueStream two = open("{\"n\":50,\"block_at\":1}");
    assertThat(two.next(soon())).isPresent();
    await(blocked);
    assertThat(one.next(soon())).isPresent(); // queues a turn of the first
    for (int i = 0; i < 100; i++) {
      var _ = engine.send(context(), id("a/src"), "add", json("{}"), null);
    }
    assertThat(engine.status(id("a/src")).orElseThrow().mailboxDepth()).isEqualTo(2);
    gate.countDown();
    assertThat(rest(one)).hasSize(48);
    assertThat(rest(two)).hasSize(49);
    assertThat(ask("src", "add", "{}").text()).isEqualTo("2"); // 99 were pushed out
  }

  @Test
  void closingRunsTheCleanupAsATurnWhoseEffectsHappen() throws Exception {
    startApp();
    ValueStream s = open("{\"n\":1000,\"note\":true}");
    assertThat(s.next(soon())).isPresent();
    s.close();
    awaitTrue(() -> events.contains("noted \"bye\""));
    assertThatThrownBy(() -> s.next(soon())).hasMessageContaining("was closed");
    assertThat(events.stream().filter(e -> e.startsWith("closed"))).hasSize(1);
    int before = events.size();
    s.close();
    assertThat(ask("src", "add", "{}").text()).isEqualTo("1");
    assertThat(events).hasSize(before);
  }

  @Test
  void closingEndsAReadThatWaits() throws Exception {
    startApp();
    ValueStream s = open("{\"block_at\":0}");
    Future<Optional<Payload>> waiting = callers.submit(() -> s.next(soon()));
    s.close();
    assertThatThrownBy(waiting::get).hasMessageContaining("was closed");
    gate.countDown();
  }

  @Test
  void aReaderMayLookAgainAfterItsTimeWasOver() {
    startApp();
    try (ValueStream s = open("{\"block_at\":1}")) {
      assertThat(s.next(soon()).orElseThrow().text()).isEqualTo("0");
      assertThat(s.ready(System.nanoTime())).isFalse();
      assertThatThrownBy(() -> s.next(System.nanoTime()))
          .isInstanceOfSatisfying(
              HostException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED));
      gate.countDown();
      assertThat(rest(s)).containsExactly("1", "2");
    }
  }

  @Test
  void aRefusalComesAfterTheValuesBeforeItAndTheActorLivesOn() {
    startApp();
    try (ValueStream s = open("{\"n\":9,\"refuse_at\":2}")) {
      assertThat(s.next(soon())).isPresent();
      assertThat(s.next(soon())).isPresent();
      assertThatThrownBy(() -> s.next(soon()))
          .isInstanceOfSatisfying(
              HostException.class,
              e -> {
                assertThat(e.error().business()).isTrue();
                assertThat(e).hasMessage("no more of it");
              });
    }
    assertThat(engine.status(id("a/src")).orElseThrow().restarts()).isZero();
  }

  @Test
  void aCrashEndsItsStreamWithItsErrorAndTheOthersWithUnavailable() throws Exception {
    startApp();
    ValueStream other = open("{\"n\":100000}");
    assertThat(other.next(soon())).isPresent();
    try (ValueStream s = open("{\"crash_at\":1}")) {
      assertThat(s.next(soon())).isPresent();
      assertThatThrownBy(() -> s.next(soon()))
          .isInstanceOfSatisfying(
              HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL))
          .hasMessageContaining("boom");
    }
    assertThatThrownBy(() -> rest(other))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE))
        .hasMessageContaining("boom");
    awaitTrue(() -> engine.status(id("a/src")).orElseThrow().state() == ActorState.RUNNING);
    try (ValueStream s = open("{}")) {
      assertThat(rest(s)).hasSize(3);
    }
  }

  @Test
  void askAndSendOfAStreamAndAStreamOfAnotherOperationAreRefused() {
    startApp();
    assertThatThrownBy(() -> ask("src", "numbersStream", "{}"))
        .hasMessageContaining("open it with ask_stream, or with .../stream/numbersStream");
    assertThatThrownBy(() -> engine.send(context(), id("a/src"), "numbersStream", json("{}"), null))
        .hasMessageContaining("ask_stream");
    try (ValueStream s = open("add", "{}")) {
      assertThatThrownBy(() -> s.next(soon()))
          .isInstanceOfSatisfying(
              HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT))
          .hasMessageContaining("is no stream: use ask");
    }
    try (ValueStream s = open("nope", "{}")) {
      assertThatThrownBy(() -> s.next(soon())).hasMessageContaining("no operation \"nope\"");
    }
  }

  @Test
  void anotherTenantAndAnUnknownActorHaveNoStreams() {
    startApp();
    assertThatThrownBy(
            () -> engine.stream(context("other", 1000), id("a/src"), "numbersStream", json("{}")))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND));
    assertThatThrownBy(() -> engine.stream(context(), id("a/nobody"), "numbersStream", json("{}")))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND));
  }

  @Test
  void stoppingTheAppCleansUpAndTellsTheReader() throws Exception {
    startApp();
    ValueStream s = open("{\"n\":1000,\"note\":true}");
    assertThat(s.next(soon())).isPresent();
    engine.stop(APP, Duration.ofSeconds(20));
    assertThatThrownBy(() -> rest(s))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE))
        .hasMessageContaining("being stopped");
    assertThat(events.stream().filter(e -> e.startsWith("closed"))).hasSize(1);
    s.close();
  }

  @Test
  void anActorThatIsReadIsNotPassivatedUntilItIsNotReadAnyMore() throws Exception {
    engine.start(
        app(APP, 5, List.of(), Map.of("a", idleAfter(Duration.ofMillis(1), false))), module());
    try (ValueStream s = open("{\"n\":1000}")) {
      assertThat(s.next(soon())).isPresent();
      engine.actors(APP); // it is there, and what the timer does now changes nothing:
      ActorCell cell = engine.cellInMemory(id("a/src"));
      assertThat(cell).isNotNull();
      if (cell != null) {
        cell.command(new ActorCell.Command.Passivate());
        awaitTrue(cell::isQuiescent);
        assertThat(cell.mayPassivate()).isFalse();
      }
      assertThat(s.next(soon()).orElseThrow().text()).isEqualTo("1");
    }
    awaitTrue(() -> engine.actors(APP).isEmpty());
    assertThat(events.stream().filter(e -> e.startsWith("closed"))).hasSize(1);
  }

  @Test
  void openStreamsOfAnActorAreBounded() {
    startApp();
    List<ValueStream> all = new ArrayList<>();
    for (int i = 0; i < StreamTurns.MAX_PER_ACTOR; i++) {
      ValueStream s = open("{\"n\":100000}");
      assertThat(s.next(soon())).isPresent();
      all.add(s);
    }
    try (ValueStream s = open("{}")) {
      assertThatThrownBy(() -> s.next(soon()))
          .isInstanceOfSatisfying(
              HostException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED))
          .hasMessageContaining("1000 open streams");
    }
    all.forEach(ValueStream::close);
    assertThat(ask("src", "add", "{}").text()).isEqualTo("1"); // behind the 1000 closing turns
    try (ValueStream s = open("{}")) {
      assertThat(rest(s)).hasSize(3);
    }
  }

  @Test
  void anActorReadsAnothersStream() {
    startApp();
    assertThat(ask("reader", "read", "{\"target\":\"src\"}").text()).isEqualTo("[0,1,2]");
    assertThat(
            ask("reader", "read", "{\"target\":\"src\",\"limit\":2,\"payload\":{\"n\":999}}")
                .text())
        .isEqualTo("[0,1]");
    assertThatThrownBy(
            () -> ask("reader", "read", "{\"target\":\"src\",\"payload\":{\"refuse_at\":1}}"))
        .hasMessageContaining("no more of it");
  }

  @Test
  void aStreamThatATurnLeavesOpenEndsWithTheTurn() throws Exception {
    startApp();
    assertThat(ask("reader", "leave", "{}").text()).isEqualTo("0");
    awaitTrue(() -> events.getLast().startsWith("closed"));
  }

  @Test
  void aStreamInsideAStreamLivesAsLongAsIt() throws Exception {
    startApp();
    try (ValueStream s =
        engine.stream(context(), id("a/reader"), "doubledStream", json("{\"n\":50}"))) {
      assertThat(rest(s)).hasSize(50).startsWith("0", "1");
    }
    assertThat(events).contains("ended");
    try (ValueStream s =
        engine.stream(context(), id("a/reader"), "doubledStream", json("{\"n\":999}"))) {
      assertThat(s.next(soon())).isPresent();
    }
    awaitTrue(() -> events.getLast().startsWith("closed"));
  }

  @Test
  void actorsThatWouldWaitForEachOtherThroughAStreamAreRefused() {
    startApp();
    assertThatThrownBy(() -> ask("src", "readSelf", "{}"))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ABORTED))
        .hasMessageContaining("app/a/src -> app/a/src");
    assertThatThrownBy(() ->
            ask(
                "reader",
                "read",
                "{\"target\":\"src\",\"payload\":{\"ask_at\":1,\"ask\":\"reader\"}}"))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ABORTED))
        .hasMessageContaining("would wait for each other");
  }

  @Test
  void twoReadersEachGetAllOfTheirOwn() throws Exception {
    startApp();
    Future<List<String>> one = callers.submit(() -> rest(open("{\"n\":200}")));
    Future<List<String>> two = callers.submit(() -> rest(open("{\"n\":200}")));
    assertThat(one.get()).hasSize(200).isEqualTo(two.get());
  }

  @Test
  void aKilledReaderOrProducerLeavesNobodyWaiting() throws Exception {
    startApp();
    Future<Payload> reading =
        callers.submit(
            () -> ask("reader", "read", "{\"target\":\"src\",\"payload\":{\"block_at\":1}}"));
    awaitTrue(() -> events.contains("yields 0"));
    ActorCell reader = engine.cellInMemory(id("a/reader"));
    assertThat(reader).isNotNull();
    if (reader != null) {
      awaitTrue(() -> reader.waitsFor.length > 0);
      reader.kill("test");
    }
    assertThatThrownBy(reading::get).hasMessageContaining("killed");
    gate.countDown();
    awaitTrue(() -> events.getLast().startsWith("closed"));
    try (ValueStream s = open("{\"n\":1000}")) {
      assertThat(s.next(soon())).isPresent();
      ActorCell source = engine.cellInMemory(id("a/src"));
      if (source != null) {
        source.kill("test");
      }
      assertThatThrownBy(() -> rest(s))
          .isInstanceOfSatisfying(
              HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
    }
  }

  @Test
  void aStreamWhoseDeadlinePassedInTheMailboxNeverBegins() throws Exception {
    startApp();
    ValueStream first = open("{\"block_at\":0}");
    RequestContext past = context().withDeadline(System.nanoTime());
    ValueStream s = engine.stream(past, id("a/src"), "numbersStream", json("{\"n\":1}"));
    gate.countDown();
    assertThatThrownBy(() -> s.next(soon()))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED));
    assertThat(rest(first)).hasSize(3);
    assertThat(events).containsExactly("yields 0", "yields 1", "yields 2", "ended");
  }
}
