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
import io.plexspaces.api.guest.ModuleDescription.Operation;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The Rust SDK's macro, schemas, streams and host calls, with the conformance probe. */
class RustProbeTest {
  private static final ModuleCompiler COMPILER = new ModuleCompiler(null);

  private static CompiledModule compiled;

  private final TestHost host = new TestHost();
  private GuestModule module;
  private GuestInstance probe;

  @BeforeAll
  static void compile() throws Exception {
    compiled = COMPILER.compile(RustCounter.probe());
  }

  @BeforeEach
  void start() throws Exception {
    module =
        new WasmEngine(COMPILER, MemoryBudget.unlimited())
            .load(RustCounter.probe(), GuestLimits.DEFAULT);
    assertThat(module.digest()).isEqualTo(compiled.digest());
    probe = spawn();
  }

  private GuestInstance spawn() {
    GuestInstance i = module.spawn("probe", new byte[32]);
    Frame init = frame("{\"type\":\"probe\",\"actor_id\":\"a/probe/k\"}", "{\"args\":{}}");
    assertThat(i.call(GuestOp.INIT, init, host).error()).isNull();
    return i;
  }

  private static Frame frame(String header, String body) {
    return new Frame(
        header.getBytes(StandardCharsets.UTF_8), body.getBytes(StandardCharsets.UTF_8));
  }

  private GuestReply ask(String op, String payload) {
    return probe.call(
        GuestOp.HANDLE,
        frame("{\"op\":\"" + op + "\",\"kind\":\"call\",\"id\":\"m\"}", payload),
        host);
  }

  private Value value(String op, String payload) {
    GuestReply r = ask(op, payload);
    assertThat(r.error()).isNull();
    return Json.read(r.frame().body());
  }

  private static HostError error(GuestReply r) {
    return Objects.requireNonNull(r.error());
  }

  private GuestReply begin(String id, String payload) {
    return probe.call(
        GuestOp.HANDLE,
        frame(
            "{\"op\":\"stream\",\"kind\":\"call\",\"stream\":true,\"id\":\"" + id + "\"}", payload),
        host);
  }

  private GuestReply resume(String id, boolean close) {
    return probe.call(
        GuestOp.RESUME_STREAM,
        frame("{\"id\":\"" + id + "\"" + (close ? ",\"close\":true}" : "}"), ""),
        host);
  }

  private static String streamed(GuestReply r) {
    assertThat(r.error()).isNull();
    String header = new String(r.frame().header(), StandardCharsets.UTF_8);
    return header + new String(r.frame().body(), StandardCharsets.UTF_8);
  }

  @Test
  void itDescribesKindsStreamsAndSchemas() {
    var type = Objects.requireNonNull(module.description().type("probe"));
    Operation typed = Objects.requireNonNull(type.operation("typed"));
    assertThat(typed.input())
        .isEqualTo(
            Json.read(
                """
                {"type":"object","properties":{
                  "name":{"type":"string"},"age":{"type":"integer"},
                  "tags":{"type":"array","items":{"type":"string"},"default":[]},
                  "nick":{"anyOf":[{"type":"string"},{"type":"null"}],"default":null}},
                 "required":["name","age"]}
                """));
    assertThat(Objects.requireNonNull(type.operation("stream")).stream()).isTrue();
    assertThat(Objects.requireNonNull(type.operation("echo")).input()).isNull();
    assertThat(Objects.requireNonNull(type.operation("echo")).doc()).contains("as it came");
    assertThat(module.description().sdk()).startsWith("rust/");
  }

  @Test
  void streamsGiveAValueATurnAndMixWithOtherMessages() {
    assertThat(streamed(begin("a", "{\"n\":2}"))).isEqualTo("{\"more\":true}{\"i\":0}");
    assertThat(streamed(begin("b", "{\"n\":3,\"fail_at\":1}")))
        .isEqualTo("{\"more\":true}{\"i\":0}");
    assertThat(value("add", "{\"a\":1,\"b\":2}")).isEqualTo(new Value.Int(3));
    assertThat(streamed(resume("a", false))).isEqualTo("{\"more\":true}{\"i\":1}");
    HostError failed = error(resume("b", false));
    assertThat(failed.code()).isEqualTo(ErrorCode.FAILED_PRECONDITION);
    assertThat(failed.message()).isEqualTo("failed at 1");
    assertThat(failed.business()).isTrue();
    assertThat(error(resume("b", false)).code()).isEqualTo(ErrorCode.NOT_FOUND);
    assertThat(streamed(resume("a", false))).isEqualTo("{\"more\":false}");
    assertThat(streamed(begin("c", "{\"n\":0}"))).isEqualTo("{\"more\":false}");
    assertThat(value("get", "{\"key\":\"closed\"}")).isEqualTo(Value.NULL);
  }

  @Test
  void closingAStreamRunsItsCleanUpOnce() {
    assertThat(streamed(begin("a", "{\"n\":9}"))).startsWith("{\"more\":true}");
    assertThat(streamed(resume("a", true))).isEqualTo("{\"more\":false}");
    assertThat(value("get", "{\"key\":\"closed\"}")).isEqualTo(new Value.Bool(true));
    assertThat(streamed(resume("a", true))).isEqualTo("{\"more\":false}");
    assertThat(streamed(resume("never", true))).isEqualTo("{\"more\":false}");
  }

