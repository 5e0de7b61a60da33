package io.plexspaces.wasm.quickjs;

import static io.plexspaces.wasm.quickjs.JsFixture.actor;
import static io.plexspaces.wasm.quickjs.JsFixture.bytes;
import static io.plexspaces.wasm.quickjs.JsFixture.load;
import static io.plexspaces.wasm.quickjs.JsFixture.spawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.GuestLimits;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.GuestOp;
import io.plexspaces.api.guest.GuestReply;
import io.plexspaces.api.guest.GuestTrap;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.api.guest.ModuleDescription.Kind;
import io.plexspaces.api.guest.TurnStopped;
import io.plexspaces.wasm.quickjs.JsFixture.Actor;
import io.plexspaces.wasm.quickjs.JsFixture.Host;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class QuickJsEngineTest {
  private static final String MEMBERS =
      """
      static queries = ["get"];
      getDefaultState() { return { count: 0 }; }
      onInit(config) { this.args = config.args; }
      onIncrement({ by = 1 }) { this.state.count += by; return this.state.count; }
      onGet() { return this.state.count; }
      onEcho(payload) { return payload; }
      onKindOf(payload) { return payload instanceof Uint8Array ? [...payload] : typeof payload; }
      onRefuse() { this.state.count = 99; throw new BusinessError("ALREADY_EXISTS", "taken", { by: "a" }); }
      onRange() { throw new RangeError("page 0"); }
      onCrash() { return undefined.count; }
      async onSum({ n }) { let s = 0; for (let i = 1; i <= n; i++) s += await i; return s; }
      async onLate() { await null; throw new TypeError("late"); }
      onNever() { return new Promise(() => {}); }
      onForget() { Promise.reject(new Error("nobody looks")); return 1; }
      async onLook() { const p = Promise.reject(new Error("seen")); try { await p; } catch (e) { return e.message; } }
      onLoop() { for (;;) {} }
      onRecurse(n) { return this.onRecurse(n) + 1; }
      onEat() { const a = []; for (;;) a.push("x".repeat(10000) + a.length); }
      onRandom() { return [Math.random(), Math.random()]; }
      onNow() { return Date.now(); }
      onAsk({ to }) { return host.ask(to, "go", { n: 1 }, 100); }
      onCatch({ to }) { try { return host.ask(to, "go"); } catch (e) { return [e.code, e.message, e.retryable]; } }
      onPrint() { console.log("hello", { a: 1 }); console.error(new Error("bad").message); }
      onTimer() { setTimeout(() => {}, 1); }
      onUtf() { return new TextDecoder().decode(new TextEncoder().encode("aü€😀")); }
      async onDynamic({ path }) { return (await import(path)).default; }
      onRejectMany({ size, count }) {
        const s = 'x'.repeat(size); this.kept = [];
        for (let i = 0; i < count; i++) this.kept.push(Promise.reject(s));
        this.kept = null; host.ask("b", "go"); return count;
      }
      onRejectDropped() { for (let i = 0; i < 3; i++) Promise.reject("r" + i); }
      onBig(n) { return "x".repeat(n); }
      onThrowBig(n) { throw new Error("x".repeat(n)); }
      onRefuseBig(n) { throw new BusinessError("ABORTED", "x".repeat(n), { stack: "y".repeat(n) }); }
      onRawCall({ op, header, body }) { return globalThis.__plexspaces_host("x".repeat(op), "y".repeat(header), "z".repeat(body)); }
      onPrintBig(n) { console.log("ü".repeat(n)); return 1; }
      onTerminate(reason) { console.log("bye " + reason); }
      """;

  private static GuestModule module;

  @BeforeAll
  static void loadModule() {
    module = load(actor(MEMBERS));
  }

  @AfterAll
  static void closeModule() {
    module.close();
  }

  @Test
  void describesTheModule() {
    var type = Objects.requireNonNull(module.description().type("x"));
    assertThat(Objects.requireNonNull(type.operation("get")).kind()).isEqualTo(Kind.QUERY);
    assertThat(Objects.requireNonNull(type.operation("increment")).kind()).isEqualTo(Kind.CALL);
    assertThat(type.operation("init")).isNull();
    assertThat(module.digest()).matches("sha256:[0-9a-f]{64}");
  }

  @Test
  void forksAreIndependent() {
    try (Actor a = spawn(module);
        Actor b = spawn(module)) {
      assertThat(a.ask("increment", "{\"by\":5}")).isEqualTo("5");
      assertThat(a.ask("increment", "{}")).isEqualTo("6");
      assertThat(b.ask("increment", "")).isEqualTo("1");
      assertThat(a.ask("get", "{}")).isEqualTo("6");
    }
  }

  @Test
  void whatAnAppDrawsWhileItIsImportedIsItsOwn() {
    String app =
        actor("onDrawn() { return [DRAWN, Math.random()]; }")
            + "const DRAWN = Array.from({ length: 4 }, () => Math.random());\n";
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 2; i++) {
      try (GuestModule m = JsFixture.ENGINE.load(JsFixture.artifact(app), GuestLimits.DEFAULT);
          Actor a = spawn(m);
          Actor b = spawn(m)) {
        String drawn = a.ask("drawn", "{}").replaceAll("].*", "");
        assertThat(b.ask("drawn", "{}")).as("shared by its actors").startsWith(drawn);
        for (String n : drawn.replace("[", "").split(",", -1)) {
          assertThat(Double.parseDouble(n)).isBetween(0.0, 1.0);
          assertThat(seen.add(n)).as("another number each time").isTrue();
        }
      }
    }
  }

  @Test
  void asyncHandlersAnswerWhenTheirPromiseIsSettled() {
    try (Actor a = spawn(module)) {
      assertThat(a.ask("sum", "{\"n\":1000}")).isEqualTo("500500");
      HostError late = a.refused("late", "{}");
      assertThat(late.message()).isEqualTo("TypeError: late");
      assertThat(late.business()).isFalse();
      assertThat(a.refused("never", "{}").message()).contains("a promise that nothing settles");
      assertThat(a.ask("get", "{}")).isEqualTo("0");
    }
  }

  @Test
  void aRejectionThatNobodyHandlesIsLogged() {
    try (Actor a = spawn(module)) {
      assertThat(a.ask("forget", "{}")).isEqualTo("1");
      assertThat(a.host.log).hasSize(1);
      assertThat(a.host.log.getFirst())
          .startsWith("4: unhandled promise rejection: Error: nobody looks");
      assertThat(a.ask("look", "{}")).isEqualTo("\"seen\"");
      assertThat(a.host.log).hasSize(1);
    }
  }

  @Test
  void manyRejectionsAreCountedNotKept() {
    try (Actor a = spawn(module)) {
      long[] held = {0};
      a.host.answer =
          (op, f) -> {
            held[0] = ((QuickJsInstance) a.instance).heldRejections();
            return Frame.ofBody(bytes("1"));
          };
      assertThat(a.ask("reject_many", "{\"size\":2000000,\"count\":200}")).isEqualTo("200");
      assertThat(held[0]).isBetween(1L, 16L * 8200);
      assertThat(a.host.log).hasSize(17);
      assertThat(a.host.log.getFirst()).hasSizeBetween(8192, 8300).endsWith("x…");
      assertThat(a.host.log.getLast()).isEqualTo("4: and 184 more unhandled promise rejections");
      a.host.log.clear();
      a.ask("reject_dropped", "{}");
      assertThat(a.host.log).hasSize(3);
      assertThat(((QuickJsInstance) a.instance).heldRejections()).isZero();
    }
  }

  @Test
  void whatIsTooLargeIsRefusedWithTheSize() {
    int most = 16 << 20;
    GuestLimits limits = new GuestLimits(512L << 20, Duration.ofSeconds(10));
    try (GuestModule big = JsFixture.ENGINE.load(JsFixture.artifact(actor(MEMBERS)), limits);
        Actor a = spawn(big)) {
      assertThat(a.refused("big", "" + most).message())
          .isEqualTo("the reply has 16777218 bytes; at most 16777216 are allowed");
      assertThat(a.ask("big", "1000")).hasSize(1002);
      a.host.answer = (op, f) -> Frame.ofBody(bytes("1"));
      assertThat(a.ask("raw_call", "{\"op\":256,\"header\":5,\"body\":5}")).isEqualTo("\"01\"");
      assertThat(a.ask("raw_call", "{\"op\":257,\"header\":5,\"body\":5}"))
          .contains("INVALID_ARGUMENT", "an operation name of 257 bytes; at most 256 are allowed");
      assertThat(a.ask("raw_call", "{\"op\":3,\"header\":5,\"body\":" + most + "}"))
          .contains("INVALID_ARGUMENT", "a body of 16777216 bytes; at most 16777211 are allowed");
      assertThat(a.host.calls).hasSize(1);
      a.host.answer = (op, f) -> Frame.ofBody(new byte[most + 1]);
      assertThat(a.ask("raw_call", "{\"op\":3,\"header\":5,\"body\":5}"))
          .contains("RESOURCE_EXHAUSTED", "has 16777217 bytes");
    }
  }

  @Test
  void theEngineComesWithTheLicencesOfItsParts() throws Exception {
    for (String name : new String[] {"LICENSE-quickjs-ng", "LICENSE-wasi-libc"}) {
      try (var in = QuickJsEngine.class.getResourceAsStream("/quickjs/" + name)) {
        assertThat(
                new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8))
            .contains("Copyright", "WITHOUT WARRANTY OF ANY KIND");
      }
    }
  }

  @Test
  void longMessagesAreCut() {
    try (Actor a = spawn(module)) {
      HostError thrown = a.refused("throw_big", "1000000");
      assertThat(thrown.message()).startsWith("Error: xxx").endsWith("x…").hasSizeLessThan(8200);
      assertThat(((Value.Obj) thrown.details()).string("stack", "")).contains("onThrowBig");
      HostError refused = a.refused("refuse_big", "1000000");
      assertThat(refused.message()).endsWith("x…").hasSize(8193);
      assertThat(((Value.Obj) refused.details()).string("stack", "")).endsWith("y…").hasSize(8193);
      a.ask("print_big", "1000000");
      assertThat(a.host.log).hasSize(1);
      assertThat(bytes(a.host.log.getFirst())).hasSizeBetween(65_000, 65_600);
      assertThat(a.host.log.getFirst()).endsWith("ü…");
    }
  }

  @Test
  void aRefusalIsABusinessErrorAndARollbackUndoesTheTurn() {
    try (Actor a = spawn(module)) {
      a.ask("increment", "{\"by\":3}");
      a.instance.mark();
      HostError e = a.refused("refuse", "{}");
      assertThat(e.code()).isEqualTo(ErrorCode.ALREADY_EXISTS);
      assertThat(e.business()).isTrue();
      assertThat(e.message()).isEqualTo("taken");
      assertThat(e.details()).isEqualTo(Value.Obj.builder().put("by", "a").build());
      assertThat(a.ask("get", "{}")).isEqualTo("99");
      a.instance.rollBack();
      assertThat(a.ask("get", "{}")).isEqualTo("3");
      HostError range = a.refused("range", "{}");
      assertThat(range.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
      assertThat(range.business()).isTrue();
    }
  }

  @Test
  void aCrashTellsMessageAndPlace() {
    try (Actor a = spawn(module)) {
      HostError e = a.refused("crash", "{}");
      assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL);
      assertThat(e.business()).isFalse();
      assertThat(e.message()).startsWith("TypeError: cannot read property 'count' of undefined");
      assertThat(((Value.Obj) e.details()).string("stack", "")).contains("onCrash (main.js:12:20)");
    }
  }

  @Test
  void anEndlessLoopIsStoppedAndTheActorGoesOnFromItsMark() throws Exception {
    try (Actor a = spawn(module)) {
      a.ask("increment", "{}");
      a.instance.mark();
      HostError why = HostError.of(ErrorCode.DEADLINE_EXCEEDED, "too long");
      a.host.onSafepoint =
          () -> {
            throw new TurnStopped(why);
          };
      AtomicReference<Throwable> thrown = new AtomicReference<>();
      Thread t =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  a.handle("loop", "{}");
                } catch (TurnStopped e) {
                  thrown.set(e);
                }
              });
      while (t.isAlive()) {
        a.instance.requestSafepoint();
        t.join(1);
      }
      assertThat(thrown.get()).isInstanceOf(TurnStopped.class).hasMessage("too long");
      a.host.onSafepoint = null;
      a.instance.rollBack();
      assertThat(a.ask("get", "{}")).isEqualTo("1");
    }
  }

  @Test
  void memoryIsCapped() {
    GuestLimits limits = new GuestLimits(8L << 20, Duration.ofSeconds(10));
    try (GuestModule small = JsFixture.ENGINE.load(JsFixture.artifact(actor(MEMBERS)), limits);
        Actor a = spawn(small)) {
      a.instance.mark();
      HostError e = catchThrowableOfType(GuestTrap.class, () -> a.handle("eat", "{}")).error();
      assertThat(e.message()).contains("out of memory");
      assertThat(e.code()).as("a limit, no crash").isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
      assertThat(a.instance.memoryBytes()).isLessThanOrEqualTo(9L << 20);
      a.instance.rollBack();
      assertThat(a.ask("increment", "{}")).isEqualTo("1");
      a.instance.mark();
      assertThatThrownBy(() -> a.handle("echo", "\"" + "x".repeat(20 << 20) + "\""))
          .isInstanceOf(GuestTrap.class)
          .hasMessageContaining("out of memory");
    }
  }

  @Test
  void endlessRecursionIsACrash() {
    try (Actor a = spawn(module)) {
      HostError e = a.refused("recurse", "1");
      assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL);
      assertThat(e.business()).isFalse();
      assertThat(e.message()).contains("Maximum call stack size exceeded");
      assertThat(a.ask("get", "{}")).isEqualTo("0");
    }
  }

  @Test
  void everyActorHasItsOwnRandomness() {
    try (Actor a = spawn(module, "x", 1, new Host());
        Actor same = spawn(module, "x", 1, new Host());
        Actor other = spawn(module, "x", 2, new Host())) {
      String numbers = a.ask("random", "{}");
      assertThat(same.ask("random", "{}")).isEqualTo(numbers);
      assertThat(other.ask("random", "{}")).isNotEqualTo(numbers);
    }
  }

  @Test
  void timeComesFromTheHost() {
    try (Actor a = spawn(module)) {
      a.host.now = 1_234_567_890_123L;
      assertThat(a.ask("now", "{}")).isEqualTo("1234567890123");
    }
  }

  @Test
  void hostCallsAnswerOrThrow() {
    Host host = new Host();
    host.answer =
        (op, f) -> {
          if (f.headerObject().string("target", "").equals("nobody")) {
            throw new HostException(ErrorCode.NOT_FOUND, "no actor nobody");
          }
          return f.headerObject().string("target", "").equals("raw")
              ? new Frame(bytes("{\"content_type\":\"image/png\"}"), new byte[] {1, 2})
              : Frame.ofBody(bytes("{\"got\":\"ü\"}"));
        };
    try (Actor a = spawn(module, "x", 1, host)) {
      assertThat(a.ask("ask", "{\"to\":\"b\"}")).isEqualTo("{\"got\":\"ü\"}");
      assertThat(host.calls)
          .containsExactly("ask {\"target\":\"b\",\"op\":\"go\",\"timeout_ms\":100} {\"n\":1}");
      assertThat(a.ask("catch", "{\"to\":\"nobody\"}"))
          .isEqualTo("[\"NOT_FOUND\",\"no actor nobody\",false]");
      assertThat(a.refused("ask", "{\"to\":\"nobody\"}").code()).isEqualTo(ErrorCode.NOT_FOUND);
      assertThat(a.ask("ask", "{\"to\":\"raw\"}")).isEqualTo("{\"$bytes\":\"AQI=\"}");
    }
  }

  @Test
  void aTurnThatEndsInAHostCallIsNotAnsweredByTheGuest() {
    Host host = new Host();
    host.answer =
        (op, f) -> {
          throw new TurnStopped(HostError.of(ErrorCode.CANCELLED, "killed"));
        };
    try (Actor a = spawn(module, "x", 1, host)) {
      assertThatThrownBy(() -> a.handle("catch", "{\"to\":\"b\"}"))
          .isInstanceOf(TurnStopped.class)
          .hasMessage("killed");
    }
  }

  @Test
  void payloadsKeepTheirMeaning() {
    try (Actor a = spawn(module)) {
      String json =
          "{\"big\":9223372036854775807,\"s\":\"ü€😀\",\"n\":null,\"b\":{\"$bytes\":\"AAEC\"}}";
      assertThat(a.ask("echo", json)).isEqualTo(json);
      GuestReply r = a.handle("kind_of", "application/octet-stream", new byte[] {7, (byte) 200});
      assertThat(new String(r.frame().body(), StandardCharsets.UTF_8)).isEqualTo("[7,200]");
      String large = "\"" + "y".repeat(200_000) + "\"";
      assertThat(a.ask("echo", large)).isEqualTo(large);
      assertThat(a.refused("echo", "{").code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    }
  }

  @Test
  void stateIsSnapshottedAndRestored() {
    try (Actor a = spawn(module);
        Actor b = spawn(module)) {
      a.ask("increment", "{\"by\":41}");
      Frame state = a.instance.call(GuestOp.SNAPSHOT, Frame.EMPTY, a.host).frame();
      assertThat(new String(state.body(), StandardCharsets.UTF_8)).isEqualTo("{\"count\":41}");
      assertThat(b.instance.call(GuestOp.RESTORE, state, b.host).error()).isNull();
      assertThat(b.ask("increment", "{}")).isEqualTo("42");
    }
  }

  @Test
  void theLanguageHasItsPlatform() {
    try (Actor a = spawn(module)) {
      a.ask("print", "{}");
      assertThat(a.host.log).containsExactly("info: hello {\"a\":1}", "error: bad");
      assertThat(a.refused("timer", "{}").message())
          .contains("setTimeout is not available in an actor", "host.sendAfter", "host.sleep");
      assertThat(a.ask("utf", "{}")).isEqualTo("\"aü€😀\"");
      Frame reason = Frame.of(Value.Obj.builder().put("reason", "shutdown").build());
      assertThat(a.instance.call(GuestOp.TERMINATE, reason, a.host).error()).isNull();
      assertThat(a.host.log).last().isEqualTo("info: bye shutdown");
    }
  }

  @Test
  void aLongLifeLeaksNothing() {
    try (Actor a = spawn(module)) {
      a.host.answer = (op, f) -> Frame.ofBody(bytes("{\"v\":1}"));
      Runnable messages =
          () -> {
            for (int i = 0; i < 25; i++) {
              a.ask("echo", "{\"text\":\"" + "z".repeat(1000) + "\"}");
              a.ask("ask", "{\"to\":\"b\"}");
              a.ask("sum", "{\"n\":5}");
              a.refused("refuse", "{}");
              a.ask("forget", "{}");
            }
          };
      messages.run();
      messages.run();
      long before = a.instance.memoryBytes();
      messages.run();
      messages.run();
      assertThat(a.instance.memoryBytes()).isLessThanOrEqualTo(before + 16 * 1024);
    }
  }

  @Test
  void modulesImportEachOtherAndNothingElse() {
    Map<String, String> files =
        Map.of(
            "main.js",
            actor(
                    "onGo() { return two(); }\n"
                        + "async onDynamic({ path }) { return (await import(path)).default; }")
                + "import { two } from './lib/two.js';",
            "lib/two.js",
            "import { one } from '../one.js'; export const two = () => one + one;",
            "one.js",
            "export const one = 1; export default 'first';");
    try (GuestModule m = JsFixture.ENGINE.load(JsFixture.artifact(files), GuestLimits.DEFAULT);
        Actor a = spawn(m)) {
      assertThat(a.ask("go", "{}")).isEqualTo("2");
      assertThat(a.ask("dynamic", "{\"path\":\"./one.js\"}")).isEqualTo("\"first\"");
      assertThat(a.refused("dynamic", "{\"path\":\"./three.js\"}").message())
          .contains("cannot find the module \"./three.js\" that main.js imports");
    }
  }

  @Test
  void badModulesAreRefusedWithTheReason() {
    assertRefused("const x = ;", "main.js does not start: SyntaxError");
    assertRefused("throw new Error('no luck');", "main.js does not start: Error: no luck");
    assertRefused(
        "import './gone.js';", "cannot find the module \"./gone.js\" that main.js imports");
    assertRefused("import x from 'lodash';", "cannot find the module \"lodash\"");
    assertRefused("const x = 1;", "does not import \"@plexspaces/sdk\"");
    assertRefused("import '@plexspaces/sdk';", "it names no actor types");
    assertRefused("await new Promise(() => {});", "waits for a promise nothing settles");
    assertRefused(
        "import { host } from '@plexspaces/sdk'; host.now = host.nowMs();",
        "now_ms is not possible while the module starts");
    assertRefused(actor("onA() {} onA_() {} static casts = ['b'];"), "static casts names \"b\"");
  }

  @Test
  void aModuleThatNeverStartsIsStopped() {
    byte[] artifact = JsFixture.artifact("for (;;) {}");
    GuestLimits limits = new GuestLimits(64L << 20, Duration.ofMillis(50));
    assertThatThrownBy(() -> JsFixture.ENGINE.load(artifact, limits))
        .isInstanceOf(HostException.class)
        .hasMessageContaining("main.js does not start: it did not end within 50 ms");
  }

  @Test
  void whatWasRefusedOrClosedHoldsNoMemory() {
    load(actor("onA() {}")).close();
    long before = JsFixture.BUDGET.used();
    assertRefused("throw new Error('no luck');", "no luck");
    GuestModule m = load(actor(MEMBERS));
    Actor a = spawn(m);
    a.ask("increment", "{}");
    assertThat(JsFixture.BUDGET.used()).isGreaterThan(before);
    a.close();
    m.close();
    assertThat(JsFixture.BUDGET.used()).isEqualTo(before);
  }

  @Test
  void aNodeWithoutMemoryRefusesToLoadAndSaysSo() {
    try (QuickJsEngine poor = new QuickJsEngine(JsFixture.COMPILER, new MemoryBudget(64 << 10))) {
      assertThatThrownBy(() -> poor.load(JsFixture.artifact(actor("")), GuestLimits.DEFAULT))
          .isInstanceOfSatisfying(
              HostException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED))
          .hasMessageContaining("memory budget");
    }
  }

  @Test
  void onlyItsOwnArtifactsAreAccepted() {
    byte[] good = JsFixture.artifact(actor(""));
    assertThat(JsFixture.ENGINE.accepts(good)).isTrue();
    assertThat(JsFixture.ENGINE.accepts(bytes("\0asm\1\0\0\0"))).isFalse();
    assertThat(JsFixture.ENGINE.accepts(new byte[0])).isFalse();
    String other = new String(good, StandardCharsets.ISO_8859_1).replace("quickjs@1", "quickjs@2");
    byte[] later =
        other
            .replace("\"version\":\"1\"", "\"version\":\"2\"")
            .getBytes(StandardCharsets.ISO_8859_1);
    assertThat(JsFixture.ENGINE.accepts(later)).isTrue();
    assertThatThrownBy(() -> JsFixture.ENGINE.load(later, GuestLimits.DEFAULT))
        .hasMessageContaining("quickjs@2, this node has quickjs@1");
    assertThatThrownBy(() -> module.spawn("y", JsFixture.seed(1)))
        .hasMessageContaining("no actor type \"y\"; it has x");
  }

  private static void assertRefused(String main, String why) {
    assertThatThrownBy(() -> load(main))
        .isInstanceOf(HostException.class)
        .hasMessageContaining(why);
  }
}
