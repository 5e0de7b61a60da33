package io.plexspaces.wasm;

import com.dylibso.chicory.compiler.InterpreterFallback;
import com.dylibso.chicory.compiler.internal.ByteClassCollector;
import com.dylibso.chicory.compiler.internal.Compiler;
import com.dylibso.chicory.compiler.internal.CompilerResult;
import com.dylibso.chicory.runtime.Instance;
import com.dylibso.chicory.runtime.Machine;
import com.dylibso.chicory.wasm.ChicoryException;
import com.dylibso.chicory.wasm.WasmModule;
import com.dylibso.chicory.wasm.types.CodeSection;
import com.dylibso.chicory.wasm.types.FunctionBody;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Compiles modules to JVM classes, once for each content, however many ask at the same time; on
 * disk the classes outlive the process. Thread-safe.
 *
 * <p>A function too big for a JVM method (64 KiB of bytecode) is interpreted, about 100 times
 * slower, and a warning says so.
 */
public final class ModuleCompiler {
  private static final System.Logger LOG = System.getLogger(ModuleCompiler.class.getName());

  /**
   * All modules of the process are compiled by as many platform threads: that takes seconds without
   * a pause, and on virtual threads a few deployments would keep everything else from running.
   */
  private static final int MAX_THREADS = 2;

  /** Nested code is compiled by recursion. */
  private static final long STACK_BYTES = 8L << 20;

  /** Interpreted functions that the warning names. */
  private static final int MAX_NAMED = 20;

  private static final ThreadPoolExecutor THREADS = threads();

  private final Translator translator;
  private final @Nullable ClassCache cache;
  private final @Nullable ClassCache shared;
  private final ConcurrentHashMap<String, WeakReference<CompiledModule>> live =
      new ConcurrentHashMap<>();
  private final ConcurrentHashMap<String, CompletableFuture<CompiledModule>> running =
      new ConcurrentHashMap<>();

  /**
   * @param cacheDirectory created when first needed; null for none
   */
  public ModuleCompiler(@Nullable Path cacheDirectory) {
    this(cacheDirectory, null);
  }

  /**
   * @param cacheDirectory created when first needed; null for none
   * @param sharedDirectory a cache that came with the installation, which is looked at first and
   *     never written; it need not exist; null for none
   */
  public ModuleCompiler(@Nullable Path cacheDirectory, @Nullable Path sharedDirectory) {
    this(cacheDirectory, sharedDirectory, ModuleCompiler::translate);
  }

  ModuleCompiler(
      @Nullable Path cacheDirectory, @Nullable Path sharedDirectory, Translator translator) {
    this.translator = translator;
    this.cache = cacheDirectory == null ? null : new ClassCache(cacheDirectory, true);
    this.shared = sharedDirectory == null ? null : new ClassCache(sharedDirectory, false);
  }

  /** From WASM to JVM classes without safepoints. */
  interface Translator {
    /**
     * @param interpreted functions that shall not be compiled
     */
    CompilerResult translate(WasmModule module, Set<Integer> interpreted);
  }

  /**
   * Validates and compiles a module, or answers what was made of the same bytes before.
   *
   * <p>The caller waits while a thread of the compiler's own does it.
   *
   * @throws HostException INVALID_ARGUMENT with the reason, if the module is refused; CANCELLED if
   *     the caller is interrupted, for whom the module is compiled nonetheless
   */
  public CompiledModule compile(byte[] wasm) {
    String digest = Digests.sha256(wasm);
    CompiledModule known = live(digest);
    if (known != null) {
      return known;
    }
    CompletableFuture<CompiledModule> mine = new CompletableFuture<>();
    CompletableFuture<CompiledModule> other = running.putIfAbsent(digest, mine);
    if (other != null) {
      return join(other);
    }
    try {
      // A copy, for a caller that is interrupted goes on while this does.
      byte[] copy = wasm.clone();
      THREADS.execute(() -> run(digest, copy, mine));
    } catch (Throwable e) {
      running.remove(digest);
      mine.completeExceptionally(e);
      throw e;
    }
    return join(mine);
  }

  /**
   * A module whose classes were made when its jar was built: a machine by the same compiler beside
   * the WASM file that it was made of, whose code may be left out.
   *
   * @param classes finds both
   * @param wasm the resource's path
   * @param machine the machine's class name
   * @throws HostException FAILED_PRECONDITION if they are not there, or not what can be run here
   */
  public Precompiled precompiled(ClassLoader classes, String wasm, String machine) {
    return new Precompiled(classes, wasm, machine, cache, shared);
  }

  private void run(String digest, byte[] wasm, CompletableFuture<CompiledModule> result) {
    try {
      CompiledModule again = live(digest);
      CompiledModule m = again != null ? again : make(digest, wasm);
      live.values().removeIf(r -> r.get() == null);
      live.put(digest, new WeakReference<>(m));
      result.complete(m);
    } catch (Throwable e) {
      // Whatever it is, the callers get it.
      result.completeExceptionally(e);
    } finally {
      running.remove(digest);
    }
  }

