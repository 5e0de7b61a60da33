package io.plexspaces.wasm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.GuestInstance;
import io.plexspaces.api.guest.GuestLimits;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.GuestOp;
import io.plexspaces.api.guest.GuestReply;
import io.plexspaces.api.guest.GuestTrap;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.api.guest.ModuleDescription.Kind;
import io.plexspaces.api.guest.TurnStopped;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The Go SDK on the engine, with the conformance probe. */
@Timeout(300)
class GoGuestTest {
  private static final ModuleCompiler COMPILER = new ModuleCompiler(null);
  private static GuestModule module;

  private final TestHost host = new TestHost();

  @BeforeAll
  static void load() throws Exception {
    module =
        new WasmEngine(COMPILER, MemoryBudget.unlimited())
            .load(GoProbe.module(), GuestLimits.DEFAULT);
  }

  @AfterAll
  static void unload() {
    if (module != null) {
      module.close();
    }
  }

  private static Frame frame(String header, String body) {
    return new Frame(
        header.getBytes(StandardCharsets.UTF_8), body.getBytes(StandardCharsets.UTF_8));
  }

  private static Frame handle(String op, String payload) {
    return frame("{\"op\":\"" + op + "\",\"kind\":\"call\",\"id\":\"m\",\"from\":null}", payload);
  }

  private GuestInstance probe(int seed) {
    return probe(module, seed);
  }

  private GuestInstance probe(GuestModule module, int seed) {
    // Go's collector takes its time by the clock.
    host.ticking = true;
    byte[] s = new byte[32];
    s[0] = (byte) seed;
    GuestInstance i = module.spawn("probe", s);
    GuestReply r =
        i.call(GuestOp.INIT, frame("{\"type\":\"probe\",\"actor_id\":\"a/probe/k\"}", "{}"), host);
    assertThat(r.error()).isNull();
    return i;
  }

  private String body(GuestInstance i, String op, String payload) {
    GuestReply r = i.call(GuestOp.HANDLE, handle(op, payload), host);
    assertThat(r.error()).as(op).isNull();
    return new String(r.frame().body(), StandardCharsets.UTF_8);
  }

  private HostError error(GuestInstance i, String op, String payload) {
    return Objects.requireNonNull(i.call(GuestOp.HANDLE, handle(op, payload), host).error());
  }

  @Test
  void itDescribesItselfWithSchemas() {
    var type = Objects.requireNonNull(module.description().type("probe"));
    assertThat(Objects.requireNonNull(type.operation("get")).kind()).isEqualTo(Kind.QUERY);
    assertThat(Objects.requireNonNull(type.operation("remember")).kind()).isEqualTo(Kind.CAST);
    assertThat(Objects.requireNonNull(type.operation("stream")).stream()).isTrue();
    assertThat(Objects.requireNonNull(type.operation("echo")).input()).isNull();
    Value.Obj typed =
        Objects.requireNonNull(Objects.requireNonNull(type.operation("typed")).input());
    assertThat(typed)
        .isEqualTo(
            Json.read(
                """
                {"properties":{"age":{"type":"integer"},"name":{"type":"string"},
                 "nick":{"anyOf":[{"type":"string"},{"type":"null"}]},
                 "tags":{"default":[],"items":{"type":"string"},"type":"array"}},
                 "required":["name","age"],"type":"object"}\
                """));
  }

  @Test
  void payloadsComeThroughUnchanged() {
    GuestInstance i = probe(1);
    String json =
        "{\"a\":[1,-9223372036854775808,1.5,true,null,\"q\\\"ü😀\"],\"b\":{\"$bytes\":\"AP8=\"}}";
    assertThat(Json.read(body(i, "echo", json))).isEqualTo(Json.read(json));
    assertThat(body(i, "add", "{\"a\":9007199254740993,\"b\":2}")).isEqualTo("9007199254740995");
    assertThat(body(i, "measure", "{\"data\":{\"$bytes\":\"AAEC\"}}")).isEqualTo("3");
    String big = "\"" + "x".repeat(10 << 20) + "\"";
    assertThat(body(i, "echo", big)).isEqualTo(big);
  }

