package io.plexspaces.polyglot;

import static io.plexspaces.polyglot.Fixture.python;
import static io.plexspaces.polyglot.Fixture.spawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.GuestOp;
import io.plexspaces.api.guest.GuestReply;
import io.plexspaces.api.guest.GuestTrap;
import io.plexspaces.api.guest.TurnStopped;
import io.plexspaces.polyglot.Fixture.Actor;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class PythonTest {
  private static GuestModule handler(String body) {
    return python("@handler(\"go\")\ndef go(self):\n" + body.indent(4));
  }

  @Test
  void stateIsKeptBetweenCallsSnapshottedAndRestored() {
    try (GuestModule m =
            python(
                """
                n: int = state(default=0)

                @handler("add")
                def add(self, by: int = 1) -> int:
                    self.n += by
                    return self.n
                """);
        Actor a = spawn(m);
        Actor b = spawn(m)) {
      assertThat(a.ask("add", "{\"by\":2}")).isEqualTo("2");
      assertThat(a.ask("add", "{\"by\":3}")).isEqualTo("5");
      assertThat(b.ask("add", "{}")).isEqualTo("1");
      byte[] state = a.instance().call(GuestOp.SNAPSHOT, Frame.EMPTY, a.host()).frame().body();
      assertThat(new String(state, StandardCharsets.UTF_8)).contains("\"n\":5");
      assertThat(b.instance().call(GuestOp.RESTORE, Frame.ofBody(state), b.host()).error())
          .isNull();
      assertThat(b.ask("add", "{\"by\":1}")).isEqualTo("6");
    }
  }

  @Test
  void modulesPackagesAndVendoredOnesAreFoundInTheArtifact() {
    try (GuestModule m =
            python(
                Map.of(
                    "src/main.py",
                    "import beside, root, vendored.deep\n"
                        + Fixture.pythonActor(
                            """
                            @handler("sum")
                            def sum(self):
                                return beside.ONE + root.TWO + vendored.deep.THREE
                            """),
                    "src/beside.py",
                    "ONE = 1",
                    "root.py",
                    "TWO = 2",
                    "vendor/vendored/__init__.py",
                    "",
                    "vendor/vendored/deep.py",
                    "THREE = 3"));
        Actor a = spawn(m)) {
      assertThat(a.ask("sum", "{}")).isEqualTo("6");
    }
  }

  @Test
  void hostCallsGoOutAndTheirErrorsComeIn() {
    try (GuestModule m = handler("return host.ask('y', 'op', {'a': 1})");
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
  void streamsGiveOneValueACall() {
    try (GuestModule m =
            python(
                """
                @handler("count")
                def count(self, n: int):
                    for i in range(n):
                        yield i
                """);
        Actor a = spawn(m)) {
      GuestReply first = a.call("count", "{\"n\":1}", true);
      assertThat(first.error()).isNull();
      assertThat(first.frame().headerObject().bool("more", false)).isTrue();
      assertThat(first.frame().body()).isEqualTo(Fixture.bytes("0"));
      Frame next = Frame.of(Value.Obj.builder().put("id", "m1").build());
      GuestReply end = a.instance().call(GuestOp.RESUME_STREAM, next, a.host());
      assertThat(end.frame().headerObject().bool("more", true)).isFalse();
    }
  }

  @Test
  void errorsNameTheUsersFileAndLine() {
    try (GuestModule m = handler("return None.x");
        Actor a = spawn(m)) {
      HostError e = a.refused("go", "{}");
      assertThat(e.business()).isFalse();
      assertThat(e.message()).contains("AttributeError");
      assertThat(String.valueOf(e.details())).contains("src/main.py").contains("None.x");
    }
  }

  @Test
  void deepRecursionIsARecursionErrorThatLeavesTheActorUsable() {
    try (GuestModule m =
            python(
                """
                def f(self):
                    return self.f() + 1

                @handler("go")
                def go(self):
                    return self.f()

                @handler("ok")
                def ok(self):
                    return 1
                """);
        Actor a = spawn(m)) {
      assertThat(a.refused("go", "{}").message()).contains("RecursionError");
      assertThat(a.ask("ok", "{}")).isEqualTo("1");
    }
  }

  @Test
  void aSpinningGuestComesToSafepointsAndCannotCatchTheEndOfItsTurn() throws Exception {
    try (GuestModule m =
            handler(
                """
                while True:
                    try:
                        while True:
                            pass
                    except BaseException:
                        pass
                """);
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
            handler(
                """
                while True:
                    try:
                        host.ask('y', 'op', {})
                    except BaseException:
                        pass
                """);
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
    try (GuestModule m = handler("return host.ask('y', 'op', {})");
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
  void printGoesToTheLogByLines() {
    try (GuestModule m = handler("print('a', 1)\nprint('ü\\nb', end='')");
        Actor a = spawn(m)) {
      a.ask("go", "{}");
      assertThat(a.host().log).containsExactly("info: a 1", "info: ü", "info: b");
    }
  }

  @Test
  void timeAndRandomNumbersAreTheHosts() {
    try (GuestModule m = handler("import random, time\nreturn [time.time(), random.random()]");
        Actor a = spawn(m, 1);
        Actor b = spawn(m, 2)) {
      String first = a.ask("go", "{}");
      assertThat(first).startsWith("[1700000000.0,");
      assertThat(b.ask("go", "{}")).isNotEqualTo(first);
    }
  }

  @Test
  void asyncHandlersAreAwaited() {
    try (GuestModule m =
            python(
                Map.of(
                    "src/main.py",
                    "import asyncio\n"
                        + Fixture.pythonActor(
                            """
                            @handler("go")
                            async def go(self):
                                async def one():
                                    return 1
                                return sum(await asyncio.gather(one(), one()))
                            """)));
        Actor a = spawn(m)) {
      assertThat(a.ask("go", "{}")).isEqualTo("2");
    }
  }

  @Test
  void tenMegabytesCross() {
    try (GuestModule m =
            python(
                """
                @handler("go")
                def go(self, t: str):
                    return t
                """);
        Actor a = spawn(m)) {
      String big = "\"" + "x".repeat(10 << 20) + "\"";
      assertThat(a.ask("go", "{\"t\":" + big + "}")).isEqualTo(big);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "open('/etc/passwd').read()",
        "__import__('os').listdir('/etc')",
        "__import__('os').stat('/etc/passwd').st_size",
        "open('/tmp/plexspaces-escape', 'w')",
        "__import__('os').environ['PATH']",
        "__import__('os').system('true') or 1/0",
        "__import__('os').fork()",
        "__import__('subprocess').run(['true'])",
        "__import__('socket').create_connection(('127.0.0.1', 1))",
        "__import__('threading').Thread(target=print).start()",
        "__import__('ctypes').CDLL(None)",
        "__import__('java').type('java.lang.System').exit(1)",
        "__import__('polyglot').eval(language='python', string='1')",
      })
  void thereIsNoWayOut(String escape) {
    try (GuestModule m = handler("return str(" + escape + ")");
        Actor a = spawn(m)) {
      String why;
      try {
        why = a.refused("go", "{}").message();
      } catch (GuestTrap e) {
        why = e.error().message(); // the engine refused what its language does not expect
      }
      assertThat(why).containsPattern("Error|not allowed|excluded");
    }
  }

  @Test
  void exitEndsTheActorAndNotTheNode() {
    try (GuestModule m = handler("import os\nos._exit(3)");
        Actor a = spawn(m)) {
      assertThatThrownBy(() -> a.handle("go", "{}"))
          .isInstanceOf(GuestTrap.class)
          .hasMessageContaining("exit(3)");
    }
  }
}
