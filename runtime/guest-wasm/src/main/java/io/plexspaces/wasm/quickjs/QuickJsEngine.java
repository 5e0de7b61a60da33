package io.plexspaces.wasm.quickjs;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.CodelessModule;
import io.plexspaces.api.guest.GuestEngine;
import io.plexspaces.api.guest.GuestLimits;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.GuestOp;
import io.plexspaces.api.guest.GuestReply;
import io.plexspaces.api.guest.GuestTrap;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.api.guest.ModuleDescription;
import io.plexspaces.api.guest.Preludes;
import io.plexspaces.api.guest.ScriptPositions;
import io.plexspaces.api.guest.StartupHost;
import io.plexspaces.api.guest.TurnStopped;
import io.plexspaces.wasm.GuestRandom;
import io.plexspaces.wasm.GuestState;
import io.plexspaces.wasm.HostImports;
import io.plexspaces.wasm.Lease;
import io.plexspaces.wasm.ModuleCompiler;
import io.plexspaces.wasm.Program;
import io.plexspaces.wasm.Template;
import io.plexspaces.wasm.WasiImports;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Loads apps written in TypeScript or JavaScript: codeless modules for {@code quickjs@1}. QuickJS
 * is compiled and initialised once, when the first app is loaded. Thread-safe.
 */
public final class QuickJsEngine implements GuestEngine {
  private static final String NAME = "quickjs";
  private static final String VERSION = "1";
  private static final String BINARY = "/quickjs/quickjs.wasm";

  /** The engine's own stack has 1 MiB; what is above this is left to its C functions. */
  private static final int STACK_BYTES = 512 << 10;

  /** What QuickJS's own data, stack and allocator need of an actor's memory. */
  private static final long OVERHEAD_BYTES = 2L << 20;

  private static final String RANDOM_FILE = "random.js";

  /** For the engine alone: each app is loaded, and each actor begins, under a seed of its own. */
  private static final byte[] TEMPLATE_SEED = new byte[GuestRandom.SEED_BYTES];

  private final ModuleCompiler compiler;
  private final MemoryBudget budget;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable Base base;
  private boolean closed;

  /** The initialised engine, from which apps are forked. */
  private record Base(Program program, Template template) {}

