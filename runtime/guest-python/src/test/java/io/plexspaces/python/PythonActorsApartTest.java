package io.plexspaces.python;

import static io.plexspaces.python.PyFixture.actor;
import static io.plexspaces.python.PyFixture.bytes;
import static io.plexspaces.python.PyFixture.load;
import static io.plexspaces.python.PyFixture.spawn;
import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.GuestReply;
import io.plexspaces.python.PyFixture.Actor;
import io.plexspaces.python.PyFixture.Host;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Actors of one template are alike in nothing that is random, and leave nothing behind. */
class PythonActorsApartTest {
  private static final String DRAW =
      """
      import os, random, secrets, uuid, tempfile
      MINE = random.Random()
      CHOSEN = random.Random(42)
      SYSTEM = random.SystemRandom()
      LATER = random.Random()
      LATER.seed(42)
      BACK = random.Random()
      BACK.setstate(random.Random(42).getstate())
      KEYS = [secrets.token_hex(16), str(random.random()), uuid.uuid4().hex]
      """
          + actor(
              """
              @handler("draw")
              def draw(self) -> list:
                  return [
                      str(random.random()),
                      str(random.Random().random()),
                      str(MINE.random()),
                      str(SYSTEM.random()),
                      secrets.token_hex(8),
                      str(secrets.randbelow(1 << 60)),
                      str(uuid.uuid4()),
                      os.urandom(8).hex(),
                  ]

              @handler("chosen")
              def chosen(self) -> list:
                  return [CHOSEN.random(), LATER.random(), BACK.random()]

              @handler("keys")
              def keys(self) -> list:
                  return KEYS

              @handler("hash")
              def hash(self) -> int:
                  return hash("abc")
              """);

  private static List<String> drawn(Actor a) {
    return List.of(a.ask("draw", "{}").replaceAll("[\\[\\]\"]", "").split(",", -1));
  }

  @Test
  void noTwoActorsShareASequence() {
    try (GuestModule m = load(DRAW);
        Actor one = spawn(m, 1, new Host());
        Actor other = spawn(m, 2, new Host());
        Actor same = spawn(m, 1, new Host())) {
      List<String> first = drawn(one);
      assertThat(first).hasSize(8).doesNotHaveDuplicates();
      assertThat(drawn(other)).doesNotContainAnyElementsOf(first);
      assertThat(drawn(same)).as("the same seed").isEqualTo(first);
      assertThat(drawn(one)).as("later").doesNotContainAnyElementsOf(first);
      assertThat(other.ask("chosen", "{}"))
          .as("a seed of the app's own is kept")
          .isEqualTo(one.ask("chosen", "{}"));
      assertThat(numbers(one.ask("chosen", "{}"))).as("whenever it was given").hasSize(1);
      assertThat(other.ask("hash", "{}"))
          .as("sets are in the same order")
          .isEqualTo(one.ask("hash", "{}"));
    }
  }

  private static Set<String> numbers(String list) {
    return new HashSet<>(List.of(list.replaceAll("[\\[\\]]", "").split(",", -1)));
  }

  /** Where each app began with the same numbers, anybody could compute its secrets. */
  @Test
  void whatAnAppDrawsWhileItIsImportedIsItsOwnAndItsActorsShareIt() {
    try (GuestModule m = load(DRAW);
        GuestModule again = load(DRAW);
        Actor one = spawn(m, 1, new Host());
        Actor other = spawn(m, 2, new Host());
        Actor elsewhere = spawn(again, 1, new Host())) {
      List<String> keys = keys(one);
      assertThat(keys).hasSize(3);
      assertThat(keys(other)).isEqualTo(keys);
      assertThat(keys(elsewhere)).doesNotContainAnyElementsOf(keys);
    }
  }

  private static List<String> keys(Actor a) {
    return List.of(a.ask("keys", "{}").replaceAll("[\\[\\]\"]", "").split(",", -1));
  }

