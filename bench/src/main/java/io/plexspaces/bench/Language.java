package io.plexspaces.bench;

import io.plexspaces.api.guest.GuestEngine;
import io.plexspaces.api.guest.GuestLimits;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.cli.PolyglotGuests;
import io.plexspaces.python.PythonEngine;
import io.plexspaces.wasm.ModuleCompiler;
import io.plexspaces.wasm.WasmEngine;
import io.plexspaces.wasm.quickjs.QuickJsEngine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/**
 * What actors are written in, with what runs them. Another one is an entry here and, unless it runs
 * the sources of another, a folder in {@code src/main/guests}.
 */
enum Language {
  /** Java, without a guest: what the others are compared with. */
  NATIVE("native", ""),
  RUST("rust", "rust"),
  GO("go", "go"),
  /** CPython in WASM. */
  PYTHON("python", "python"),
  /** QuickJS in WASM. */
  TYPESCRIPT("typescript", "typescript"),
  GRAALPY("graalpy", "python"),
  GRAALJS("graaljs", "typescript");

  private final String id;
  private final String source;

  Language(String id, String source) {
    this.id = id;
    this.source = source;
  }

  /** As it is named in tables and on the command line. */
  String id() {
    return id;
  }

  /** The folder of its sources; empty for {@link #NATIVE}. */
  String source() {
    return source;
  }

  /**
   * A new engine that loads its artifacts; the caller closes it.
   *
   * @param cache where compiled modules and initialised interpreters are kept
   */
  GuestEngine engine(Path cache, MemoryBudget budget) {
    return switch (this) {
      case NATIVE -> throw new IllegalStateException("a native module has no engine");
      case RUST, GO -> new WasmEngine(new ModuleCompiler(cache), budget);
      case PYTHON -> new PythonEngine(new ModuleCompiler(cache), cache, null, budget);
      case TYPESCRIPT -> new QuickJsEngine(new ModuleCompiler(cache), budget);
      case GRAALPY, GRAALJS -> new Polyglot(id, budget);
    };
  }

  /**
   * How many times the usual warm-up its first benchmark needs: the loop of an interpreter in WASM
   * is one huge method, which the JIT takes seconds for after it has begun.
   */
  int warmUps() {
    return switch (this) {
      case NATIVE, RUST -> 1;
      case GO, GRAALPY, GRAALJS -> 2;
      case PYTHON, TYPESCRIPT -> 4;
    };
  }

  /** Actors that take turns in a round robin, and whose memory is measured. */
  int actors() {
    // A context of GraalPy takes tens of milliseconds to make and megabytes to keep.
    return this == GRAALPY ? 100 : 1000;
  }

  /** A context of its own for each actor costs too much to have thousands of them. */
  boolean isPolyglot() {
    return this == GRAALPY || this == GRAALJS;
  }

  /** The engine that a node would open for an app that names it. */
  private static final class Polyglot implements GuestEngine {
    private final PolyglotGuests guests;
    private final GuestEngine engine;

    Polyglot(String name, MemoryBudget budget) {
      guests = new PolyglotGuests(budget);
      engine =
          guests.engines().stream().filter(e -> e.name().equals(name)).findFirst().orElseThrow();
    }

    @Override
    public String name() {
      return engine.name();
    }

    @Override
    public boolean accepts(byte[] artifact) {
      return engine.accepts(artifact);
    }

    @Override
    public GuestModule load(byte[] artifact, GuestLimits limits) {
      return engine.load(artifact, limits);
    }

    @Override
    public void close() {
      engine.close();
      try {
        guests.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
