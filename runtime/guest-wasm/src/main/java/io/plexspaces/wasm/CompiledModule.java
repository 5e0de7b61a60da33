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
  private final boolean sharesImage;

  CompiledModule(
      String digest,
      WasmModule wasm,
      ModuleFacts facts,
      Function<Instance, Machine> machines,
      boolean interpreted) {
    this(digest, wasm, facts, machines, interpreted, false);
  }

  /**
   * @param sharesImage whether what a fork begins with is not counted against its limit
   */
  CompiledModule(
      String digest,
      WasmModule wasm,
      ModuleFacts facts,
      Function<Instance, Machine> machines,
      boolean interpreted,
      boolean sharesImage) {
    this.digest = digest;
    this.wasm = wasm;
    this.facts = facts;
    this.machines = machines;
    this.interpreted = interpreted;
    this.sharesImage = sharesImage;
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

  /**
   * Whether a guest's limit counts only what its memory grows by: an engine with megabytes of its
   * own, which all its guests share, takes none of their allowance.
   */
  boolean sharesImage() {
    return sharesImage;
  }

  /** Whether a function is too big for the JVM, so that it is interpreted. */
  boolean interpreted() {
    return interpreted;
  }
}