  @Test
  void payloadsOfNoBytesAndOfOtherTypesAreAnswered() {
    String app =
        actor(
            """
            @handler("kind")
            def kind(self, payload) -> str:
                return f"{type(payload).__name__} {len(payload)}"

            @handler("back")
            def back(self, payload):
                return payload
            """);
    try (GuestModule m = load(app);
        Actor a = spawn(m)) {
      assertThat(kind(a, "application/json", new byte[0])).isEqualTo("\"dict 0\"");
      assertThat(kind(a, "application/octet-stream", new byte[0])).isEqualTo("\"bytes 0\"");
      byte[] odd = {0, (byte) 0xff, (byte) 0xc3, 10, 13, 0};
      assertThat(kind(a, "application/octet-stream", odd)).isEqualTo("\"bytes 6\"");
      assertThat(kind(a, "text/plain", bytes("{}"))).isEqualTo("\"bytes 2\"");
      GuestReply refused = a.handle("kind", "application/json", odd);
      assertThat(Objects.requireNonNull(refused.error()).business()).isTrue();
      byte[] large = new byte[1 << 20];
      assertThat(kind(a, "application/octet-stream", large)).isEqualTo("\"bytes 1048576\"");
      assertThat(new String(a.handle("back", "x/y", odd).frame().body(), StandardCharsets.UTF_8))
          .isEqualTo("{\"$bytes\":\"AP/DCg0A\"}");
    }
  }

  private static String kind(Actor a, String type, byte[] payload) {
    GuestReply r = a.handle("kind", type, payload);
    assertThat(r.error()).isNull();
    return new String(r.frame().body(), StandardCharsets.UTF_8);
  }

  /** Classes of guests are loaded by a loader of their own, so a leak of one would be of many. */
  @Test
  void anUndeployedAppAndAClosedEngineLeaveNoClassesAndNoCharge() throws Exception {
    long charged = PyFixture.BUDGET.used();
    List<WeakReference<?>> gone = new ArrayList<>();
    used(gone);
    assertThat(gone).hasSize(3);
    for (int i = 0; i < 100 && gone.stream().anyMatch(r -> r.get() != null); i++) {
      System.gc();
      Thread.sleep(20); // a collector has no event to wait for
    }
    assertThat(gone).allSatisfy(r -> assertThat((Object) r.get()).isNull());
    assertThat(PyFixture.BUDGET.used()).isEqualTo(charged);
  }

  private static void used(List<WeakReference<?>> gone) {
    String app =
        actor(
            """
            @handler("go")
            def go(self):
                return host.ask("app/y/k", "op", {})
            """);
    try (PythonEngine engine =
        new PythonEngine(PyFixture.COMPILER, PyFixture.CACHE, null, PyFixture.BUDGET)) {
      AtomicReference<@Nullable ClassLoader> loader = new AtomicReference<>();
      try (GuestModule m = engine.load(PyFixture.artifact(app), PyFixture.LIMITS)) {
        Host host = new Host();
        host.operation =
            (op, request) -> {
              loader.set(guestLoader());
              return Host.json("1");
            };
        try (Actor a = spawn(m, 1, host)) {
          assertThat(a.ask("go", "{}")).isEqualTo("1");
          gone.add(new WeakReference<>(a.instance()));
        }
        gone.add(new WeakReference<>(m));
      }
      ClassLoader classes = Objects.requireNonNull(loader.get());
      assertThat(classes).isNotSameAs(PythonActorsApartTest.class.getClassLoader());
      gone.add(new WeakReference<>(classes));
    }
  }

  /** The loader of the interpreter's classes that are on the stack now. */
  private static @Nullable ClassLoader guestLoader() {
    return StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE)
        .walk(frames ->
            frames
                .map(StackWalker.StackFrame::getDeclaringClass)
                .filter(c -> c.getName().startsWith("io.trino.wasm.python."))
                .map(Class::getClassLoader)
                .findFirst()
                .orElse(null));
  }
}
