package io.plexspaces.polyglot;

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
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Apps and actors of both languages for tests, with the real SDKs beside them. */
final class Fixture {
  static final MemoryBudget BUDGET = new MemoryBudget(1L << 30);
  static final PolyglotEngine JS = new PolyglotEngine(new JavaScript(), BUDGET);
  static final PolyglotEngine PY = new PolyglotEngine(new Python(), BUDGET);

  private Fixture() {}

  static GuestModule js(String members) {
    return js(Map.of("main.js", jsActor(members)));
  }

  static String jsActor(String members) {
    return """
    import { BusinessError, host, PlexSpacesActor, registerActors } from "@plexspaces/sdk";
    class X extends PlexSpacesActor {
    %s
    }
    registerActors(X);
    """
        .formatted(members);
  }

  static GuestModule js(Map<String, String> files) {
    return JS.load(
        artifact(
            "quickjs",
            "1",
            "main.js",
            files,
            Path.of("../../sdk-typescript/src"),
            "@plexspaces/sdk"),
        GuestLimits.DEFAULT);
  }

  static GuestModule python(String members) {
    return python(Map.of("src/main.py", pythonActor(members)));
  }

  static String pythonActor(String members) {
    return """
    from plexspaces import *
    from plexspaces import host

    @actor
    class X:
    """
        + members.indent(4);
  }

  static GuestModule python(Map<String, String> files) {
    return PY.load(
        artifact(
            "python",
            "3.13",
            "src/main.py",
            files,
            Path.of("../../sdk-python/src/plexspaces"),
            "plexspaces"),
        GuestLimits.DEFAULT);
  }

  static byte[] artifact(
      String engine, String version, String main, Map<String, String> files, Path sdk, String at) {
    SortedMap<String, byte[]> sources = new TreeMap<>();
    files.forEach((path, text) -> sources.put(path, bytes(text)));
    try (Stream<Path> found = Files.walk(sdk)) {
      for (Path p : found.filter(Files::isRegularFile).toList()) {
        String name = sdk.relativize(p).toString();
        if ((name.endsWith(".js") || name.endsWith(".py")) && !name.startsWith("testing")) {
          sources.put(at + "/" + name, Files.readAllBytes(p));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new CodelessModule(engine, version, main, sources, "test").write();
  }

  static byte[] bytes(String s) {
    return s.getBytes(StandardCharsets.UTF_8);
  }

  static String text(byte[] b) {
    return new String(b, StandardCharsets.UTF_8);
  }

  static byte[] seed(int n) {
    byte[] seed = new byte[32];
    seed[0] = (byte) n;
    return seed;
  }

  static Actor spawn(GuestModule module) {
    return spawn(module, 1);
  }

  static Actor spawn(GuestModule module, int seed) {
    String type = module.description().types().keySet().iterator().next();
    Actor a = new Actor(module.spawn(type, seed(seed)), new Host());
    Value.Obj header =
        Value.Obj.builder().put("type", type).put("actor_id", "app/" + type + "/k").build();
    GuestReply r = a.instance.call(GuestOp.INIT, Frame.of(header, bytes("{\"args\":{}}")), a.host);
    assertThat(r.error()).isNull();
    return a;
  }

  /** An actor and its host. */
  record Actor(GuestInstance instance, Host host) implements AutoCloseable {
    GuestReply handle(String op, String payload) {
      return call(op, payload, false);
    }

    GuestReply call(String op, String payload, boolean stream) {
      Value.Obj.Builder header =
          Value.Obj.builder()
              .put("op", op)
              .put("kind", "call")
              .put("id", "m1")
              .put("content_type", "application/json");
      if (stream) {
        header.put("stream", true);
      }
      return instance.call(GuestOp.HANDLE, Frame.of(header.build(), bytes(payload)), host);
    }

    String ask(String op, String payload) {
      GuestReply r = handle(op, payload);
      assertThat(r.error()).isNull();
      return new String(r.frame().body(), StandardCharsets.UTF_8);
    }

    HostError refused(String op, String payload) {
      HostError e = handle(op, payload).error();
      assertThat(e).isNotNull();
      return java.util.Objects.requireNonNull(e);
    }

    @Override
    public void close() {
      instance.close();
    }
  }

  /** Records what the guest does, and answers from a function. */
  static final class Host implements GuestHost {
    final List<String> calls = new ArrayList<>();
    final List<String> log = new ArrayList<>();
    BiFunction<String, Frame, Frame> answer =
        (op, f) -> {
          throw new HostException(ErrorCode.UNIMPLEMENTED, "no operation \"" + op + "\"");
        };
    Consumer<String> onLog = line -> {};
    volatile @Nullable Runnable onSafepoint;
    long now = 1_700_000_000_000L;

    @Override
    public Frame call(String operation, Frame request) {
      if (operation.equals("log")) {
        Value.Obj o = Json.readObject(request.header());
        String line = o.string("level", "") + ": " + o.string("message", "");
        log.add(line);
        onLog.accept(line);
        return Frame.EMPTY;
      }
      calls.add(operation + " " + new String(request.body(), StandardCharsets.UTF_8));
      return answer.apply(operation, request);
    }

    @Override
    public void log(int level, String message) {
      log.add(level + ": " + message);
    }

    @Override
    public void safepoint() {
      Runnable r = onSafepoint;
      if (r != null) {
        r.run();
      }
    }

    @Override
    public long nowMillis() {
      return now;
    }

    @Override
    public long nanoTime() {
      return now * 1_000_000;
    }
  }
}
