package io.plexspaces.wasm.quickjs;

import io.plexspaces.api.guest.GuestInstance;
import io.plexspaces.api.guest.GuestLimits;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.api.guest.ModuleDescription;
import io.plexspaces.wasm.Program;
import io.plexspaces.wasm.Template;

/** A loaded app in JavaScript. */
final class QuickJsModule implements GuestModule {
  private final String digest;
  private final ModuleDescription description;
  private final Program program;
  private final Template template;
  private final QuickJsImports imports;
  private final QuickJsExports exports;
  private final Handles handles;
  private final GuestLimits limits;
  private final MemoryBudget budget;

  QuickJsModule(
      String digest,
      ModuleDescription description,
      Program program,
      Template template,
      QuickJsImports imports,
      QuickJsExports exports,
      Handles handles,
      GuestLimits limits,
      MemoryBudget budget) {
    this.digest = digest;
    this.description = description;
    this.program = program;
    this.template = template;
    this.imports = imports;
    this.exports = exports;
    this.handles = handles;
    this.limits = limits;
    this.budget = budget;
  }

  @Override
  public String digest() {
    return digest;
  }

  @Override
  public ModuleDescription description() {
    return description;
  }

  @Override
  public GuestInstance spawn(String type, byte[] seed) {
    description.requireType(type);
    return new QuickJsInstance(
        program.fork(template, seed, limits, budget), imports, exports, handles, seed);
  }

  @Override
  public void close() {
    program.close();
    template.close();
  }
}