  @Test
  void errorsAreInTheCallersTerms() {
    GuestInstance i = probe(1);
    HostError e = error(i, "add", "{\"a\":\"x\",\"b\":2}");
    assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(e.business()).isTrue();
    assertThat(e.message()).contains("\"a\" must be an integer, not a string");
    e = error(i, "fail", "{\"how\":\"business\",\"code\":\"ABORTED\",\"message\":\"no\"}");
    assertThat(e.code()).isEqualTo(ErrorCode.ABORTED);
    assertThat(e.message()).isEqualTo("no");
    e = error(i, "fail", "{\"how\":\"crash\"}");
    assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL);
    assertThat(e.business()).isFalse();
    assertThat(e.message()).contains("nil pointer dereference");
    assertThat(((Value.Obj) e.details()).string("stack", ""))
        .contains("main.(*Probe).fail")
        .contains("probe.go:");
    e = error(i, "nan", "{}");
    assertThat(e.message()).contains("NaN cannot be written as JSON");
    assertThat(body(i, "add", "{\"a\":1,\"b\":2}")).isEqualTo("3");
  }

  @Test
  void stateIsSnapshotRestoredAndRolledBack() {
    GuestInstance i = probe(1);
    assertThat(body(i, "set", "{\"key\":\"k\",\"value\":[1,\"x\"]}")).isEqualTo("null");
    i.mark();
    assertThat(error(i, "set_and_fail", "{\"key\":\"k\",\"value\":2}").business()).isTrue();
    assertThat(body(i, "get", "{\"key\":\"k\"}")).isEqualTo("2");
    i.rollBack();
    assertThat(body(i, "get", "{\"key\":\"k\"}")).isEqualTo("[1,\"x\"]");
    Frame state = i.call(GuestOp.SNAPSHOT, Frame.EMPTY, host).frame();
    GuestInstance other = probe(2);
    assertThat(other.call(GuestOp.RESTORE, state, host).error()).isNull();
    assertThat(body(other, "get", "{\"key\":\"k\"}")).isEqualTo("[1,\"x\"]");
  }

  @Test
  void streamsGoOnTurnByTurnBesideEachOther() {
    GuestInstance i = probe(1);
    for (String id : List.of("s1", "s2")) {
      assertThat(stream(i, id, "{\"n\":3}")).isEqualTo("{\"i\":0}");
    }
    assertThat(resume(i, "s1", false)).isEqualTo("{\"i\":1}");
    assertThat(body(i, "add", "{\"a\":1,\"b\":2}")).isEqualTo("3");
    assertThat(resume(i, "s2", false)).isEqualTo("{\"i\":1}");
    assertThat(resume(i, "s1", false)).isEqualTo("{\"i\":2}");
    assertThat(resume(i, "s1", false)).isEmpty();
    assertThat(body(i, "get", "{\"key\":\"closed\"}")).isEqualTo("null");
    assertThat(resume(i, "s2", true)).isEmpty();
    assertThat(body(i, "get", "{\"key\":\"closed\"}")).isEqualTo("true");
    assertThat(resume(i, "gone", true)).isEmpty();
    GuestReply gone = i.call(GuestOp.RESUME_STREAM, frame("{\"id\":\"gone\"}", ""), host);
    assertThat(Objects.requireNonNull(gone.error()).code()).isEqualTo(ErrorCode.NOT_FOUND);
    assertThat(stream(i, "s3", "{\"n\":3,\"fail_at\":1}")).isEqualTo("{\"i\":0}");
    GuestReply r = i.call(GuestOp.RESUME_STREAM, frame("{\"id\":\"s3\"}", ""), host);
    assertThat(Objects.requireNonNull(r.error()).message()).isEqualTo("failed at 1");
  }

  private String stream(GuestInstance i, String id, String payload) {
    return value(
        i.call(
            GuestOp.HANDLE,
            frame(
                "{\"op\":\"stream\",\"kind\":\"call\",\"stream\":true,\"id\":\"" + id + "\"}",
                payload),
            host));
  }

  private String resume(GuestInstance i, String id, boolean close) {
    return value(
        i.call(
            GuestOp.RESUME_STREAM,
            frame("{\"id\":\"" + id + "\"" + (close ? ",\"close\":true" : "") + "}", ""),
            host));
  }

  /** Empty at the end of the stream. */
  private static String value(GuestReply r) {
    assertThat(r.error()).isNull();
    boolean more = Json.readObject(r.frame().header()).bool("more", false);
    String body = new String(r.frame().body(), StandardCharsets.UTF_8);
    assertThat(body.isEmpty()).isEqualTo(!more);
    return body;
  }

  @Test
  void noTwoActorsShareASequenceOfRandomNumbers() {
    String first = body(probe(1), "randoms", "{\"n\":100}");
    assertThat(body(probe(2), "randoms", "{\"n\":100}")).isNotEqualTo(first);
    // The numbers come from the actor's own seed.
    assertThat(body(probe(1), "randoms", "{\"n\":100}")).isEqualTo(first);
    List<Value> all = new ArrayList<>();
    for (int seed = 1; seed <= 20; seed++) {
      all.addAll(((Value.Arr) Json.read(body(probe(seed), "randoms", "{\"n\":100}"))).items());
    }
    assertThat(all).doesNotHaveDuplicates();
  }

  /** Go's generator gives four blocks of numbers, then it seeds itself from the last. */
  @ParameterizedTest
  @ValueSource(ints = {0, 31, 62, 93})
  void actorsDrawTheirOwnNumbersWhereverTheProgramStopped(int drawn) throws Exception {
    try (GuestModule m =
        new WasmEngine(COMPILER, MemoryBudget.unlimited())
            .load(GoProbe.build(drawn), GuestLimits.DEFAULT)) {
      List<Value> all = new ArrayList<>();
      for (int seed = 1; seed <= 3; seed++) {
        all.addAll(((Value.Arr) Json.read(body(probe(m, seed), "randoms", "{\"n\":200}"))).items());
      }
      assertThat(new HashSet<>(all)).as("different numbers").size().isEqualTo(all.size());
    }
  }

  @Test
  void clockAndOutputAreTheHosts() {
    GuestInstance i = probe(1);
    assertThat(body(i, "clock", "{}")).isEqualTo("1700000000000");
    host.operation = (op, request) -> Frame.EMPTY;
    assertThat(body(i, "print", "{\"text\":\"hello\"}")).isEqualTo("null");
    assertThat(host.logged).contains("2 hello");
  }

  @Test
  void aSleepingGoroutineWaitsInTheHost() {
    GuestInstance i = probe(1);
    List<String> calls = new ArrayList<>();
    host.operation =
        (op, request) -> {
          calls.add(op + new String(request.header(), StandardCharsets.UTF_8));
          host.nanos += Json.readObject(request.header()).integer("ms", 0) * 1_000_000;
          return Frame.EMPTY;
        };
    assertThat(stream(i, "s", "{\"n\":2,\"pause_ms\":50}")).isEqualTo("{\"i\":0}");
    assertThat(resume(i, "s", false)).isEqualTo("{\"i\":1}");
    assertThat(calls).hasSize(1);
    assertThat(calls.getFirst()).matches("sleep\\{\"ms\":(4\\d|50)\\}");
  }

  @Test
  void hostErrorsAreGoErrors() {
    host.operation =
        (op, request) -> {
          throw new HostException(ErrorCode.NOT_FOUND, "no " + op);
        };
    String caught =
        body(probe(1), "catch", "{\"operation\":\"ts_read\",\"args\":{\"pattern\":[1]}}");
    assertThat(Json.read(caught))
        .isEqualTo(
            Json.read("{\"code\":\"NOT_FOUND\",\"message\":\"no ts_read\",\"retryable\":false}"));
  }

  @Test
  void endlessRecursionIsACleanCrash() {
    GuestInstance i = probe(1);
    GuestTrap t =
        catchThrowableOfType(
            GuestTrap.class, () -> i.call(GuestOp.HANDLE, handle("recurse", "{}"), host));
    assertThat(t.error().code()).isEqualTo(ErrorCode.INTERNAL);
    assertThat(t.error().message()).contains("recursion is too deep");
  }

  @Test
  void endlessAllocationEndsAtTheMemoryCap() {
    GuestInstance i = probe(1);
    i.mark();
    GuestTrap t =
        catchThrowableOfType(
            GuestTrap.class, () -> i.call(GuestOp.HANDLE, handle("allocate", "{}"), host));
    assertThat(t.error().code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
    assertThat(t.error().message()).contains("out of memory");
    i.rollBack();
    assertThat(body(i, "add", "{\"a\":1,\"b\":2}")).isEqualTo("3");
  }

  @Test
  void anEndlessLoopIsStopped() throws Exception {
    GuestInstance i = probe(1);
    Thread stopper =
        Thread.ofPlatform()
            .start(() -> {
              while (host.atSafepoint.getCount() > 0) {
                i.requestSafepoint();
                Thread.onSpinWait();
              }
            });
    assertThat(
            catchThrowableOfType(
                TurnStopped.class, () -> i.call(GuestOp.HANDLE, handle("spin", "{}"), host)))
        .isNotNull();
    stopper.join();
  }
}
