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
  private Guests() {}

  /**
   * The first that accepts an artifact loads it.
   *
   * @param cache where compiled modules are kept
   */
  static List<GuestEngine> engines(Path cache, MemoryBudget budget) {
    ModuleCompiler compiler = new ModuleCompiler(cache);
    return List.of(new QuickJsEngine(compiler, budget), new WasmEngine(compiler, budget));
  }
}
