package io.plexspaces.wasm;

import com.dylibso.chicory.wasm.types.ExternalType;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
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
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/** Runs core modules of the ABI: Rust, C, Go and whatever else compiles to plain WASM. */
public final class WasmEngine implements GuestEngine {
  private static final int ABI = 1;

  /** A module that imports from a name like this runs on another engine. */
  private static final byte[] ENGINE_MARKER =
      "plexspaces:engine/".getBytes(StandardCharsets.US_ASCII);

  private final ModuleCompiler compiler;
  private final MemoryBudget budget;

  /**
   * @param budget charged for every page that a guest has of its own
   */
  public WasmEngine(ModuleCompiler compiler, MemoryBudget budget) {
    this.compiler = compiler;
    this.budget = budget;
  }

  @Override
  public String name() {
    return "wasm";
  }

  @Override
  public boolean accepts(byte[] artifact) {
    return ModuleValidator.hasMagic(artifact)
        && !WasmSections.importsContain(artifact, ENGINE_MARKER);
  }

  @Override
  public GuestModule load(byte[] artifact, GuestLimits limits) {
    CompiledModule module = compiler.compile(artifact);
    if (!ModuleValidator.exports(module.wasm(), "memory", ExternalType.MEMORY)) {
      throw ModuleValidator.refused("it does not export its memory as \"memory\"");
    }
    ExportedFunction abi = ModuleValidator.function(module.wasm(), "ps_abi", ":i");
    ExportedFunction entry = ModuleValidator.function(module.wasm(), "ps_call", "ii:i");
    ExportedFunction initialize =
        ModuleValidator.exports(module.wasm(), "_initialize", ExternalType.FUNCTION)
            ? ModuleValidator.function(module.wasm(), "_initialize", ":")
            : null;
    Loading l = new Loading(new Program(module, AbiImports.all()), entry, initialize, limits);
    try {
      return l.load(abi);
    } catch (Throwable e) {
      l.abandon();
      throw e;
    }
  }

  @Override
  public void close() {
    // Modules are closed by who loaded them; nothing else is held.
  }

  /** One load: what has been made so far, so that a failure leaves nothing. */
  private final class Loading {
    private final Program program;
    private final ExportedFunction entry;
    private final @Nullable ExportedFunction initialize;
    private final GuestLimits limits;
    private @Nullable Template template;

    Loading(
        Program program,
        ExportedFunction entry,
        @Nullable ExportedFunction initialize,
        GuestLimits limits) {
      this.program = program;
      this.entry = entry;
      this.initialize = initialize;
      this.limits = limits;
    }

    GuestModule load(ExportedFunction abi) {
      try (StartupHost host = new StartupHost(limits.loadTimeout())) {
        GuestState first = begin(host, abi);
        if (program.module().writesTables()) {
          return finish(first, host);
        }
        Template t = first.freeze();
        template = t;
        return finish(program.fork(t, seed(), limits, budget), host);
      }
    }

    private GuestState begin(StartupHost host, ExportedFunction abi) {
      GuestState s = WasmGuestModule.begin(program, initialize, host, seed(), limits, budget);
      try (Lease l = s.enter(host)) {
        long version = l.call(abi);
        if (version != ABI) {
          throw new HostException(
              ErrorCode.FAILED_PRECONDITION,
              "the module speaks version " + version + " of the ABI, this node version " + ABI);
        }
        return s;
      } catch (GuestTrap | TurnStopped e) {
        s.close();
        throw WasmGuestModule.startFailed("ps_abi", e);
      } catch (HostException e) {
        s.close();
        throw e;
      }
    }

    private GuestModule finish(GuestState s, StartupHost host) {
      try (s) {
        return new WasmGuestModule(
            program, template, entry, initialize, describe(s, host), limits, budget);
      }
    }

    private ModuleDescription describe(GuestState s, StartupHost host) {
      GuestReply reply;
      try {
        reply = WasmGuestInstance.call(s, entry, GuestOp.DESCRIBE, Frame.EMPTY, host);
      } catch (GuestTrap | TurnStopped e) {
        throw WasmGuestModule.startFailed("describe", e);
      }
      if (reply.error() != null) {
        throw new HostException(
            ErrorCode.FAILED_PRECONDITION,
            "the module does not describe itself: " + reply.error().message());
      }
      try {
        return ModuleDescription.parse(Json.read(reply.frame().body()));
      } catch (HostException e) {
        throw new HostException(
            ErrorCode.INVALID_ARGUMENT, "the module's describe is refused: " + e.getMessage());
      }
    }

    void abandon() {
      Template t = template;
      if (t != null) {
        t.close();
      }
      program.close();
    }
  }

  private static byte[] seed() {
    byte[] seed = new byte[GuestRandom.SEED_BYTES];
    new SecureRandom().nextBytes(seed);
    return seed;
  }
}
