package io.plexspaces.engine;

import static io.plexspaces.engine.TestApps.actor;
import static io.plexspaces.engine.TestApps.app;
import static io.plexspaces.engine.TestApps.child;
import static io.plexspaces.engine.TestApps.context;
import static io.plexspaces.engine.TestApps.id;
import static io.plexspaces.engine.TestApps.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.GuestHost;
import io.plexspaces.api.guest.GuestInstance;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.GuestOp;
import io.plexspaces.api.guest.GuestReply;
import io.plexspaces.api.guest.GuestTrap;
import io.plexspaces.api.guest.ModuleDescription;
import io.plexspaces.api.guest.ModuleDescription.ActorType;
import io.plexspaces.api.guest.ModuleDescription.Kind;
import io.plexspaces.api.guest.ModuleDescription.Operation;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Streams of a guest whose memory can be rolled back, as that of a WASM guest can. */
@Timeout(60)
class StreamRollbackTest {
  private final ActorEngine engine = ActorEngine.builder().workers(2).build();

  /** How a stream's second step ends. */
  private static final Map<String, Integer> ENDS =
      Map.of("refuse", 1, "trap", 2, "limit", 3, "garbage", 4, "never", 5);

  /** What the guest was told about its memory; whoever reads it has had a later answer. */
  private final Queue<String> marks = new ConcurrentLinkedQueue<>();

  /** Counts its values; its cleanup adds 1000. */
  private final class Guest implements GuestInstance {
    private long count;
    private Map<String, Long> streams = new HashMap<>();
    private Map<String, Long> markedStreams = Map.of();
    private long marked;

    @Override
    public GuestReply call(GuestOp op, Frame input, GuestHost host) {
      Value.Obj h = input.headerObject();
      String id = h.string("id", "");
      return switch (op) {
        case HANDLE -> {
          if (h.string("op", "").equals("count")) {
            yield GuestReply.ok(
                Frame.ofBody(
                    Long.toString(count).getBytes(java.nio.charset.StandardCharsets.US_ASCII)));
          }
          assertThat(h.bool("stream", false)).isTrue();
          Value.Obj p = (Value.Obj) Payload.json(input.body()).value();
          int end = ENDS.getOrDefault(p.string("end", ""), 0);
          if (p.bool("at_once", false)) {
            count += 10;
            yield end(end, id);
          }
          streams.put(id, (long) end);
          yield value();
        }
        case RESUME_STREAM -> {
          Long end = streams.get(id);
          if (h.bool("close", false)) {
            count += streams.remove(id) == null ? 0 : 1000;
            yield more(false);
          }
          yield end == null ? more(false) : end == 5 ? value() : end(end.intValue(), id);
        }
        case SNAPSHOT ->
            GuestReply.ok(
                Frame.ofBody(
                    Payload.json(Value.Obj.builder().put("count", count).build()).bytes()));
        default -> GuestReply.ok(Frame.EMPTY);
      };
    }

    private GuestReply end(int end, String id) {
      count += 1000; // its finally block
      streams.remove(id);
      return switch (end) {
        case 1 ->
            GuestReply.failed(new HostError(ErrorCode.ABORTED, "refused", false, Value.NULL, true));
        case 2 -> throw new GuestTrap(HostError.of(ErrorCode.INTERNAL, "trapped"));
        case 3 -> throw new GuestTrap(HostError.of(ErrorCode.RESOURCE_EXHAUSTED, "no memory"));
        case 4 -> GuestReply.ok(Frame.ofBody(new byte[] {'1'}));
        default -> more(false);
      };
    }

    private GuestReply value() {
      return GuestReply.ok(
          Frame.of(
              Value.Obj.builder().put("more", true).build(),
              Payload.json(new Value.Int(++count)).bytes()));
    }

    private static GuestReply more(boolean more) {
      return GuestReply.ok(Frame.of(Value.Obj.builder().put("more", more).build()));
    }

    @Override
    public void mark() {
      marks.add("mark");
      marked = count;
      markedStreams = new HashMap<>(streams);
    }

    @Override
    public void forgetMark() {
      marks.add("forget");
    }

    @Override
    public void rollBack() {
      marks.add("back");
      count = marked;
      streams = new HashMap<>(markedStreams);
    }

    @Override
    public boolean canRollBack() {
      return true;
    }

    @Override
    public void requestSafepoint() {}

    @Override
    public long memoryBytes() {
      return 0;
    }

    @Override
    public void close() {}
  }

  private final class Module implements GuestModule {
    @Override
    public String digest() {
      return "sha256:test";
    }

