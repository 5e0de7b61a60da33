package io.plexspaces.wasm;

/**
 * A frozen guest: memory and globals as they were, ready to be forked any number of times.
 * Thread-safe and immutable until closed; forks must have been closed before.
 */
public final class Template implements AutoCloseable {
  private final CompiledModule module;
  private final PageTable table;
  private final PageTable.Image image;
  private final long[] globals;

  Template(CompiledModule module, PageTable table, long[] globals) {
    this.module = module;
    this.table = table;
    this.image = table.freeze();
    this.globals = globals;
  }

  CompiledModule module() {
    return module;
  }

  PageTable.Image image() {
    return image;
  }

  long[] globals() {
    return globals;
  }

  /** Bytes charged to the budget of the state it was frozen from. */
  public long memoryBytes() {
    return table.heldBytes();
  }

  /** Gives the pages of its own back to the budget. */
  @Override
  public void close() {
    table.close();
  }
}
