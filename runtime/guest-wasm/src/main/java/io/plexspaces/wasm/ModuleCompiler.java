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
import io.plexspaces.api.HostException;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
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
    this.cache = cacheDirectory == null ? null : new ClassCache(cacheDirectory, true);
    this.shared = sharedDirectory == null ? null : new ClassCache(sharedDirectory, false);
  }

  /**
   * Validates and compiles a module, or answers what was made of the same bytes before.
   *
   * @throws HostException INVALID_ARGUMENT with the reason, if the module is refused
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
      CompiledModule again = live(digest);
      CompiledModule m = again != null ? again : make(digest, wasm);
      live.values().removeIf(r -> r.get() == null);
      live.put(digest, new WeakReference<>(m));
      mine.complete(m);
      return m;
    } catch (Throwable e) {
      mine.completeExceptionally(e);
      throw e;
    } finally {
      running.remove(digest);
    }
  }

  private static CompiledModule join(CompletableFuture<CompiledModule> other) {
    try {
      return other.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException r) {
        throw r;
      }
      throw e;
    }
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
      classes = compile(digest, module);
      if (cache != null) {
        cache.store(digest, classes);
      }
    }
    Function<Instance, Machine> machines = classes.machineFactory();
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

  private static CompiledClasses compile(String digest, WasmModule module) {
    SafepointRewriter rewriter = new SafepointRewriter(ModuleCompiler.class.getClassLoader());
    Set<Integer> interpreted = new HashSet<>();
    while (true) {
      CompilerResult result = translate(module, interpreted);
      interpreted.addAll(result.interpretedFunctions());
      try {
        Map<String, byte[]> classes = new LinkedHashMap<>();
        for (Map.Entry<String, byte[]> c : result.classBytes().entrySet()) {
          // The compiler's own helpers have the method that is called, not calls of it.
          classes.put(
              c.getKey().replace('/', '.'),
              c.getKey().endsWith("Shaded") ? c.getValue() : rewriter.rewrite(c.getValue()));
        }
        for (int f : interpreted) {
          LOG.log(
              System.Logger.Level.WARNING,
              "function {0} of module {1} is too big to be compiled and is interpreted",
              f,
              digest);
        }
        return new CompiledClasses(
            result.collector().mainClassName().replace('/', '.'), classes, interpreted);
      } catch (SafepointRewriter.MethodTooLarge e) {
        if (!e.method().matches("func_\\d+")) {
          throw new IllegalStateException("method " + e.method() + " cannot be rewritten", e);
        }
        interpreted.add(Integer.parseInt(e.method().substring("func_".length())));
      }
    }
  }

  private static CompilerResult translate(WasmModule module, Set<Integer> interpreted) {
    try {
      Compiler.Builder b =
          Compiler.builder(module)
              .withInterpreterFallback(InterpreterFallback.SILENT)
              .withClassCollectorFactory(ByteClassCollector::new);
      if (!interpreted.isEmpty()) {
        b.withInterpretedFunctions(Set.copyOf(interpreted));
      }
      return b.build().compile();
    } catch (ChicoryException e) {
      throw ModuleValidator.refused("it cannot be compiled: " + e.getMessage());
    }
  }
}
