package io.plexspaces.python;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.CodelessModule;
import io.plexspaces.api.guest.GuestHost;
import io.plexspaces.api.guest.GuestInstance;
import io.plexspaces.api.guest.GuestLimits;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.GuestOp;
import io.plexspaces.api.guest.GuestReply;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.wasm.ModuleCompiler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/** Apps and actors in Python for tests: one engine for the whole test run. */
final class PyFixture {
  /** The SDK's sources, beside this project's modules. */
  private static final Path SDK = Path.of("../../sdk-python/src/plexspaces");

  static final Path CACHE = Path.of("target/guest-classes");
  static final MemoryBudget BUDGET = new MemoryBudget(2L << 30);
  static final ModuleCompiler COMPILER = new ModuleCompiler(CACHE);
  static final PythonEngine ENGINE = new PythonEngine(COMPILER, CACHE, null, BUDGET);
  static final GuestLimits LIMITS = GuestLimits.DEFAULT;

  private static final String IMPORTS =
      """
      from plexspaces import BusinessError, HostError, actor, handler, host, query_handler, state

      """;

  private PyFixture() {}

  static byte[] artifact(String main) {
    return artifact("src/main.py", Map.of("src/main.py", main));
  }

  /** An artifact of these files and the SDK. */
  static byte[] artifact(String main, Map<String, String> files) {
    SortedMap<String, byte[]> sources = new TreeMap<>();
    files.forEach((path, text) -> sources.put(path, bytes(text)));
    try (Stream<Path> sdk = Files.walk(SDK)) {
      for (Path p : sdk.filter(PyFixture::isForGuests).toList()) {
        sources.put(
            "plexspaces/" + SDK.relativize(p).toString().replace('\\', '/'), Files.readAllBytes(p));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new CodelessModule("python", "3.13", main, sources, "test").write();
  }

  private static boolean isForGuests(Path p) {
    String path = SDK.relativize(p).toString().replace('\\', '/');
    return path.endsWith(".py") && !path.startsWith("testing/") && !path.equals("client.py");
  }

  /** An actor type {@code x} with these members, each line of four columns' indent. */
  static String actor(String members) {
    return IMPORTS + "@actor\nclass X:\n" + members.indent(4);
  }

  static GuestModule load(String main) {
    return ENGINE.load(artifact(main), LIMITS);
  }

  static byte[] seed(int n) {
    byte[] seed = new byte[32];
    seed[0] = (byte) n;
    return seed;
  }

  static Actor spawn(GuestModule module) {
    return spawn(module, 1, new Host());
  }

  /** An initialised actor of type {@code x}. */
  static Actor spawn(GuestModule module, int seed, Host host) {
    Actor a = new Actor(module.spawn("x", seed(seed)), host);
    Value.Obj header = Value.Obj.builder().put("type", "x").put("actor_id", "app/x/k").build();
    GuestReply reply =
        a.instance.call(GuestOp.INIT, Frame.of(header, bytes("{\"args\":{}}")), host);
    assertThat(reply.error()).isNull();
    return a;
  }

  static byte[] bytes(String s) {
    return s.getBytes(StandardCharsets.UTF_8);
  }

  /** An actor and its host. */
  record Actor(GuestInstance instance, Host host) implements AutoCloseable {

    GuestReply handle(String op, String payload) {
      return handle(op, "application/json", bytes(payload));
    }

    GuestReply handle(String op, String contentType, byte[] payload) {
      Value.Obj header =
          Value.Obj.builder()
              .put("op", op)
              .put("kind", "call")
              .put("id", "m1")
              .put("content_type", contentType)
              .build();
      return instance.call(GuestOp.HANDLE, Frame.of(header, payload), host);
    }

    /** The reply's JSON; fails the test if there is none. */
    String ask(String op, String payload) {
      GuestReply r = handle(op, payload);
      assertThat(r.error()).isNull();
      return new String(r.frame().body(), StandardCharsets.UTF_8);
    }

    HostError refused(String op, String payload) {
      HostError e = handle(op, payload).error();
      assertThat(e).isNotNull();
      return Objects.requireNonNull(e);
    }

    String stack(String op, String payload) {
      HostError e = refused(op, payload);
      return e.details() instanceof Value.Obj o ? o.string("stack", "") : "";
    }

    @Override
    public void close() {
      instance.close();
    }
  }

  /** A host whose operations and safepoint the test gives. */
  static final class Host implements GuestHost {
    final List<String> logged = new CopyOnWriteArrayList<>();
    long millis = 1_700_000_000_000L;
    Runnable safepoint = () -> {};
    BiFunction<String, Frame, Frame> operation =
        (op, request) -> {
          throw new HostException(ErrorCode.UNIMPLEMENTED, "there is no operation " + op);
        };

    @Override
    public Frame call(String op, Frame request) {
      if (op.equals("log")) {
        logged.add(request.headerObject().string("message", ""));
        return Frame.EMPTY;
      }
      if (op.equals("sleep")) {
        millis += request.headerObject().integer("ms", 0);
        return json("null");
      }
      if (op.equals("now_ms")) {
        return json(Long.toString(millis));
      }
      return operation.apply(op, request);
    }

    static Frame json(String text) {
      return Frame.ofBody(bytes(text));
    }

    @Override
    public void log(int level, String message) {
      logged.add(level + " " + message);
    }

    @Override
    public void safepoint() {
      safepoint.run();
    }

    @Override
    public long nowMillis() {
      return millis;
    }

    @Override
    public long nanoTime() {
      return millis * 1_000_000;
    }
  }

  static Value json(byte[] b) {
    return Json.read(b);
  }
}
