package io.plexspaces.wasm;

import com.dylibso.chicory.runtime.HostFunction;
import com.dylibso.chicory.runtime.ImportValues;
import com.dylibso.chicory.runtime.Instance;
import com.dylibso.chicory.runtime.Machine;
import com.dylibso.chicory.runtime.TableInstance;
import com.dylibso.chicory.wasm.ChicoryException;
import com.dylibso.chicory.wasm.types.ExternalType;
import com.dylibso.chicory.wasm.types.FunctionImport;
import com.dylibso.chicory.wasm.types.FunctionType;
import com.dylibso.chicory.wasm.types.MemoryLimits;
import com.dylibso.chicory.wasm.types.Table;
import com.dylibso.chicory.wasm.types.TableLimits;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.guest.GuestHost;
import io.plexspaces.api.guest.GuestLimits;
import io.plexspaces.api.guest.GuestTrap;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.api.guest.TurnStopped;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A compiled module linked with its imports, and the pool of instances that it lends to its guests.
 * One per app: instances are never shared between apps. Thread-safe.
 *
 * <p>The pool grows whenever it is empty and has no cap, because a guest that waits in a host call
 * keeps its instance, and what it waits for may need one too.
 */
public final class Program implements AutoCloseable {
  /** Idle instances beyond this are dropped: a burst of waiting guests is not paid for ever. */
  private static final int MAX_IDLE = 64;

  /** Memory stays below 2 GiB, so that an address is never negative. */
  private static final int MAX_PAGES = 32767;

  private final CompiledModule module;
  private final ImportValues imports;
  private final ConcurrentLinkedDeque<LentInstance> idle = new ConcurrentLinkedDeque<>();
  private final AtomicInteger idleCount = new AtomicInteger();
  private volatile boolean closed;

  /**
   * @throws HostException FAILED_PRECONDITION naming the import, if the module asks for one that is
   *     not there or is of another type
   */
  public Program(CompiledModule module, HostImports imports) {
    this.module = module;
    this.imports = link(module, imports);
  }

  public CompiledModule module() {
    return module;
  }

  /**
   * The exported function {@code name}.
   *
   * @param signature as in {@link HostImports.Builder#add}
   * @throws HostException INVALID_ARGUMENT if the module does not export it, or not as this
   */
  public ExportedFunction function(String name, String signature) {
    return ModuleValidator.function(module.wasm(), name, signature);
  }

  /** Whether the module exports a function of this name. */
  public boolean exports(String name) {
    return ModuleValidator.exports(module.wasm(), name, ExternalType.FUNCTION);
  }

  /**
   * Instantiates the module for a guest of its own: data segments are written and the start
   * function runs. {@code _initialize} does not.
   *
   * @param host for what the start function may call
   * @param seed {@value GuestRandom#SEED_BYTES} bytes
   * @throws GuestTrap if the start function traps or a segment does not fit
   * @throws HostException FAILED_PRECONDITION if the memory begins beyond its limit
   */
  public GuestState start(GuestHost host, byte[] seed, GuestLimits limits, MemoryBudget budget) {
    requireOpen();
    PageTable table = new PageTable(module.initialPages(), checkedCap(limits), budget);
    GuestState newborn =
        new GuestState(this, table, new long[module.facts().mutableGlobals().size()], seed);
    PagedMemory memory = new PagedMemory(true);
    newborn.starting(memory, host);
    try {
      newborn.started(instantiate(memory, true), module.writesTables());
    } catch (RuntimeException | StackOverflowError e) {
      table.close();
      throw LentInstance.mapped(e);
    }
    return newborn;
  }

  /**
   * A new guest that goes on from {@code template}, which must be of the same compiled module.
   *
   * @param seed {@value GuestRandom#SEED_BYTES} bytes
   * @throws HostException FAILED_PRECONDITION if the template's memory is beyond the limit
   */
  public GuestState fork(Template template, byte[] seed, GuestLimits limits, MemoryBudget budget) {
    requireOpen();
    if (template.module() != module) {
      throw new IllegalArgumentException("the template is of another module");
    }
    if (module.writesTables()) {
      throw new IllegalStateException("a module that writes tables cannot be forked");
    }
    int cap = cap(limits, template.image().pages());
    if (template.image().pages() > cap) {
      throw tooBig(template.image().pages(), limits);
    }
    return new GuestState(
        this, new PageTable(template.image(), cap, budget), template.globals().clone(), seed);
  }

