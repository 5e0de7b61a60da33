package io.plexspaces.cli;

import io.plexspaces.api.guest.GuestEngine;
import io.plexspaces.api.guest.MemoryBudget;
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
   * @param cache where compiled modules are kept
   */
  static List<GuestEngine> engines(Path cache, MemoryBudget budget) {
    String installed = System.getProperty(INSTALLED_MODULES, "");
    ModuleCompiler compiler =
        new ModuleCompiler(cache, installed.isEmpty() ? null : Path.of(installed));
    return List.of(new QuickJsEngine(compiler, budget), new WasmEngine(compiler, budget));
  }
}
