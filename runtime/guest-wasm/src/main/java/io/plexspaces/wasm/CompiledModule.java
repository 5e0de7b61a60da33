package io.plexspaces.wasm;

import com.dylibso.chicory.runtime.Instance;
import com.dylibso.chicory.runtime.Machine;
import com.dylibso.chicory.wasm.WasmModule;
import java.util.function.Function;

/** A validated module and its classes. Thread-safe; shared by all programs made of it. */
public final class CompiledModule {
  private final String digest;
  private final WasmModule wasm;
  private final ModuleFacts facts;
  private final Function<Instance, Machine> machines;
  private final boolean interpreted;

  CompiledModule(
      String digest,
      WasmModule wasm,
      ModuleFacts facts,
      Function<Instance, Machine> machines,
      boolean interpreted) {
    this.digest = digest;
    this.wasm = wasm;
    this.facts = facts;
    this.machines = machines;
    this.interpreted = interpreted;
  }

  /** {@code sha256:<hex>} of its bytes. */
  public String digest() {
    return digest;
  }

  /** WASM pages of 64 KiB that its memory begins with. */
  public int initialPages() {
    return facts.initialPages();
  }

  /**
   * Whether its code changes tables or drops segments: then an instance cannot be lent, and every
   * guest has one of its own, which is neither forked nor rolled back.
   */
  public boolean writesTables() {
    return facts.writesTables();
  }

  WasmModule wasm() {
    return wasm;
  }

  ModuleFacts facts() {
    return facts;
  }

  Function<Instance, Machine> machines() {
    return machines;
  }

  /** Whether a function is too big for the JVM, so that it is interpreted. */
  boolean interpreted() {
    return interpreted;
  }
}
