package io.plexspaces.python;

import static io.plexspaces.python.PyFixture.actor;
import static io.plexspaces.python.PyFixture.artifact;
import static io.plexspaces.python.PyFixture.load;
import static io.plexspaces.python.PyFixture.spawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.guest.CoreLimits;
import io.plexspaces.api.guest.GuestLimits;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.TurnStopped;
import io.plexspaces.python.PyFixture.Actor;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PythonLimitsTest {
  private static final String APP =
      actor(
          """
          kept: list = state(default_factory=list)

          @handler("allocate")
          def allocate(self):
              while True:
                  self.kept.append("x" * 100_000)

          @handler("small")
          def small(self):
              while True:
                  self.kept.append([len(self.kept)])

          @handler("spin")
          def spin(self):
              while True:
                  pass

          @handler("recurse")
          def recurse(self, n: int = 0) -> int:
              return self.recurse(n + 1) + 1

          @handler("deep")
          def deep(self) -> int:
              def down(n):
                  return 0 if n == 0 else down(n - 1) + 1
              return down(800)

          @handler("nested")
          def nested(self) -> int:
              import json
              return len(json.loads("[" * 100_000 + "]" * 100_000))

          @handler("exit")
          def leave(self):
              import os
              os._exit(3)

          @handler("sys_exit")
          def sys_exit(self):
              raise SystemExit(3)

          @handler("ok")
          def ok(self) -> str:
              return "ok"
          """);

  private static final GuestLimits SMALL = new GuestLimits(16L << 20, Duration.ofSeconds(30));

  @Test
  void endlessAllocationIsAClearError() throws Exception {
    try (GuestModule m = PyFixture.ENGINE.load(artifact(APP), SMALL);
        Actor a = spawn(m)) {
      for (String op : new String[] {"allocate", "small"}) {
        a.instance().mark();
        assertThat(failure(a, op))
            .as(op)
            .isEqualTo(
                HostError.lasting(
                    ErrorCode.RESOURCE_EXHAUSTED,
                    "the actor is out of memory: it has reached memory_per_actor"));
        a.instance().rollBack();
        assertThat(a.ask("ok", "{}")).isEqualTo("\"ok\"");
      }
    }
  }

  @Test
  void whatIsTooLargeIsRefusedWithTheSize() {
    String app =
        actor(
            """
            @handler("big")
            def big(self, n: int):
                return "x" * n

            @handler("call")
            def call(self, n: int):
                try:
                    return len(host.ask("y", "op", "x" * n))
                except HostError as e:
                    return e.code + " " + str(e.retryable) + " " + str(e)
            """);
    int most = CoreLimits.PAYLOAD;
    GuestLimits wide = new GuestLimits(512L << 20, Duration.ofSeconds(30));
    try (GuestModule m = PyFixture.ENGINE.load(artifact(app), wide);
        Actor a = spawn(m)) {
      for (int n : new int[] {most, most + (1 << 20)}) {
        a.instance().mark();
        HostError tooLarge = failure(a, "big", "{\"n\":" + n + "}");
        assertThat(tooLarge.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
        assertThat(tooLarge.retryable()).isFalse();
        assertThat(tooLarge.message()).contains("the reply has ", "at most 16777216 are allowed");
        a.instance().rollBack();
        assertThat(a.ask("call", "{\"n\":" + n + "}"))
            .contains("INVALID_ARGUMENT False", "the guest gave a request of ", "at most 16777216");
      }
      a.host().operation = (op, f) -> Frame.ofBody(new byte[most + 1]);
      assertThat(a.ask("call", "{\"n\":1}"))
          .contains("RESOURCE_EXHAUSTED False", "the result of ask has ");
    }
  }

  /** The error of a call, whether it came as a reply or as a trap. */
  private static HostError failure(Actor a, String op) {
    return failure(a, op, "{}");
  }

  private static HostError failure(Actor a, String op, String payload) {
    try {
      return a.refused(op, payload);
    } catch (io.plexspaces.api.guest.GuestTrap t) {
      return t.error();
    }
  }

  @Test
  void anEndlessLoopIsStoppedAtASafepoint() throws Exception {
    try (GuestModule m = load(APP);
        Actor a = spawn(m)) {
      a.instance().mark();
      CountDownLatch running = new CountDownLatch(1);
      a.host().safepoint =
          () -> {
            throw new TurnStopped(HostError.of(ErrorCode.DEADLINE_EXCEEDED, "it took too long"));
          };
      AtomicReference<@Nullable Throwable> ended = new AtomicReference<>();
      Thread t =
          Thread.ofVirtual()
              .start(() -> {
                running.countDown();
                try {
                  a.ask("spin", "{}");
                } catch (Throwable e) {
                  ended.set(e);
                }
              });
      running.await();
      while (t.isAlive()) {
        a.instance().requestSafepoint();
        t.join(Duration.ofMillis(5));
      }
      assertThat(ended.get()).isInstanceOf(TurnStopped.class).hasMessage("it took too long");
      a.host().safepoint = () -> {};
      a.instance().rollBack();
      assertThat(a.ask("ok", "{}")).isEqualTo("\"ok\"");
    }
  }

  @Test
  void recursionWithoutEndIsARecursionError() throws Exception {
    try (GuestModule m = load(APP);
        Actor a = spawn(m)) {
      AtomicReference<@Nullable HostError> error = new AtomicReference<>();
      Thread.ofVirtual().start(() -> error.set(a.refused("recurse", "{}"))).join();
      assertThat(error.get()).isNotNull();
      assertThat(String.valueOf(error.get())).contains("RecursionError: maximum recursion depth");
      assertThat(a.ask("deep", "{}")).isEqualTo("800");
      // Recursion of C code ends at Python's limit or at the end of the stack, whichever is first.
      a.instance().mark();
      assertThat(failure(a, "nested").message())
          .containsAnyOf("RecursionError", "its recursion is too deep");
      a.instance().rollBack();
      assertThat(a.ask("ok", "{}")).isEqualTo("\"ok\"");
    }
  }

  @Test
  void anExitEndsTheTurnOnly() {
    try (GuestModule m = load(APP);
        Actor a = spawn(m)) {
      a.instance().mark();
      assertThat(failure(a, "exit").message()).isEqualTo("the guest exited with status 3");
      a.instance().rollBack();
      assertThat(a.refused("sys_exit", "{}").message()).isEqualTo("SystemExit: 3");
      assertThat(a.ask("ok", "{}")).isEqualTo("\"ok\"");
    }
  }

  @Test
  void codeThatDoesNotEndAtImportIsRefused() {
    GuestLimits limits = new GuestLimits(64L << 20, Duration.ofSeconds(1));
    assertThatThrownBy(() -> PyFixture.ENGINE.load(artifact("while True:\n    pass\n"), limits))
        .hasMessageContaining("src/main.py does not start: it did not end within 1000 ms");
  }
}
