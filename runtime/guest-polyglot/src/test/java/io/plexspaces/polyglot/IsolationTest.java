package io.plexspaces.polyglot;

import static io.plexspaces.polyglot.Fixture.spawn;
import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.Frame;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.GuestInstance;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.GuestOp;
import io.plexspaces.api.guest.GuestReply;
import io.plexspaces.polyglot.Fixture.Actor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Contexts of one engine share code and nothing else: apps of two tenants may be in it. */
@Timeout(300)
class IsolationTest {
  private static final String PYTHON =
      """
      import builtins, json, plexspaces, sys
      MINE = []
      """
          + Fixture.pythonActor(
              """
              @handler("leave")
              def leave(self, what: str):
                  MINE.append(what)
                  builtins.left = what
                  json.left = what
                  plexspaces.left = what
                  sys.modules["left"] = what
                  list_type = type(self)
                  list_type.left = what
                  json.dumps = lambda *a, **k: '"stolen"'
                  return 1

              @handler("look")
              def look(self):
                  found = [hasattr(o, "left") for o in (builtins, json, plexspaces, type(self))]
                  return [len(MINE), any(found), "left" in sys.modules, json.dumps(1)]
              """);

  private static final String JAVA_SCRIPT =
      """
      onLeave({ what }) {
        globalThis.left = what;
        Object.prototype.left = what;
        Array.prototype.map = () => "stolen";
        JSON.left = what;
        this.constructor.left = what;
        return 1;
      }
      onLook() {
        return [typeof globalThis.left, typeof ({}).left, [1].map((x) => x)[0], typeof JSON.left, typeof this.constructor.left];
      }
      """;

  private static void check(GuestModule one, GuestModule other, String nothing) {
    try (one;
        other;
        Actor a = spawn(one);
        Actor b = spawn(one);
        Actor c = spawn(other)) {
      assertThat(b.ask("look", "{}")).isEqualTo(nothing);
      a.handle("leave", "{\"what\":\"secret\"}"); // what it answers is its own affair by then
      assertThat(b.ask("look", "{}")).as("an actor of the same app").isEqualTo(nothing);
      assertThat(c.ask("look", "{}")).as("an actor of another app").isEqualTo(nothing);
      try (Actor later = spawn(one)) {
        assertThat(later.ask("look", "{}")).as("one that comes later").isEqualTo(nothing);
      }
    }
  }

  @Test
  void actorsInPythonSeeNothingOfEachOther() {
    check(
        Fixture.python(Map.of("src/main.py", PYTHON)),
        Fixture.python(Map.of("src/main.py", PYTHON + "\n# another\n")),
        "[0,false,false,\"1\"]");
  }

  @Test
  void actorsInJavaScriptSeeNothingOfEachOther() {
    check(
        Fixture.js(JAVA_SCRIPT),
        Fixture.js(JAVA_SCRIPT + "\n// another\n"),
        "[\"undefined\",\"undefined\",1,\"undefined\",\"undefined\"]");
  }

  /** Each of several contexts on its own thread, all at once. */
  @Test
  void manyActorsRunAtOnce() throws Exception {
    try (GuestModule m =
            Fixture.python(
                """
                @handler("go")
                def go(self, n: int) -> int:
                    total = 0
                    for i in range(20000):
                        total += n
                    return total
                """);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<String>> answers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        int n = i;
        answers.add(
            threads.submit(() -> {
              try (Actor a = spawn(m, n)) {
                return a.ask("go", "{\"n\":" + n + "}");
              }
            }));
      }
      for (int i = 0; i < 8; i++) {
        assertThat(answers.get(i).get()).isEqualTo(String.valueOf(20000 * i));
      }
    }
  }

  private static GuestReply opaque(
      GuestInstance i, byte[] payload, Fixture.Host host, String type) {
    Value.Obj header =
        Value.Obj.builder()
            .put("op", "go")
            .put("kind", "call")
            .put("id", "m1")
            .put("content_type", type)
            .build();
    return i.call(GuestOp.HANDLE, Frame.of(header, payload), host);
  }

  @Test
  void payloadsOfNoBytesAndOfOtherTypesAreAnswered() {
    try (GuestModule py =
            Fixture.python(
                "@handler(\"go\")\ndef go(self, payload):\n    return type(payload).__name__\n");
        Actor a = spawn(py);
        GuestModule js =
            Fixture.js("onGo(m) { return m === null ? 'null' : m.constructor.name; }");
        Actor b = spawn(js)) {
      List<String> seen = new ArrayList<>();
      for (Actor actor : List.of(a, b)) {
        for (String type : List.of("application/json", "application/octet-stream")) {
          for (byte[] payload : List.of(new byte[0], new byte[] {(byte) 0xff, 0, (byte) 0xc3})) {
            GuestReply r = opaque(actor.instance(), payload, actor.host(), type);
            seen.add(
                r.error() == null
                    ? Fixture.text(r.frame().body())
                    : r.error().code() + " " + r.error().business());
          }
        }
        assertThat(actor.ask("go", "{}")).as("it goes on").isNotEmpty();
      }
      assertThat(seen)
          .containsExactly(
              "\"dict\"",
              "INVALID_ARGUMENT true",
              "\"bytes\"",
              "\"bytes\"",
              "\"Object\"",
              "INVALID_ARGUMENT true",
              "\"Uint8Array\"",
              "\"Uint8Array\"");
    }
  }

  @Test
  void asyncioWorksWhereverItIsImported() {
    try (GuestModule m =
            Fixture.python(
                """
                async def later(self):
                    import asyncio
                    async def one(n):
                        await asyncio.sleep(n / 1000)
                        return n
                    async with asyncio.timeout(60):
                        return await asyncio.gather(one(20), one(10))

                @handler("go")
                async def go(self):
                    return await self.later()
                """);
        Actor a = spawn(m)) {
      a.host().answer =
          (op, f) -> {
            if (op.equals("sleep")) {
              a.host().now += f.headerObject().integer("ms", 0);
            }
            return Frame.ofBody(Fixture.bytes(op.equals("now_ms") ? "" + a.host().now : "null"));
          };
      assertThat(a.ask("go", "{}")).isEqualTo("[20,10]");
      assertThat(a.host().calls.stream().filter(c -> c.startsWith("sleep"))).hasSize(2);
    }
  }
}
