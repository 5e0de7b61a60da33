package io.plexspaces.cli;

import io.plexspaces.api.guest.GuestEngine;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.python.PythonEngine;
import io.plexspaces.wasm.ModuleCompiler;
import io.plexspaces.wasm.WasmEngine;
import io.plexspaces.wasm.quickjs.QuickJsEngine;
import java.nio.file.Path;
import java.util.List;

/** The engines that a node loads modules with. */
final class Guests {
  /** Names the folder of compiled modules that came with the installation; the launcher sets it. */
  static final String INSTALLED_MODULES = "plexspaces.modules";

  private Guests() {}

  /**
   * The first that accepts an artifact loads it.
   *
   * @param cache where compiled modules and initialised interpreters are kept
   */
  static List<GuestEngine> engines(Path cache, MemoryBudget budget) {
    return engines(cache, cache, budget);
  }

  /**
   * As {@link #engines(Path, MemoryBudget)}.
   *
   * @param cache where compiled modules are kept
   * @param interpreters where initialised interpreters are kept; there are few of them
   */
  static List<GuestEngine> engines(Path cache, Path interpreters, MemoryBudget budget) {
    String installed = System.getProperty(INSTALLED_MODULES, "");
    Path shared = installed.isEmpty() ? null : Path.of(installed);
    ModuleCompiler compiler = new ModuleCompiler(cache, shared);
    return List.of(
        new QuickJsEngine(compiler, budget),
        new PythonEngine(compiler, interpreters, shared, budget),
        new WasmEngine(compiler, budget));
  }
}