  private static CompiledModule join(CompletableFuture<CompiledModule> result) {
    try {
      return result.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HostException(
          ErrorCode.CANCELLED, "the load was interrupted while its module was compiled", e);
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException r -> throw r;
        case Error r -> throw r;
        case null, default -> throw new IllegalStateException("the compiler failed", e);
      }
    }
  }

  private static ThreadPoolExecutor threads() {
    ThreadPoolExecutor e =
        new ThreadPoolExecutor(
            MAX_THREADS,
            MAX_THREADS,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread t = new Thread(null, task, "guest-compiler", STACK_BYTES, false);
              t.setDaemon(true);
              return t;
            });
    e.allowCoreThreadTimeOut(true);
    return e;
  }

  private @Nullable CompiledModule live(String digest) {
    WeakReference<CompiledModule> r = live.get(digest);
    return r == null ? null : r.get();
  }

  private CompiledModule make(String digest, byte[] wasm) {
    WasmModule module = ModuleValidator.parse(wasm);
    ModuleFacts facts = ModuleValidator.check(module);
    CompiledClasses classes = shared == null ? null : shared.load(digest);
    if (classes == null && cache != null) {
      classes = cache.load(digest);
    }
    if (classes == null) {
      classes = compiled(digest, module);
      if (cache != null) {
        cache.store(digest, classes);
      }
    }
    Function<Instance, Machine> machines;
    try {
      machines = classes.machineFactory();
    } catch (IllegalStateException | LinkageError e) {
      throw uncompilable(digest, e);
    }
    boolean interpreted = !classes.interpreted().isEmpty();
    return new CompiledModule(
        digest, interpreted ? module : withoutCode(module), facts, machines, interpreted);
  }

  /** Compiled code is not looked at again, and its parsed form is many times the module's size. */
  private static WasmModule withoutCode(WasmModule m) {
    FunctionBody none = new FunctionBody(List.of(), List.of());
    CodeSection.Builder code = CodeSection.builder();
    for (int i = 0; i < m.codeSection().functionBodyCount(); i++) {
      code.addFunctionBody(none);
    }
    WasmModule.Builder b =
        WasmModule.builder()
            .withValidation(false)
            .setTypeSection(m.typeSection())
            .setImportSection(m.importSection())
            .setFunctionSection(m.functionSection())
            .setTableSection(m.tableSection())
            .setGlobalSection(m.globalSection())
            .setExportSection(m.exportSection())
            .setElementSection(m.elementSection())
            .setCodeSection(code.build())
            .setDataSection(m.dataSection());
    m.memorySection().ifPresent(b::setMemorySection);
    m.startSection().ifPresent(b::setStartSection);
    m.dataCountSection().ifPresent(b::setDataCountSection);
    return b.build();
  }

  private CompiledClasses compiled(String digest, WasmModule module) {
    try {
      return compile(digest, module);
    } catch (HostException e) {
      throw e;
    } catch (ChicoryException e) {
      throw ModuleValidator.refused("it cannot be compiled: " + e.getMessage());
    } catch (RuntimeException | StackOverflowError e) {
      throw uncompilable(digest, e);
    }
  }

  /** The compiler trips over some modules that are valid. */
  private static HostException uncompilable(String digest, Throwable e) {
    if (e instanceof StackOverflowError) {
      e.setStackTrace(new StackTraceElement[0]);
    }
    LOG.log(System.Logger.Level.WARNING, "module " + digest + " cannot be compiled", e);
    return ModuleValidator.refused("it cannot be compiled (" + e + ")");
  }

  private CompiledClasses compile(String digest, WasmModule module) {
    SafepointRewriter rewriter = new SafepointRewriter(ModuleCompiler.class.getClassLoader());
    Set<Integer> interpreted = new TreeSet<>();
    while (true) {
      CompilerResult result = translator.translate(module, interpreted);
      interpreted.addAll(result.interpretedFunctions());
      Map<String, byte[]> classes = new LinkedHashMap<>();
      Set<String> tooLarge = rewrite(rewriter, result, classes);
      if (tooLarge.isEmpty()) {
        if (!interpreted.isEmpty()) {
          warn(digest, interpreted);
        }
        return new CompiledClasses(
            result.collector().mainClassName().replace('/', '.'), classes, interpreted);
      }
      for (String method : tooLarge) {
        if (!method.matches("func_\\d{1,9}")
            || !interpreted.add(Integer.parseInt(method.substring("func_".length())))) {
          throw new IllegalStateException("method " + method + " is too big and must be compiled");
        }
      }
    }
  }

  /**
   * Puts the rewritten classes into {@code classes}.
   *
   * @return all methods that are too big, for compiling anew takes as long for one as for hundreds
   */
  private static Set<String> rewrite(
      SafepointRewriter rewriter, CompilerResult result, Map<String, byte[]> classes) {
    Set<String> tooLarge = new TreeSet<>();
    for (Map.Entry<String, byte[]> c : result.classBytes().entrySet()) {
      try {
        // The compiler's own helpers have the method that is called, not calls of it.
        classes.put(
            c.getKey().replace('/', '.'),
            c.getKey().endsWith("Shaded") ? c.getValue() : rewriter.rewrite(c.getValue()));
      } catch (SafepointRewriter.MethodsTooLarge e) {
        tooLarge.addAll(e.methods());
      }
    }
    return tooLarge;
  }

  private static void warn(String digest, Set<Integer> interpreted) {
    LOG.log(
        System.Logger.Level.WARNING,
        "{0} functions of module {1} are too big to be compiled and are interpreted: {2}{3}",
        interpreted.size(),
        digest,
        interpreted.stream().limit(MAX_NAMED).map(String::valueOf).toList(),
        interpreted.size() > MAX_NAMED ? " and others" : "");
  }

  static CompilerResult translate(WasmModule module, Set<Integer> interpreted) {
    Compiler.Builder b =
        Compiler.builder(module).withClassCollectorFactory(ByteClassCollector::new);
    // The compiler takes a set of functions only if it need not look for more.
    if (interpreted.isEmpty()) {
      b.withInterpreterFallback(InterpreterFallback.SILENT);
    } else {
      b.withInterpreterFallback(InterpreterFallback.FAIL)
          .withInterpretedFunctions(Set.copyOf(interpreted));
    }
    return b.build().compile();
  }
}
