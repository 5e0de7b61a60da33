package io.plexspaces.python;

import io.plexspaces.api.guest.GuestInstance;
import io.plexspaces.api.guest.GuestLimits;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.api.guest.ModuleDescription;
import io.plexspaces.wasm.Program;
import io.plexspaces.wasm.Template;

/** A loaded app in Python. */
final class PythonModule implements GuestModule {
  private final String digest;
  private final ModuleDescription description;
  private final Program program;
  private final Template template;
  private final SdkLayers.Share sdk;
  private final Interpreter interpreter;
  private final GuestLimits limits;
  private final MemoryBudget budget;

  PythonModule(
      String digest,
      ModuleDescription description,
      Program program,
      Template template,
      SdkLayers.Share sdk,
      Interpreter interpreter,
      GuestLimits limits,
      MemoryBudget budget) {
    this.digest = digest;
    this.description = description;
    this.program = program;
    this.template = template;
    this.sdk = sdk;
    this.interpreter = interpreter;
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
    return new PythonInstance(program.fork(template, seed, limits, budget), interpreter, seed);
  }

  @Override
  public void close() {
    program.close();
    template.close();
    sdk.close(); // last: the app's template is made of its pages
  }
}
