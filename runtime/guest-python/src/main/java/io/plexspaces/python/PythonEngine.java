package io.plexspaces.python;

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
import io.plexspaces.api.guest.StartupHost;
import io.plexspaces.api.guest.TurnStopped;
import io.plexspaces.wasm.GuestRandom;
import io.plexspaces.wasm.GuestState;
import io.plexspaces.wasm.Lease;
import io.plexspaces.wasm.ModuleCompiler;
import io.plexspaces.wasm.Program;
import io.plexspaces.wasm.Template;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Loads apps written in Python: codeless modules for {@code python@3.13}. The interpreter is read
 * from disk, or initialised, when the first app is loaded. Thread-safe.
 */
public final class PythonEngine implements GuestEngine {
  private static final String NAME = "python";
  private static final String VERSION = "3.13";

  /** CPython recurses deeply where it compiles. */
  private static final long STACK_BYTES = 8L << 20;

  private final ModuleCompiler compiler;
  private final TemplateFiles files;
  private final SdkLayers layers;
  private final MemoryBudget budget;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable CompletableFuture<Base> base;
  private boolean closed;

  /**
   * @param cache where the initialised interpreter is kept; null for nowhere
   * @param installed where one that came with the installation may be; null for nowhere
   * @param budget what templates and actors are charged to
   */
  public PythonEngine(
      ModuleCompiler compiler,
      @Nullable Path cache,
      @Nullable Path installed,
      MemoryBudget budget) {
    this.compiler = compiler;
    this.files = new TemplateFiles(cache, installed);
    this.layers = new SdkLayers(files, budget);
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
    SdkLayers.Share sdk = layers.withSdk(b, app, limits);
    Program program = new Program(b.module(), PythonImports.all());
    boolean good = false;
    try {
      GuestModule m = start(artifact, app, sdk, program, limits);
      good = true;
      return m;
    } finally {
      if (!good) {
        program.close();
        sdk.close();
      }
    }
  }

  private GuestModule start(
      byte[] artifact,
      CodelessModule app,
      SdkLayers.Share sdk,
      Program program,
      GuestLimits limits) {
    Interpreter interpreter = Interpreter.of(program);
    // What the app draws while it is imported may become its secrets: no other app draws the same.
    byte[] seed = new byte[GuestRandom.SEED_BYTES];
    new SecureRandom().nextBytes(seed);
    Grown<ModuleDescription> grown =
        grown(
            program,
            sdk.template(),
            seed,
            app.main(),
            limits,
            budget,
            lease -> {
              Frame sources = sources(app, path -> !path.startsWith(SdkLayers.FOLDER));
              required(app.main(), interpreter.call(lease, Wire.LOAD, sources, seed));
              return describe(app, interpreter, lease);
            });
    return new PythonModule(
        GuestModule.digestOf(artifact),
        grown.made(),
        program,
        grown.template(),
        sdk,
        interpreter,
        limits,
        budget);
  }

  /** A template, and what came of the work that made it. */
  record Grown<T>(Template template, T made) {}

  /**
   * A template of what a fork of {@code base} is after {@code work}, without garbage.
   *
   * @param seed of all that the work draws: fixed only for what no user's code is in, or what the
   *     files on disk shall be the same for
   * @param what is being loaded, for errors
   */
  static <T> Grown<T> grown(
      Program program,
      Template base,
      byte[] seed,
      String what,
      GuestLimits limits,
      MemoryBudget budget,
      Function<Lease, T> work) {
    GuestState state = program.fork(base, seed, limits, budget);
    boolean good = false;
    try (StartupHost host = new StartupHost(limits.loadTimeout())) {
      T made;
      try (Lease lease = state.enter(host)) {
        made = work.apply(lease);
        Interpreter i = Interpreter.of(program);
        required(what, i.call(lease, Wire.FREEZE, Wire.NOTHING, null));
      }
      Template template = state.freeze();
      good = true;
      return new Grown<>(template, made);
    } catch (GuestTrap e) {
      throw doesNotStart(what, e.error());
    } catch (TurnStopped e) {
      throw doesNotStart(what, e.error());
    } finally {
      if (!good) {
        state.close();
      }
    }
  }

  private static ModuleDescription describe(
      CodelessModule app, Interpreter interpreter, Lease lease) {
    Frame described =
        required(app.main(), interpreter.call(lease, GuestOp.DESCRIBE.code(), Frame.EMPTY, null));
    return ModuleDescription.parse(Json.read(described.body()));
  }

  /** Files of the app: a list of path and size in the header, one behind the other in the body. */
  static Frame sources(CodelessModule app, Predicate<String> which) {
    List<Value> list = new ArrayList<>();
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (Map.Entry<String, byte[]> s : app.sources().entrySet()) {
      if (!which.test(s.getKey())) {
        continue;
      }
      list.add(
          new Value.Arr(List.of(new Value.Str(s.getKey()), new Value.Int(s.getValue().length))));
      body.writeBytes(s.getValue());
    }
    Value.Obj header =
        Value.Obj.builder().put("main", app.main()).put("sources", new Value.Arr(list)).build();
    return new Frame(Json.write(header), body.toByteArray());
  }

  /** The one that is there or being made; made by a thread of its own, for it takes seconds. */
  private Base base() {
    CompletableFuture<Base> b;
    lock.lock();
    try {
      if (closed) {
        throw refused("the engine is closed");
      }
      b = base;
      if (b == null) {
        b = new CompletableFuture<>();
        base = b;
        CompletableFuture<Base> mine = b;
        new Thread(null, () -> load(mine), "python-template", STACK_BYTES).start();
      }
    } finally {
      lock.unlock();
    }
    return join(b);
  }

  private void load(CompletableFuture<Base> result) {
    try {
      result.complete(Base.load(compiler, files, budget));
    } catch (Throwable e) {
      // Whatever it is, the callers get it, and the next one tries again.
      lock.lock();
      try {
        base = null;
      } finally {
        lock.unlock();
      }
      result.completeExceptionally(e);
    }
  }

  private static Base join(CompletableFuture<Base> result) {
    try {
      return result.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HostException(
          ErrorCode.CANCELLED, "the load was interrupted while the interpreter was made", e);
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException r -> throw r;
        case Error r -> throw r;
        case null, default -> throw new IllegalStateException("the interpreter failed", e);
      }
    }
  }

  @Override
  public void close() {
    CompletableFuture<Base> b;
    lock.lock();
    try {
      closed = true;
      b = base;
      base = null;
    } finally {
      lock.unlock();
    }
    layers.close();
    if (b != null) {
      var _ = b.thenAccept(made -> made.template().close());
    }
  }

  /** The answer's frame. */
  static Frame required(String what, GuestReply reply) {
    HostError error = reply.error();
    if (error == null) {
      return reply.frame();
    }
    throw doesNotStart(what, error);
  }

  /** Where the node has no memory left, the module is not to blame and the code says so. */
  static HostException doesNotStart(String what, HostError why) {
    String message = what + " does not start: " + why.message();
    if (why.details() instanceof Value.Obj o && !o.string("stack", "").isEmpty()) {
      message += "\n" + o.string("stack", "").stripTrailing();
    }
    return why.code() == ErrorCode.RESOURCE_EXHAUSTED
        ? new HostException(new HostError(why.code(), message, why.retryable(), Value.NULL, false))
        : refused(message);
  }

  private static HostException refused(String why) {
    return new HostException(ErrorCode.FAILED_PRECONDITION, why);
  }
}
