package io.plexspaces.wasm.quickjs;

import static io.plexspaces.wasm.quickjs.JsFixture.bytes;
import static io.plexspaces.wasm.quickjs.JsFixture.spawn;
import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.GuestOp;
import io.plexspaces.api.guest.GuestReply;
import io.plexspaces.wasm.quickjs.JsFixture.Actor;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class QuickJsStreamTest {
  private static final String MEMBERS =
      """
      static queries = ["count_up"];
      getDefaultState() { return { closed: 0 }; }
      *onCountUp({ n, failAt = -1 }) {
        try {
          for (let i = 0; i < n; i++) {
            if (i === failAt) throw new BusinessError("FAILED_PRECONDITION", "failed at " + i);
            yield { i };
          }
        } finally { this.state.closed++; }
      }
      async *onSlowly({ n }) {
        try { for (let i = 0; i < n; i++) yield await Promise.resolve("v" + i); }
        finally { await null; this.state.closed++; }
      }
      *onBad() { yield 1; yield NaN; }
      onClosed() { return this.state.closed; }
      onCollect({ limit }) {
        const seen = [];
        for (const v of host.askStream("other", "numbers", { a: 1 }, 500)) {
          seen.push(v);
          if (seen.length === limit) break;
        }
        return seen;
      }
      onPut() { host.blob.put("b", new Uint8Array([1, 255]), { contentType: "image/png" });
        host.send("x", "raw", new Uint8Array([7]), { contentType: "application/octet-stream" }); }
      onPlatform() {
        const cyclic = { d: new Date(5), m: new Map([[1, new Set(["a"])]]), b: new Uint8Array([1, 2]) };
        cyclic.self = cyclic;
        const copy = structuredClone(cyclic);
        const ok = copy !== cyclic && copy.self === copy && copy.d.getTime() === 5 && copy.m.get(1).has("a")
          && copy.b !== cyclic.b && copy.b[1] === 2;
        const random = crypto.getRandomValues(new Uint8Array(8));
        return [ok, crypto.randomUUID(), [...random], atob(btoa("hé")), typeof performance.now(), typeof queueMicrotask];
      }
      """;

  private static GuestModule module;

  @BeforeAll
  static void loadModule() {
    module = JsFixture.load(JsFixture.actor(MEMBERS));
  }

  @AfterAll
  static void closeModule() {
    module.close();
  }

  @Test
  void generatorsAreDescribedAsStreams() {
    var type = Objects.requireNonNull(module.description().type("x"));
    assertThat(Objects.requireNonNull(type.operation("count_up")).stream()).isTrue();
    assertThat(Objects.requireNonNull(type.operation("slowly")).stream()).isTrue();
    assertThat(Objects.requireNonNull(type.operation("closed")).stream()).isFalse();
  }

  @Test
  void eachValueIsAnAnswer() {
    try (Actor a = spawn(module)) {
      for (String op : List.of("count_up", "slowly")) {
        assertThat(step(begin(a, op, "s1", "{\"n\":2}"))).isNotNull();
        assertThat(step(resume(a, "s1", false)))
            .isEqualTo(op.equals("slowly") ? "\"v1\"" : "{\"i\":1}");
        assertThat(step(resume(a, "s1", false))).isNull();
        HostError gone = Objects.requireNonNull(resume(a, "s1", false).error());
        assertThat(gone.code()).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(step(begin(a, op, "s2", "{\"n\":0}"))).isNull();
      }
      assertThat(a.ask("closed", "{}")).isEqualTo("4");
    }
  }

  @Test
  void streamsOfOneActorAreIndependentAndClosingRunsTheirCleanup() {
    try (Actor a = spawn(module)) {
      begin(a, "count_up", "s1", "{\"n\":9}");
      begin(a, "slowly", "s2", "{\"n\":9}");
      assertThat(step(resume(a, "s1", false))).isEqualTo("{\"i\":1}");
      assertThat(step(resume(a, "s2", false))).isEqualTo("\"v1\"");
      assertThat(step(resume(a, "s1", true))).isNull();
      assertThat(a.ask("closed", "{}")).isEqualTo("1");
      assertThat(step(resume(a, "s2", true))).isNull();
      assertThat(a.ask("closed", "{}")).isEqualTo("2");
      assertThat(step(resume(a, "s2", true))).isNull();
      assertThat(step(resume(a, "never", true))).isNull();
    }
  }

  @Test
  void anErrorIsTheEndOfTheStream() {
    try (Actor a = spawn(module)) {
      begin(a, "count_up", "s1", "{\"n\":3,\"failAt\":1}");
      HostError e = Objects.requireNonNull(resume(a, "s1", false).error());
      assertThat(e.code()).isEqualTo(ErrorCode.FAILED_PRECONDITION);
      assertThat(e.business()).isTrue();
      assertThat(Objects.requireNonNull(resume(a, "s1", false).error()).code())
          .isEqualTo(ErrorCode.NOT_FOUND);
      begin(a, "bad", "s2", "{}");
      HostError nan = Objects.requireNonNull(resume(a, "s2", false).error());
      assertThat(nan.message()).contains("NaN has no JSON form");
      HostError once = a.refused("count_up", "{\"n\":1}");
      assertThat(once.message()).contains("\"count_up\" answers with a stream: use host.askStream");
      assertThat(Objects.requireNonNull(begin(a, "closed", "s3", "{}").error()).message())
          .contains("it is no stream");
    }
  }

  @Test
  void anActorReadsTheStreamOfAnother() {
    try (Actor a = spawn(module)) {
      List<String> values = new ArrayList<>(List.of("1", "{\"v\":\"é\"}", "3"));
      a.host.answer =
          (op, f) ->
              switch (op) {
                case "ask_stream" -> Frame.ofBody(bytes("\"st-1\""));
                case "stream_next" ->
                    values.isEmpty()
                        ? new Frame(bytes("{\"more\":false}"), new byte[0])
                        : new Frame(bytes("{\"more\":true}"), bytes(values.removeFirst()));
                default -> Frame.ofBody(bytes("null"));
              };
      assertThat(a.ask("collect", "{\"limit\":2}")).isEqualTo("[1,{\"v\":\"é\"}]");
      assertThat(a.host.calls)
          .containsExactly(
              "ask_stream {\"target\":\"other\",\"op\":\"numbers\",\"timeout_ms\":500} {\"a\":1}",
              "stream_next {\"stream\":\"st-1\",\"timeout_ms\":500} ",
              "stream_next {\"stream\":\"st-1\",\"timeout_ms\":500} ",
              "stream_close {\"stream\":\"st-1\"} ");
      a.host.calls.clear();
      assertThat(a.ask("collect", "{\"limit\":9}")).isEqualTo("[3]");
      assertThat(a.host.calls).last().asString().startsWith("stream_next");
    }
  }

  @Test
  void bytesLeaveAsBytesWhereTheOperationTakesThem() {
    try (Actor a = spawn(module)) {
      List<Frame> seen = new ArrayList<>();
      a.host.answer =
          (op, f) -> {
            seen.add(f);
            return Frame.ofBody(bytes("null"));
          };
      a.ask("put", "{}");
      assertThat(seen.getFirst().body()).containsExactly(1, 255);
      assertThat(seen.getLast().body()).containsExactly(7);
    }
  }

  @Test
  void thePlatformIsWhatProgramsExpect() {
    try (Actor a = spawn(module)) {
      a.host.answer = (op, f) -> Frame.ofBody(bytes(op.equals("uuid") ? "\"u-1\"" : "0.999"));
      assertThat(a.ask("platform", "{}"))
          .matches("\\[true,\"u-1\",\\[[0-9,]+\\],\"hé\",\"number\",\"function\"\\]");
      assertThat(a.host.calls).containsExactlyInAnyOrder("uuid {} ", "random {} ", "random {} ");
    }
  }

  private static GuestReply begin(Actor a, String op, String id, String payload) {
    Value.Obj header =
        Value.Obj.builder()
            .put("op", op)
            .put("kind", "call")
            .put("id", id)
            .put("stream", true)
            .build();
    return a.instance.call(
        GuestOp.HANDLE, Frame.of(header, payload.getBytes(StandardCharsets.UTF_8)), a.host);
  }

  private static GuestReply resume(Actor a, String id, boolean close) {
    Value.Obj.Builder header = Value.Obj.builder().put("id", id);
    if (close) {
      header.put("close", true);
    }
    return a.instance.call(GuestOp.RESUME_STREAM, Frame.of(header.build()), a.host);
  }

  /** The value, or null at the end. */
  private static @Nullable String step(GuestReply reply) {
    assertThat(reply.error()).isNull();
    boolean more = reply.frame().headerObject().bool("more", false);
    String body = new String(reply.frame().body(), StandardCharsets.UTF_8);
    assertThat(body.isEmpty()).isEqualTo(!more);
    return more ? body : null;
  }
}
