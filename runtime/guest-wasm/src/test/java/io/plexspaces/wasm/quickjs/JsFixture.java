package io.plexspaces.wasm.quickjs;

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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Apps and actors in JavaScript for tests: one engine for the whole test run. */
final class JsFixture {
  /** The SDK's sources, beside this project's modules. */
  private static final Path SDK = Path.of("../../sdk-typescript/src");

  static final MemoryBudget BUDGET = new MemoryBudget(1L << 30);
  static final ModuleCompiler COMPILER = new ModuleCompiler(Path.of("target/guest-classes"));
  static final QuickJsEngine ENGINE = new QuickJsEngine(COMPILER, BUDGET);

  private JsFixture() {}

  /** An artifact with one more source file, main.js, beside the SDK. */
  static byte[] artifact(String main) {
    return artifact(Map.of("main.js", main));
  }

  static byte[] artifact(Map<String, String> files) {
    SortedMap<String, byte[]> sources = new TreeMap<>();
    files.forEach((path, text) -> sources.put(path, text.getBytes(StandardCharsets.UTF_8)));
    try (Stream<Path> sdk = Files.list(SDK)) {
      for (Path p : sdk.filter(f -> f.toString().endsWith(".js")).toList()) {
        sources.put("@plexspaces/sdk/" + p.getFileName(), Files.readAllBytes(p));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new CodelessModule("quickjs", "1", "main.js", sources, "test").write();
  }

  /** A class X with these members, registered as the type {@code x}. */
  static String actor(String members) {
    return """
    import { BusinessError, host, PlexSpacesActor, registerActors } from "@plexspaces/sdk";
    class X extends PlexSpacesActor {
    %s
    }
    registerActors(X);
    """
        .formatted(members);
  }

  static GuestModule load(String main) {
    return ENGINE.load(artifact(main), GuestLimits.DEFAULT);
  }

  static byte[] seed(int n) {
    byte[] seed = new byte[32];
    seed[0] = (byte) n;
    return seed;
  }

  /** An initialised actor of type {@code x}, or of another. */
  static Actor spawn(GuestModule module) {
    return spawn(module, "x", 1, new Host());
  }

  static Actor spawn(GuestModule module, String type, int seed, Host host) {
    Actor a = new Actor(module.spawn(type, seed(seed)), host);
    Value.Obj header =
        Value.Obj.builder().put("type", type).put("actor_id", "app/" + type + "/k").build();
    GuestReply reply =
        a.instance.call(GuestOp.INIT, Frame.of(header, bytes("{\"args\":{}}")), host);
    assertThat(reply.error()).isNull();
    return a;
  }

  static byte[] bytes(String s) {
    return s.getBytes(StandardCharsets.UTF_8);
  }

  /** An actor and its host. */
  static final class Actor implements AutoCloseable {
    final GuestInstance instance;
    final Host host;

    Actor(GuestInstance instance, Host host) {
      this.instance = instance;
      this.host = host;
    }

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
    @Nullable Runnable onSafepoint;
    long now = 1_700_000_000_000L;

    @Override
    public Frame call(String operation, Frame request) {
      if (operation.equals("log")) {
        Value.Obj o = Json.readObject(request.header());
        log.add(o.string("level", "") + ": " + o.string("message", ""));
        return Frame.EMPTY;
      }
      calls.add(
          operation
              + " "
              + new String(request.header(), StandardCharsets.UTF_8)
              + " "
              + new String(request.body(), StandardCharsets.UTF_8));
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
