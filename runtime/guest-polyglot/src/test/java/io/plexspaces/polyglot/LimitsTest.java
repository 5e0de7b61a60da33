package io.plexspaces.polyglot;

import static io.plexspaces.polyglot.Fixture.spawn;
import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.guest.CoreLimits;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.polyglot.Fixture.Actor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The sizes that guests of every engine have to keep to, with the same errors. */
@Timeout(120)
class LimitsTest {
  private static final int MOST = CoreLimits.PAYLOAD;

  private static GuestModule python() {
    return Fixture.python(
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
  }

  private static GuestModule javaScript() {
    return Fixture.js(
        """
        onBig({ n }) { return "x".repeat(n); }
        onCall({ n }) {
          try {
            return host.ask("y", "op", "x".repeat(n)).length;
          } catch (e) {
            return `${e.code} ${e.retryable ? "True" : "False"} ${e.message}`;
          }
        }
        onName({ n }) {
          return globalThis.__plexspaces_host("x".repeat(n), "{}", "{}");
        }
        onPrint({ n }) { console.log("ü".repeat(n)); return 1; }
        onForget({ n }) {
          for (let i = 0; i < n; i++) {
            Promise.reject(new Error("nobody looks"));
          }
          const looked = Promise.reject(new Error("somebody looks"));
          looked.catch(() => 1);
          return 1;
        }
        """);
  }

  private static void check(GuestModule module) {
    try (module;
        Actor a = spawn(module)) {
      HostError tooLarge = a.refused("big", "{\"n\":" + MOST + "}");
      assertThat(tooLarge.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
      assertThat(tooLarge.retryable()).isFalse();
      assertThat(tooLarge.message()).contains("the reply has 16777220 bytes");
      assertThat(a.ask("big", "{\"n\":1000}")).hasSize(1002);
      assertThat(a.ask("call", "{\"n\":" + MOST + "}"))
          .contains("INVALID_ARGUMENT False", "the guest gave a ", "at most ");
      assertThat(a.host().calls).as("the host was not asked").isEmpty();
      a.host().answer = (op, f) -> Frame.ofBody(new byte[MOST + 1]);
      assertThat(a.ask("call", "{\"n\":1}"))
          .contains("RESOURCE_EXHAUSTED False", "the result of ask has ");
      a.host().answer = (op, f) -> Frame.ofBody(Fixture.bytes("\"four\""));
      assertThat(a.ask("call", "{\"n\":1}")).isEqualTo("4");
    }
  }

  @Test
  void whatIsTooLargeInPythonIsRefusedWithTheSize() {
    check(python());
  }

  @Test
  void whatIsTooLargeInJavaScriptIsRefusedWithTheSize() {
    check(javaScript());
  }

  @Test
  void anOperationsNameHasABoundAndALongLogLineIsCut() {
    try (GuestModule m = javaScript();
        Actor a = spawn(m)) {
      assertThat(a.ask("name", "{\"n\":257}"))
          .contains("INVALID_ARGUMENT", "an operation name of 257 bytes; at most 256 are allowed");
      a.ask("print", "{\"n\":1000000}");
      assertThat(a.host().log).hasSize(1);
      assertThat(Fixture.bytes(a.host().log.getFirst())).hasSizeBetween(65_000, 65_600);
      assertThat(a.host().log.getFirst()).endsWith("ü…");
    }
  }

  @Test
  void rejectionsThatNobodyHandlesAreLoggedAndManyAreCounted() {
    try (GuestModule m = javaScript();
        Actor a = spawn(m)) {
      a.ask("forget", "{\"n\":1}");
      assertThat(a.host().log).hasSize(1);
      assertThat(a.host().log.getFirst())
          .startsWith("4: unhandled promise rejection: Error: nobody looks");
      a.host().log.clear();
      a.ask("forget", "{\"n\":200}");
      assertThat(a.host().log).hasSize(17);
      assertThat(a.host().log.getLast()).isEqualTo("4: and 184 more unhandled promise rejections");
    }
  }
}
