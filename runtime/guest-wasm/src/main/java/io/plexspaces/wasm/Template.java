package io.plexspaces.wasm;

import io.plexspaces.api.HostException;
import io.plexspaces.api.guest.MemoryBudget;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * A frozen guest: memory and globals as they were, ready to be forked any number of times.
 * Thread-safe and immutable until closed; forks must have been closed before.
 */
public final class Template implements AutoCloseable {
  /** Names what {@link #write} writes: what is kept under another name is not to be read. */
  public static final String FORMAT = "2." + PageTable.SIZE;

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

  /**
   * Writes memory and globals, for {@link #read}. What a memory has by the module's data segments
   * is among it.
   *
   * @param base a template that this one was forked from, whose pages are left out; null for none
   * @throws UncheckedIOException if {@code to} cannot be written
   */
  public void write(OutputStream to, @Nullable Template base) {
    try {
      DataOutputStream out = new DataOutputStream(to);
      out.writeInt(globals.length);
      for (long g : globals) {
        out.writeLong(g);
      }
      image.write(out, base == null ? PageTable.NO_IMAGE : base.image);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Reads what {@link #write} wrote. The content is trusted: who keeps it elsewhere has to verify
   * that it is the same.
   *
   * @param module the module whose template it was, or one of the same code and globals
   * @param budget charged for the pages that are read
   * @param base what was given to {@link #write}, or a template of the same content; it has to stay
   *     as long as this one
   * @throws HostException RESOURCE_EXHAUSTED if the budget has no room
   * @throws UncheckedIOException if {@code from} ends early or is no template of such a module
   */
  public static Template read(
      CompiledModule module, InputStream from, MemoryBudget budget, @Nullable Template base) {
    try {
      DataInputStream in = new DataInputStream(from);
      long[] globals = new long[module.facts().mutableGlobals().size()];
      if (in.readInt() != globals.length) {
        throw new IOException("it is of a module with other globals");
      }
      for (int i = 0; i < globals.length; i++) {
        globals[i] = in.readLong();
      }
      PageTable table = PageTable.read(in, budget, base == null ? PageTable.NO_IMAGE : base.image);
      return new Template(module, table, globals);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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
