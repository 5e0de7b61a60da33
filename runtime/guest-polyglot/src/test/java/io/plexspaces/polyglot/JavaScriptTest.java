package io.plexspaces.polyglot;

import static io.plexspaces.polyglot.Fixture.js;
import static io.plexspaces.polyglot.Fixture.spawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.GuestOp;
import io.plexspaces.api.guest.TurnStopped;
import io.plexspaces.polyglot.Fixture.Actor;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class JavaScriptTest {
  @Test
  void stateIsKeptBetweenCallsSnapshottedAndRestored() {
    try (GuestModule m =
            js(
                "getDefaultState() { return { n: 0 }; }\n"
                    + "onAdd(p) { this.state.n += p.by; return this.state.n; }");
        Actor a = spawn(m);
        Actor b = spawn(m)) {
      assertThat(m.description().types()).containsKey("x");
      assertThat(a.ask("add", "{\"by\":2}")).isEqualTo("2");
      assertThat(a.ask("add", "{\"by\":3}")).isEqualTo("5");
      assertThat(b.ask("add", "{\"by\":1}")).isEqualTo("1");
      byte[] state = a.instance().call(GuestOp.SNAPSHOT, Frame.EMPTY, a.host()).frame().body();
      assertThat(new String(state, StandardCharsets.UTF_8)).isEqualTo("{\"n\":5}");
      assertThat(b.instance().call(GuestOp.RESTORE, Frame.ofBody(state), b.host()).error())
          .isNull();
      assertThat(b.ask("add", "{\"by\":1}")).isEqualTo("6");
    }
  }

  @Test
  void modulesAreFoundInTheArtifact() {
    try (GuestModule m =
            js(
                Map.of(
                    "main.js",
                    "import { two } from './lib/two.js'; import pkg from 'pkg';\n"
                        + Fixture.jsActor("onSum() { return two + pkg; }"),
                    "lib/two.js",
                    "import { one } from '../one.js'; export const two = one + one;",
                    "one.js",
                    "export const one = 1;",
                    "pkg/index.js",
                    "export default 40;"));
        Actor a = spawn(m)) {
      assertThat(a.ask("sum", "{}")).isEqualTo("42");
    }
  }

  @Test
  void hostCallsGoOutAndTheirErrorsComeIn() {
    try (GuestModule m = js("onGo() { return host.ask('y', 'op', { a: 1 }); }");
        Actor a = spawn(m)) {
      a.host().answer = (op, f) -> Frame.ofBody(Fixture.bytes("{\"é\":\"😀\"}"));
      assertThat(a.ask("go", "{}")).isEqualTo("{\"é\":\"😀\"}");
      assertThat(a.host().calls).containsExactly("ask {\"a\":1}");
      a.host().answer =
          (op, f) -> {
            throw new HostException(ErrorCode.NOT_FOUND, "no y");
          };
      assertThat(a.refused("go", "{}").code()).isEqualTo(ErrorCode.NOT_FOUND);
    }
  }

  @Test
  void asyncHandlersAreAwaited() {
    try (GuestModule m =
            js(
                """
                async onGo() { await null; return 7; }
                async onFail() { await null; throw new BusinessError('NOT_FOUND', 'none'); }
                onHang() { return new Promise(() => {}); }
                """);
        Actor a = spawn(m)) {
      assertThat(a.ask("go", "{}")).isEqualTo("7");
      assertThat(a.refused("fail", "{}").business()).isTrue();
      assertThat(a.refused("hang", "{}").message()).contains("promise that nothing settles");
    }
  }

  @Test
  void errorsNameTheUsersFileAndLine() {
    try (GuestModule m = js("onGo() {\n  null.x;\n }");
        Actor a = spawn(m)) {
      HostError e = a.refused("go", "{}");
      assertThat(e.business()).isFalse();
      assertThat(e.message()).contains("TypeError");
      assertThat(String.valueOf(e.details())).contains("main.js:4");
    }
  }

  @Test
  void deepRecursionIsARangeErrorThatLeavesTheActorUsable() {
    try (GuestModule m =
            js("onGo() { const f = () => f() + 1; return f(); }\nonOk() { return 1; }");
        Actor a = spawn(m)) {
      assertThat(a.refused("go", "{}").message()).containsIgnoringCase("stack");
      assertThat(a.ask("ok", "{}")).isEqualTo("1");
    }
  }

  @Test
  void aSpinningGuestComesToSafepointsAndCannotCatchTheEndOfItsTurn() throws Exception {
    try (GuestModule m = js("onGo() { for (;;) { try { for (;;); } catch (e) {} finally {} } }");
        Actor a = spawn(m)) {
      AtomicInteger seen = new AtomicInteger();
      a.host().onSafepoint =
          () -> {
            if (seen.incrementAndGet() == 3) {
              throw new TurnStopped(HostError.of(ErrorCode.DEADLINE_EXCEEDED, "over"));
            }
          };
      Thread t =
          Thread.ofPlatform()
              .start(() -> {
                while (seen.get() < 3) {
                  a.instance().requestSafepoint();
                  Thread.onSpinWait();
                }
              });
      assertThatThrownBy(() -> a.handle("go", "{}")).isInstanceOf(TurnStopped.class);
      t.join();
      assertThat(seen).hasValue(3);
    }
  }

  @Test
  void aTurnThatEndsInAHostCallCannotGoOn() {
    try (GuestModule m =
            js("onGo() { for (;;) { try { host.ask('y', 'op', {}); } catch (e) {} } }");
        Actor a = spawn(m)) {
      a.host().answer =
          (op, f) -> {
            throw new TurnStopped(HostError.of(ErrorCode.CANCELLED, "killed"));
          };
      assertThatThrownBy(() -> a.handle("go", "{}")).isInstanceOf(TurnStopped.class);
      assertThat(a.host().calls.size()).isLessThan(3);
    }
  }

  @Test
  void runsOnVirtualThreads() throws Exception {
    try (GuestModule m = js("onGo() { return host.ask('y', 'op', {}); }");
        Actor a = spawn(m)) {
      a.host().answer =
          (op, f) -> {
            assertThat(Thread.currentThread().isVirtual()).isTrue();
            java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
            return Frame.ofBody(Fixture.bytes("5"));
          };
      StringBuilder got = new StringBuilder();
      for (int i = 0; i < 3; i++) {
        Thread.ofVirtual().start(() -> got.append(a.ask("go", "{}"))).join();
      }
      assertThat(got).hasToString("555");
    }
  }

  @Test
  void consoleGoesToTheLog() {
    try (GuestModule m = js("onGo() { console.warn('a', { b: 1 }); return 1; }");
        Actor a = spawn(m)) {
      a.ask("go", "{}");
      assertThat(a.host().log).containsExactly("warn: a {\"b\":1}");
    }
  }

  @Test
  void timeAndRandomNumbersAreTheHosts() {
    try (GuestModule m =
            js("onGo() { return [Date.now(), new Date().getTime(), Math.random()]; }");
        Actor a = spawn(m, 1);
        Actor b = spawn(m, 1);
        Actor c = spawn(m, 2)) {
      String first = a.ask("go", "{}");
      assertThat(first).startsWith("[1700000000000,1700000000000,");
      assertThat(b.ask("go", "{}")).isEqualTo(first);
      assertThat(c.ask("go", "{}")).isNotEqualTo(first);
    }
  }

  @Test
  void tenMegabytesCross() {
    try (GuestModule m = js("onGo(p) { return p; }");
        Actor a = spawn(m)) {
      String big = "{\"t\":\"" + "x".repeat(10 << 20) + "\"}";
      assertThat(a.ask("go", big)).isEqualTo(big);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Java.type('java.lang.System').getenv()",
        "java.lang.System.exit(1)",
        "Polyglot.eval('js', '1')",
        "load('/etc/passwd')",
        "read('/etc/passwd')",
        "new Worker('x')",
        "globalThis.process.env.PATH",
        "globalThis.require('fs')",
        "__plexspaces_host.getClass()",
        "__plexspaces_host.constructor.constructor('return Java')().type('java.io.File')",
      })
  void thereIsNoWayOut(String escape) {
    try (GuestModule m = js("onGo() { return String(" + escape + "); }");
        Actor a = spawn(m)) {
      HostError e = a.refused("go", "{}");
      assertThat(e.message()).matches("(?s).*(ReferenceError|TypeError).*");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/etc/passwd", "file:///etc/passwd", "../../etc/passwd", "http://x/y.js"})
  void filesOfTheMachineCannotBeImported(String file) {
    assertThatThrownBy(
            () -> js(Map.of("main.js", "import '" + file + "';\n" + Fixture.jsActor(""))))
        .isInstanceOf(HostException.class)
        .hasMessageContaining("does not start")
        .hasMessageNotContaining("root:");
    try (GuestModule m = js("async onGo() { return String(await import('" + file + "')); }");
        Actor a = spawn(m)) {
      assertThat(a.handle("go", "{}").error()).isNotNull();
    }
  }

  @Test
  void anActorIsChargedUntilItIsClosed() {
    try (GuestModule m = js("onGo() {}")) {
      long before = Fixture.BUDGET.used();
      Actor a = spawn(m);
      assertThat(Fixture.BUDGET.used() - before).isEqualTo(a.instance().memoryBytes());
      assertThat(a.instance().memoryBytes()).isPositive();
      a.close();
      a.close();
      assertThat(Fixture.BUDGET.used()).isEqualTo(before);
    }
  }

  @Test
  void aModuleThatSpinsAtItsStartIsRefused() {
    assertThatThrownBy(() ->
            Fixture.JS.load(
                Fixture.artifact(
                    "quickjs",
                    "1",
                    "main.js",
                    Map.of("main.js", "for (;;);"),
                    java.nio.file.Path.of("../../sdk-typescript/src"),
                    "@plexspaces/sdk"),
                new io.plexspaces.api.guest.GuestLimits(
                    64 << 20, java.time.Duration.ofMillis(200))))
        .isInstanceOf(HostException.class)
        .hasMessageContaining("did not end within 200 ms");
  }
}