  /**
   * @param budget what templates and actors are charged to
   */
  public QuickJsEngine(ModuleCompiler compiler, MemoryBudget budget) {
    this.compiler = compiler;
    this.budget = budget;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean accepts(byte[] artifact) {
    String engine = CodelessModule.engineOf(artifact);
    return engine != null && engine.startsWith(NAME + "@");
  }

  @Override
  public GuestModule load(byte[] artifact, GuestLimits limits) {
    CodelessModule app = CodelessModule.read(artifact);
    app.requireEngine(NAME, VERSION, "this node has");
    Base b = base();
    QuickJsImports imports = new QuickJsImports(app);
    Program program = link(b.program(), imports);
    try {
      return start(artifact, app, b.template(), program, imports, limits);
    } catch (RuntimeException e) {
      program.close();
      throw e;
    }
  }

  private GuestModule start(
      byte[] artifact,
      CodelessModule app,
      Template engine,
      Program program,
      QuickJsImports imports,
      GuestLimits limits) {
    QuickJsExports exports = QuickJsExports.of(program);
    byte[] seed = new byte[GuestRandom.SEED_BYTES];
    new SecureRandom().nextBytes(seed);
    GuestState state = program.fork(engine, seed, limits, budget);
    boolean good = false;
    try (StartupHost host = new StartupHost(limits.loadTimeout())) {
      ModuleDescription description;
      Handles handles;
      try (Lease lease = state.enter(host)) {
        Js js = new Js(exports, lease);
        js.limitMemory(Math.max(limits.memoryBytes() - OVERHEAD_BYTES, limits.memoryBytes() / 2));
        run(js, RANDOM_FILE, randomOf(seed));
        evaluate(js, app);
        handles = handles(js, app);
        description = describe(js, lease, handles);
        js.collectGarbage();
      }
      imports.reportRejections(state, host);
      Template template = state.freeze();
      good = true;
      return new QuickJsModule(
          GuestModule.digestOf(artifact),
          description,
          program,
          template,
          imports,
          exports,
          handles,
          limits,
          budget);
    } catch (GuestTrap e) {
      throw doesNotStart(app.main(), e.error());
    } catch (TurnStopped e) {
      throw doesNotStart(app.main(), e.error());
    } finally {
      if (!good) {
        imports.forget(state);
        state.close();
      }
    }
  }

  private static void evaluate(Js js, CodelessModule app) {
    byte[] source = app.sources().getOrDefault(app.main(), new byte[0]);
    int result = js.eval(source, app.main(), true);
    if (js.isException(result)) {
      throw doesNotStart(js, app, js.takeException());
    }
    js.drain();
    switch (js.promiseState(result)) {
      case 0 ->
          throw refused(
              app.main() + " does not start: its top level waits for a promise nothing settles");
      case 2 -> throw doesNotStart(js, app, js.promiseResult(result));
      default -> js.freeValue(result);
    }
  }

  private static HostException doesNotStart(Js js, CodelessModule app, int thrown) {
    return refused(
        app.main()
            + " does not start: "
            + new ScriptPositions(app.sources()).original(js.describe(thrown)));
  }

  private static Handles handles(Js js, CodelessModule app) {
    int global = js.global();
    int call = js.property(global, "__plexspaces_call");
    js.freeValue(global);
    if (!js.isFunction(call)) {
      throw refused(app.main() + " has no actors: it does not import \"@plexspaces/sdk\"");
    }
    return Handles.of(js, call);
  }

  private static ModuleDescription describe(Js js, Lease lease, Handles handles) {
    GuestReply reply =
        QuickJsInstance.call(
            js, lease, handles, GuestOp.DESCRIBE, Frame.EMPTY.header(), Frame.EMPTY.body());
    HostError error = reply.error();
    if (error != null) {
      throw refused("the module cannot be described: " + error.message());
    }
    return ModuleDescription.parse(Json.read(reply.frame().body()));
  }

  private Base base() {
    lock.lock();
    try {
      if (closed) {
        throw refused("the engine is closed");
      }
      Base b = base;
      if (b == null) {
        b = initialise();
        base = b;
      }
      return b;
    } finally {
      lock.unlock();
    }
  }

  private Base initialise() {
    byte[] binary = resource(BINARY);
    if (binary == null) {
      throw refused(
          "this build has no JavaScript engine: it was made with -Dnpm.skip=true; build it again"
              + " with npm on the PATH");
    }
    QuickJsImports imports = new QuickJsImports(null);
    Program program = new Program(compiler.compile(binary), importsOf(imports));
    QuickJsExports exports = QuickJsExports.of(program);
    imports.bind(exports);
    GuestLimits limits = GuestLimits.DEFAULT;
    try (StartupHost host = new StartupHost(limits.loadTimeout())) {
      GuestState state = program.start(host, TEMPLATE_SEED, limits, budget);
      return new Base(program, initialised(state, exports, host));
    } catch (GuestTrap e) {
      throw doesNotStart("the JavaScript engine", e.error());
    } catch (TurnStopped e) {
      throw doesNotStart("the JavaScript engine", e.error());
    }
  }

  private static Template initialised(GuestState state, QuickJsExports exports, StartupHost host) {
    boolean good = false;
    try {
      try (Lease lease = state.enter(host)) {
        Js js = new Js(exports, lease);
        js.initialize(STACK_BYTES);
        prepare(js);
      }
      good = true;
      return state.freeze();
    } finally {
      if (!good) {
        state.close();
      }
    }
  }

  private static void prepare(Js js) {
    int global = js.global();
    int function = js.hostFunction(QuickJsImports.HOST_FUNCTION);
    js.setProperty(global, QuickJsImports.HOST_FUNCTION, function);
    js.freeValue(function);
    js.freeValue(global);
    run(js, Preludes.JAVA_SCRIPT_FILE, Preludes.javaScript());
  }

  private static void run(Js js, String name, byte[] script) {
    int result = js.eval(script, name, false);
    if (js.isException(result)) {
      throw new IllegalStateException(name + ": " + js.describe(js.takeException()));
    }
    js.freeValue(result);
  }

  /**
   * {@code Math.random} for the time while an app is imported; the SDK gives each actor its own.
   * The engine's was seeded when the engine started, and would be the same for all apps.
   */
  private static byte[] randomOf(byte[] seed) {
    ByteBuffer words = ByteBuffer.wrap(seed);
    StringBuilder call = new StringBuilder("(");
    for (int i = 0; i < 3; i++) {
      call.append(words.getInt()).append(", ");
    }
    call.append(words.getInt() | 1).append(");"); // it stands still at zero
    byte[] script = resource(RANDOM_FILE);
    if (script == null) {
      throw new IllegalStateException(RANDOM_FILE + " is not packed");
    }
    return (new String(script, StandardCharsets.UTF_8) + call).getBytes(StandardCharsets.UTF_8);
  }

  private static Program link(Program engine, QuickJsImports imports) {
    Program program = new Program(engine.module(), importsOf(imports));
    imports.bind(QuickJsExports.of(program));
    return program;
  }

  private static HostImports importsOf(QuickJsImports imports) {
    return HostImports.builder().addAll(imports.env()).addAll(WasiImports.all()).build();
  }

  private static byte @Nullable [] resource(String name) {
    try (InputStream in = QuickJsEngine.class.getResourceAsStream(name)) {
      return in == null ? null : in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      Base b = base;
      base = null;
      if (b != null) {
        b.program().close();
        b.template().close();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Where the node has no memory left, the module is not to blame and the code says so. */
  private static HostException doesNotStart(String what, HostError why) {
    String message = what + " does not start: " + why.message();
    return why.code() == ErrorCode.RESOURCE_EXHAUSTED
        ? new HostException(new HostError(why.code(), message, why.retryable(), Value.NULL, false))
        : refused(message);
  }

  private static HostException refused(String why) {
    return new HostException(ErrorCode.FAILED_PRECONDITION, why);
  }
}
