package io.plexspaces.bench;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.GuestEngine;
import io.plexspaces.api.guest.GuestLimits;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.deployer.build.GuestBuilder;
import io.plexspaces.engine.NativeModule;
import io.plexspaces.engine.NativeModule.NativeActor;
import io.plexspaces.engine.NativeModule.NativeContext;
import io.plexspaces.wasm.ModuleCompiler;
import io.plexspaces.wasm.WasmEngine;
import io.plexspaces.wasm.quickjs.QuickJsEngine;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The counter in Java, Rust and JavaScript, as modules of the engine. A module is loaded once, so
 * that what the JIT has learnt of it serves all benchmarks. One thread makes the counters.
 */
final class GuestCounters implements AutoCloseable {
  private static final Payload BY_ONE = Payload.json("{\"by\":1}");

  private final Path root;
  private final Path scratch;
  private final ModuleCompiler compiler = new ModuleCompiler(null);

  /** Engines and modules, closed in reverse. */
  private final Deque<Runnable> parts = new ArrayDeque<>();

  private @Nullable GuestModule rustModule;
  private @Nullable GuestModule typescriptModule;

  /**
   * @param root of the project's checkout
   * @param scratch a folder for what is built
   */
  GuestCounters(Path root, Path scratch) {
    this.root = root;
    this.scratch = scratch;
  }

  /** Reads and writes JSON as the guests in WASM do. */
  private static final class NativeCounter implements NativeActor {
    private long value;

    @Override
    public Payload handle(NativeContext context, String op, Payload payload) {
      if (op.equals("increment")) {
        value += ((Value.Obj) payload.value()).integer("by", 1);
      }
      return Payload.json(Value.Obj.builder().put("value", value).build());
    }
  }

  static NativeModule nativeModule() {
    return NativeModule.builder().type("counter", NativeCounter::new, "increment", "get").build();
  }

  /** Builds the Rust counter, as {@code plexspaces build} does. */
  byte[] rust() throws IOException, Unavailable {
    return build(root.resolve("examples/counter-rust"));
  }

  /** Packs the JavaScript counter: what a TypeScript one is once its types are gone. */
  byte[] typescript() throws IOException, Unavailable {
    if (GuestCounters.class.getResource("/quickjs/quickjs.wasm") == null) {
      throw new Unavailable("this build has no QuickJS engine: install npm and build again");
    }
    Path source = scratch.resolve("counter.js");
    try (InputStream in = GuestCounters.class.getResourceAsStream("/guests/counter.js")) {
      if (in == null) {
        throw new IllegalStateException("guests/counter.js is not in the jar");
      }
      Files.write(source, in.readAllBytes());
    }
    return build(source);
  }

  private byte[] build(Path source) throws IOException, Unavailable {
    Path out = scratch.resolve(source.getFileName() + ".wasm");
    try {
      var _ = new GuestBuilder().build(source, out, line -> {});
    } catch (HostException e) {
      throw new Unavailable(e.error().message());
    }
    return Files.readAllBytes(out);
  }

  Counters nativeCounters(int n) {
    return counters(nativeModule(), n);
  }

  Counters rustCounters(int n) throws IOException, Unavailable {
    GuestModule module = rustModule;
    if (module == null) {
      module = load(new WasmEngine(compiler, MemoryBudget.unlimited()), rust());
      rustModule = module;
    }
    return counters(module, n);
  }

  Counters typescriptCounters(int n) throws IOException, Unavailable {
    GuestModule module = typescriptModule;
    if (module == null) {
      module = load(new QuickJsEngine(compiler, MemoryBudget.unlimited()), typescript());
      typescriptModule = module;
    }
    return counters(module, n);
  }

  private GuestModule load(GuestEngine engine, byte[] artifact) {
    parts.push(engine::close);
    GuestModule module = engine.load(artifact, GuestLimits.DEFAULT);
    parts.push(module::close);
    return module;
  }

  private static Counters counters(GuestModule module, int n) {
    EngineApp app = new EngineApp(module);
    List<ActorId> ids = new ArrayList<>(n);
    for (int i = 0; i < n; i++) {
      ids.add(EngineApp.id("counter", "c" + i));
    }
    return new Counters() {
      @Override
      public void increment(int counter) {
        app.send(ids.get(counter), "increment", BY_ONE);
      }

      @Override
      public void incrementAndGet(int counter) {
        var _ = app.ask(ids.get(counter), "increment", BY_ONE);
      }

      @Override
      public void close() {
        app.close();
      }
    };
  }

  /** All apps must have been closed before. */
  @Override
  public void close() {
    while (!parts.isEmpty()) {
      parts.pop().run();
    }
  }
}