    @Override
    public ModuleDescription description() {
      Operation count = new Operation("count", Kind.QUERY);
      Operation values = new Operation("values", Kind.CALL, true, null, null, "");
      Operation look = new Operation("look", Kind.QUERY, true, null, null, "");
      return new ModuleDescription(
          "test",
          Map.of(
              "a",
              new ActorType(
                  "a", "GenServer", Map.of("count", count, "values", values, "look", look))));
    }

    @Override
    public GuestInstance spawn(String type, byte[] seed) {
      return new Guest();
    }

    @Override
    public void close() {}
  }

  @BeforeEach
  void start() {
    engine.start(app(List.of(child("a", "a", actor()))), new Module());
  }

  @AfterEach
  void close() {
    engine.close();
  }

  private ValueStream open(String op, String payload) {
    return engine.stream(context(), id("a/a"), op, json(payload));
  }

  private String count() {
    return engine.ask(context(), id("a/a"), "count", Payload.EMPTY_OBJECT, null).text();
  }

  @Test
  void aGuestThatRestsIsToldToForgetItsMark() {
    var _ = count();
    var _ = count();
    assertThat(marks).startsWith("mark", "back", "forget", "mark", "back");
  }

  private void awaitCount(String expected) throws InterruptedException {
    while (!count().equals(expected)) {
      TimeUnit.MILLISECONDS.sleep(1);
    }
  }

  private static long soon() {
    return System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
  }

  private static HostException failureOf(ValueStream s) {
    try {
      while (s.next(soon()).isPresent()) {}
    } catch (HostException e) {
      return e;
    }
    throw new AssertionError("the stream ended well");
  }

  @Test
  void aRefusedStepIsUndoneAndItsCleanupHappensOnceInATurnOfItsOwn() throws Exception {
    try (ValueStream s = open("values", "{\"end\":\"refuse\"}")) {
      assertThat(failureOf(s)).hasMessage("refused");
      awaitCount("1001"); // the closing turn is queued right after the error was told
    }
    assertThat(count()).isEqualTo("1001");
    assertThat(engine.status(id("a/a")).orElseThrow().restarts()).isZero();
  }

  @Test
  void aValueThatIsStillBeingCommittedComesBeforeTheErrorOfTheNextStep() throws Exception {
    MemoryJournals journals = new MemoryJournals();
    try (ActorEngine durable = ActorEngine.builder().workers(2).journals(journals).build()) {
      durable.start(app(List.of(child("a", "a", TestApps.durable()))), new Module());
      journals.hold();
      ValueStream s = durable.stream(context(), id("a/a"), "values", json("{\"end\":\"refuse\"}"));
      // The value, and the turn that closed the generator after the refusal.
      while (journals.waitingCommits() < 2) {
        TimeUnit.MILLISECONDS.sleep(1);
      }
      journals.release();
      assertThat(s.next(soon()).orElseThrow().text()).isEqualTo("1");
      assertThat(failureOf(s)).hasMessage("refused");
      s.close();
    }
  }

  @Test
  void aStepThatALimitEndsIsUndoneLikewise() throws Exception {
    try (ValueStream s = open("values", "{\"end\":\"limit\"}")) {
      assertThat(failureOf(s).code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
      awaitCount("1001");
    }
  }

  @Test
  void aStreamThatIsRefusedAtOnceLeavesNothing() {
    try (ValueStream s = open("values", "{\"end\":\"refuse\",\"at_once\":true}")) {
      assertThat(failureOf(s)).hasMessage("refused");
      assertThat(count()).isEqualTo("0");
    }
  }

  @Test
  void aTrapLosesTheMemoryAndTheStreamWithIt() {
    try (ValueStream s = open("values", "{\"end\":\"trap\"}")) {
      assertThat(failureOf(s)).hasMessageContaining("trapped");
      assertThat(count()).isEqualTo("0");
    }
    assertThat(engine.status(id("a/a")).orElseThrow().restarts()).isEqualTo(1);
  }

  @Test
  void anAnswerThatDoesNotSayWhetherThereIsMoreIsACrash() {
    try (ValueStream s = open("values", "{\"end\":\"garbage\"}")) {
      assertThat(failureOf(s))
          .hasMessageContaining("does not say whether its stream goes on (\"more\")");
    }
  }

  @Test
  void aQuerysGeneratorLivesOnBetweenItsValuesAndOtherQueries() {
    try (ValueStream s = open("look", "{\"end\":\"never\"}")) {
      for (int i = 1; i <= 40; i++) {
        assertThat(s.next(soon()).orElseThrow().text()).isEqualTo(Integer.toString(i));
        var _ = count(); // rolls its own turn back, and nothing of the stream
      }
    }
    assertThatThrownBy(() -> open("count", "{}").next(soon())).hasMessageContaining("use ask");
  }
}
