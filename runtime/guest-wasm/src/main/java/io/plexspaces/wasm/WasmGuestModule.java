package io.plexspaces.wasm;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.GuestInstance;
import io.plexspaces.api.guest.GuestLimits;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.GuestTrap;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.api.guest.ModuleDescription;
import io.plexspaces.api.guest.StartupHost;
import io.plexspaces.api.guest.TurnStopped;
import org.jspecify.annotations.Nullable;

/** A loaded core module. */
final class WasmGuestModule implements GuestModule {
  private final Program program;

  /** Null where actors cannot be forked: each is then started anew. */
  private final @Nullable Template template;

  private final ExportedFunction entry;
  private final @Nullable ExportedFunction initialize;
  private final ModuleDescription description;
  private final GuestLimits limits;
  private final MemoryBudget budget;

  WasmGuestModule(
      Program program,
      @Nullable Template template,
      ExportedFunction entry,
      @Nullable ExportedFunction initialize,
      ModuleDescription description,
      GuestLimits limits,
      MemoryBudget budget) {
    this.program = program;
    this.template = template;
    this.entry = entry;
    this.initialize = initialize;
    this.description = description;
    this.limits = limits;
    this.budget = budget;
  }

  /** A guest after its start function and {@code _initialize}. */
  static GuestState begin(
      Program program,
      @Nullable ExportedFunction initialize,
      StartupHost host,
      byte[] seed,
      GuestLimits limits,
      MemoryBudget budget) {
    GuestState s;
    try {
      s = program.start(host, seed, limits, budget);
    } catch (GuestTrap | TurnStopped e) {
      throw startFailed("the start function", e);
    }
    if (initialize != null) {
      try (Lease l = s.enter(host)) {
        l.call(initialize);
      } catch (GuestTrap | TurnStopped e) {
        s.close();
        throw startFailed("_initialize", e);
      }
    }
    return s;
  }

  /** A failure of code that runs before there is an actor. */
  static HostException startFailed(String where, RuntimeException e) {
    String message = "the module does not start: in " + where + ", " + e.getMessage();
    return e instanceof GuestTrap t && t.error().code() == ErrorCode.RESOURCE_EXHAUSTED
        ? new HostException(
            new HostError(
                ErrorCode.RESOURCE_EXHAUSTED, message, t.error().retryable(), Value.NULL, false))
        : new HostException(ErrorCode.FAILED_PRECONDITION, message, e);
  }

  @Override
  public String digest() {
    return program.module().digest();
  }

  @Override
  public ModuleDescription description() {
    return description;
  }

  @Override
  public GuestInstance spawn(String type, byte[] seed) {
    description.requireType(type);
    Template t = template;
    if (t != null) {
      return new WasmGuestInstance(program.fork(t, seed, limits, budget), entry);
    }
    try (StartupHost host = new StartupHost(limits.loadTimeout())) {
      return new WasmGuestInstance(begin(program, initialize, host, seed, limits, budget), entry);
    }
  }

  @Override
  public void close() {
    Template t = template;
    if (t != null) {
      t.close();
    }
    program.close();
  }
}