  @Test
  void argumentsAreBoundOrRefusedByName() {
    assertThat(value("typed", "{\"name\":\"ann\",\"age\":7.0,\"x\":1}"))
        .isEqualTo(Json.read("{\"name\":\"ann\",\"age\":7,\"tags\":[],\"nick\":null}"));
    for (String bad :
        List.of(
            "{\"name\":\"ann\"}",
            "{\"name\":\"ann\",\"age\":\"7\"}",
            "{\"name\":\"a\",\"age\":1.5}")) {
      HostError e = error(ask("typed", bad));
      assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
      assertThat(e.business()).isTrue();
      assertThat(e.message()).contains("\"age\"");
    }
    assertThat(value("add", "{\"a\":9007199254740992,\"b\":1}"))
        .isEqualTo(new Value.Int(9007199254740993L));
  }

  @Test
  void errorsHaveTheirKindAndPanicsTheirPlace() {
    HostError system = error(ask("fail", "{\"how\":\"system\",\"message\":\"disk\"}"));
    assertThat(system.business()).isFalse();
    assertThat(system.retryable()).isFalse();
    HostError recoverable = error(ask("fail", "{\"how\":\"recoverable\"}"));
    assertThat(recoverable.code()).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(recoverable.retryable()).isTrue();
    GuestTrap t =
        catchThrowableOfType(
            GuestTrap.class, () -> ask("fail", "{\"how\":\"crash\",\"message\":\"boom\"}"));
    assertThat(t.error().message()).contains("boom").containsPattern("src/lib\\.rs:\\d+");
    assertThat(error(spawnAndAsk("nan")).message()).contains("NaN");
  }

  private GuestReply spawnAndAsk(String op) {
    probe = spawn();
    return ask(op, "{}");
  }

  @Test
  void declaredStateIsSnapshotAndRestored() {
    assertThat(value("set", "{\"key\":\"k\",\"value\":[1,\"\u00e9\"]}")).isEqualTo(Value.NULL);
    assertThat(value("remember", "{\"value\":7}")).isEqualTo(Value.NULL);
    Frame state = probe.call(GuestOp.SNAPSHOT, Frame.EMPTY, host).frame();
    assertThat(Json.read(state.body()))
        .isEqualTo(Json.read("{\"data\":{\"k\":[1,\"\u00e9\"]},\"remembered\":[7]}"));
    probe = spawn();
    assertThat(probe.call(GuestOp.RESTORE, state, host).error()).isNull();
    assertThat(value("remembered", "{}")).isEqualTo(Json.read("[7]"));
    HostError e = error(probe.call(GuestOp.RESTORE, frame("", "{\"remembered\":7}"), host));
    assertThat(e.message()).contains("stored state").contains("\"remembered\"");
  }

  @Test
  void opaquePayloadsAndDeepValuesComeBackUnchanged() {
    byte[] bytes = {(byte) 0xff, 0, '{'};
    Frame request =
        new Frame(
            "{\"op\":\"echo\",\"id\":\"m\",\"content_type\":\"image/png\"}"
                .getBytes(StandardCharsets.UTF_8),
            bytes);
    Frame reply = probe.call(GuestOp.HANDLE, request, host).frame();
    assertThat(reply.body()).isEqualTo(bytes);
    assertThat(new String(reply.header(), StandardCharsets.UTF_8))
        .isEqualTo("{\"content_type\":\"image/png\"}");
    String deep = "[".repeat(499) + "]".repeat(499);
    assertThat(value("echo", deep)).isEqualTo(Json.read(deep));
    assertThat(error(ask("nested", "{\"depth\":2000}")).message()).contains("nested deeper");
    assertThat(value("measure", "{\"data\":{\"$bytes\":\"AP8=\"}}")).isEqualTo(new Value.Int(2));
  }

  @Test
  void hostCallsGoOutAndTheirErrorsComeBack() {
    List<String> calls = new ArrayList<>();
    host.operation =
        (op, request) -> {
          calls.add(op + new String(request.header(), StandardCharsets.UTF_8));
          return switch (op) {
            case "ask_stream" -> frame("", "\"s1\"");
            case "stream_next" -> frame("{\"more\":true}", "1");
            case "stream_close" -> frame("", "null");
            default -> throw new HostException(ErrorCode.UNIMPLEMENTED, "the host operation " + op);
          };
        };
    assertThat(value("collect", "{\"target\":\"t\",\"op\":\"o\",\"limit\":2}"))
        .isEqualTo(Json.read("[1,1]"));
    assertThat(calls)
        .containsExactly(
            "ask_stream{\"target\":\"t\",\"op\":\"o\"}",
            "stream_next{\"stream\":\"s1\"}",
            "stream_next{\"stream\":\"s1\"}",
            "stream_close{\"stream\":\"s1\"}");
    assertThat(value("catch", "{\"operation\":\"checkpoint\"}"))
        .isEqualTo(
            Json.read(
                "{\"code\":\"UNIMPLEMENTED\",\"message\":\"the host operation checkpoint\","
                    + "\"retryable\":false}"));
  }
}
