package io.plexspaces.wasm.quickjs;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.guest.GuestInstance;
import io.plexspaces.api.guest.GuestLimits;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.api.guest.ModuleDescription;
import io.plexspaces.wasm.Program;
import io.plexspaces.wasm.Template;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

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

  static String digestOf(byte[] artifact) {
    try {
      return "sha256:"
          + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(artifact));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
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
    if (description.type(type) == null) {
      throw new HostException(
          ErrorCode.NOT_FOUND,
          "the module has no actor type \""
              + type
              + "\"; it has "
              + String.join(", ", description.types().keySet()));
    }
    return new QuickJsInstance(
        program.fork(template, seed, limits, budget), imports, exports, handles, seed);
  }

  @Override
  public void close() {
    program.close();
    template.close();
  }
}
