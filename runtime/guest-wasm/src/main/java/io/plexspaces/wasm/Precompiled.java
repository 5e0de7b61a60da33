package io.plexspaces.wasm;

import com.dylibso.chicory.runtime.Instance;
import com.dylibso.chicory.runtime.Machine;
import com.dylibso.chicory.wasm.WasmModule;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.MemberRefEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.net.JarURLConnection;
import java.net.URL;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A module that was compiled when its jar was built, such as a language's interpreter of tens of
 * megabytes. Its classes get the same safepoints as those that are compiled here, and are loaded
 * anew; their rewritten form is kept in the compiler's cache. Thread-safe.
 */
public final class Precompiled {
  private static final int CUSTOM_SECTION = 0;
  private static final int DATA_SECTION = 11;
  private static final int DATA_COUNT_SECTION = 12;
  private static final int HEADER_BYTES = 8;

  /** What the compiler's helpers are called with which an instance changes outside its memory. */
  private static final Set<String> WRITES_INSTANCE =
      Set.of(
          "tableSet",
          "tableGrow",
          "tableFill",
          "tableCopy",
          "tableInit",
          "elemDrop",
          "memoryInit",
          "memoryDrop");

  private final ClassLoader classes;
  private final String wasm;
  private final String digest;
  private final Function<Instance, Machine> machines;

  Precompiled(
      ClassLoader classes,
      String wasm,
      String machine,
      @Nullable ClassCache cache,
      @Nullable ClassCache shared) {
    this.classes = classes;
    this.wasm = wasm;
    this.digest = digest(classes, wasm);
    CompiledClasses c = shared == null ? null : shared.load(digest);
    if (c == null && cache != null) {
      c = cache.load(digest);
    }
    if (c == null) {
      c = rewritten(classes, machine);
      if (cache != null) {
        cache.store(digest, c);
      }
    }
    this.machines = c.machineFactory();
  }

  /** {@code sha256:<hex>} of the jar that it is in. */
  public String digest() {
    return digest;
  }

  /** The module with its data segments, from which a first guest can be started. */
  public CompiledModule whole() {
    return module(resource(classes, wasm));
  }

  /**
   * The bytes of the module without data, for {@link #bare}: a fork's memory is its template's, so
   * that the segments are parsed for nothing.
   */
  public byte[] withoutData() {
    byte[] all = resource(classes, wasm);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(all, 0, HEADER_BYTES);
    int at = HEADER_BYTES;
    while (at < all.length) {
      int id = all[at];
      int size = 0;
      int from = at + 1;
      for (int shift = 0; ; shift += 7) {
        int b = all[from++];
        size |= (b & 0x7f) << shift;
        if (b >= 0) {
          break;
        }
      }
      if (id != CUSTOM_SECTION && id != DATA_SECTION && id != DATA_COUNT_SECTION) {
        out.write(all, at, from + size - at);
      }
      at = from + size;
    }
    return out.toByteArray();
  }

  /**
   * The module to fork templates with.
   *
   * @param withoutData as {@link #withoutData} answered it
   */
  public CompiledModule bare(byte[] withoutData) {
    return module(withoutData);
  }

  private CompiledModule module(byte[] bytes) {
    WasmModule m = ModuleValidator.parse(bytes);
    ModuleFacts f = ModuleValidator.check(m);
    // What it says of its memory's end was chosen by who packed it; the limit is the actor's.
    ModuleFacts open =
        new ModuleFacts(
            f.initialPages(), Integer.MAX_VALUE, f.mutableGlobals(), false, f.startFunction());
    return new CompiledModule(digest, m, open, machines, false, true);
  }

  private static CompiledClasses rewritten(ClassLoader loader, String machine) {
    SafepointRewriter rewriter = new SafepointRewriter(loader);
    Map<String, byte[]> out = new LinkedHashMap<>();
    Deque<String> open = new ArrayDeque<>(Set.of(machine));
    String own = machine.substring(0, machine.lastIndexOf('.') + 1);
    while (!open.isEmpty()) {
      String name = open.remove();
      if (out.containsKey(name)) {
        continue;
      }
      byte[] bytes = resource(loader, name.replace('.', '/') + ".class");
      ClassModel c = ClassFile.of().parse(bytes);
      boolean helpers = name.endsWith("Shaded");
      for (PoolEntry e : c.constantPool()) {
        if (e instanceof ClassEntry used && used.asInternalName().charAt(0) != '[') {
          String other = used.asInternalName().replace('/', '.');
          if (other.startsWith(own)) {
            open.add(other);
          }
        } else if (!helpers && e instanceof MemberRefEntry m) {
          refuseWrites(name, m);
        }
      }
      try {
        out.put(name, helpers ? bytes : rewriter.rewrite(bytes));
      } catch (SafepointRewriter.MethodsTooLarge e) {
        throw refused("methods of " + name + " are too big: " + e.methods(), e);
      }
    }
    return new CompiledClasses(machine, out, Set.of());
  }

  /** An instance is lent to one guest after the other: what is in its tables must not change. */
  private static void refuseWrites(String in, MemberRefEntry m) {
    String name = m.name().stringValue();
    if (m.owner().asInternalName().endsWith("Shaded") && WRITES_INSTANCE.contains(name)) {
      throw refused(in + " changes tables or segments (" + name + ")", null);
    }
  }

  private static String digest(ClassLoader classes, String wasm) {
    try {
      URL url = classes.getResource(wasm);
      if (url == null) {
        throw missing(wasm);
      }
      if (url.openConnection() instanceof JarURLConnection jar) {
        try (InputStream in = jar.getJarFileURL().openStream()) {
          return Digests.sha256(in.readAllBytes());
        }
      }
      return Digests.sha256(resource(classes, wasm));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] resource(ClassLoader classes, String path) {
    try (InputStream in = classes.getResourceAsStream(path)) {
      if (in == null) {
        throw missing(path);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static HostException missing(String path) {
    return refused(path + " is not on the class path", null);
  }

  private static HostException refused(String why, @Nullable Throwable cause) {
    String message = "the precompiled module cannot run here: " + why;
    return cause == null
        ? new HostException(ErrorCode.FAILED_PRECONDITION, message)
        : new HostException(ErrorCode.FAILED_PRECONDITION, message, cause);
  }
}