  /**
   * @param shared pages that the guest begins with
   */
  private int cap(GuestLimits limits, int shared) {
    long allowed = (limits.memoryBytes() >> 16) + (module.sharesImage() ? shared : 0);
    long pages = Math.min(allowed, MAX_PAGES);
    return (int) Math.min(pages, module.facts().maxPages());
  }

  private int checkedCap(GuestLimits limits) {
    int cap = cap(limits, module.initialPages());
    if (module.initialPages() > cap) {
      throw tooBig(module.initialPages(), limits);
    }
    return cap;
  }

  private static HostException tooBig(int pages, GuestLimits limits) {
    return new HostException(
        ErrorCode.FAILED_PRECONDITION,
        "the module's memory begins with "
            + ((long) pages << 16)
            + " bytes, more than the limit of "
            + limits.memoryBytes()
            + " for one actor");
  }

  private void requireOpen() {
    if (closed) {
      throw new HostException(ErrorCode.FAILED_PRECONDITION, "the module is closed");
    }
  }

  LentInstance borrow() {
    LentInstance i = idle.pollFirst();
    if (i != null) {
      idleCount.decrementAndGet();
      return i;
    }
    return instantiate(new PagedMemory(false), false);
  }

  void giveBack(LentInstance i, boolean trapped) {
    // A trapped instance may hold frames of the engine's own in a state that nobody checked.
    if (trapped || closed) {
      return;
    }
    if (idleCount.incrementAndGet() > MAX_IDLE) {
      idleCount.decrementAndGet();
      return;
    }
    idle.addFirst(i);
  }

  private LentInstance instantiate(PagedMemory memory, boolean start) {
    Instance.Builder b =
        Instance.builder(module.wasm())
            .withImportValues(imports)
            .withMemoryFactory(limits -> memory)
            .withMemoryLimits(new MemoryLimits(module.initialPages(), MAX_PAGES))
            .withStart(false)
            .withTableFactory(Program::table)
            .withMachineFactory(
                start || !module.facts().starts()
                    ? module.machines()
                    : i ->
                        new StartGate(module.machines().apply(i), module.facts().startFunction()));
    if (module.interpreted()) {
      b.withUnsafeExecutionListener((instruction, stack) -> Safepoint.poll(memory));
    }
    return new LentInstance(b.build(), memory, module.facts().mutableGlobals());
  }

  /** A table that cannot grow without bounds, for it is outside of the budget. */
  private static TableInstance table(Table t, int initial) {
    TableLimits l = t.limits();
    long max = Math.min(l.max(), ModuleValidator.MAX_TABLE_ENTRIES);
    return new TableInstance(
        new Table(t.elementType(), new TableLimits(l.min(), max), t.initialize()), initial);
  }

  /** Keeps a module's start function from running again in an instance that is lent to forks. */
  private static final class StartGate implements Machine {
    private final Machine machine;
    private final int startFunction;
    private boolean skipped;

    StartGate(Machine machine, int startFunction) {
      this.machine = machine;
      this.startFunction = startFunction;
    }

    @Override
    public long @Nullable [] call(int function, long[] args) throws ChicoryException {
      if (!skipped && function == startFunction) {
        skipped = true;
        return new long[0];
      }
      return machine.call(function, args);
    }
  }

  private static ImportValues link(CompiledModule module, HostImports offered) {
    ImportValues.Builder b = ImportValues.builder();
    for (FunctionImport i : ModuleValidator.functionImports(module.wasm())) {
      FunctionType type = module.wasm().typeSection().getType(i.typeIndex());
      HostImports.Entry entry = ModuleValidator.offered(offered, i, type);
      HostImports.Function f = entry.function();
      boolean result = !type.returns().isEmpty();
      b.addFunction(
          new HostFunction(
              i.module(),
              i.name(),
              type,
              (instance, args) -> {
                long r = invoke(f, ((PagedMemory) instance.memory()).lease(), args);
                return result ? new long[] {r} : null;
              }));
    }
    return b.build();
  }

  private static long invoke(HostImports.Function f, Lease lease, long[] args) {
    try {
      return f.call(lease, args);
    } catch (GuestTrap | TurnStopped | ChicoryException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new LentInstance.ImportFailure(e);
    }
  }

  /** Drops the idle instances. Guests must have been closed before. */
  @Override
  public void close() {
    closed = true;
    idle.clear();
  }
}
