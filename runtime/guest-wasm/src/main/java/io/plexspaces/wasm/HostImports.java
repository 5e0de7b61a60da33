package io.plexspaces.wasm;

import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** What a host offers to a module by name. Immutable. */
public final class HostImports {
  /** An import. Called by the thread that runs the guest. */
  @FunctionalInterface
  public interface Function {
    /**
     * @param guest the running guest
     * @param args one per parameter; an i32 is in the low 32 bits, floats are raw bits
     * @return the result; ignored if the signature has none
     * @throws RuntimeException anything thrown ends the guest's call: {@link Lease#trap} if the
     *     guest is to blame
     */
    long call(Lease guest, long[] args);
  }

  /** An import with its signature, such as {@code iiI:i}. */
  record Entry(String signature, Function function) {}

  private final Map<String, Entry> entries;

  private HostImports(Map<String, Entry> entries) {
    this.entries = Map.copyOf(entries);
  }

  /** The import {@code module.name}, or null. */
  @Nullable Entry find(String module, String name) {
    return entries.get(module + "." + name);
  }

  /** Whether anything of the module {@code name} is offered. */
  boolean hasModule(String name) {
    return entries.keySet().stream().anyMatch(k -> k.startsWith(name + "."));
  }

  public static Builder builder() {
    return new Builder();
  }

  /** Collects imports. */
  public static final class Builder {
    private final Map<String, Entry> entries = new HashMap<>();

    private Builder() {}

    /**
     * @param signature a letter per parameter ({@code i} i32, {@code I} i64, {@code f} f32, {@code
     *     F} f64), a colon, and a letter for the result if there is one: {@code ii:i}
     */
    public Builder add(String module, String name, String signature, Function function) {
      if (!signature.matches("[iIfF]*:[iIfF]?")) {
        throw new IllegalArgumentException("not a signature: " + signature);
      }
      if (entries.put(module + "." + name, new Entry(signature, function)) != null) {
        throw new IllegalArgumentException(module + "." + name + " is there twice");
      }
      return this;
    }

    /** Adds all of {@code others}. */
    public Builder addAll(HostImports others) {
      for (Map.Entry<String, Entry> e : others.entries.entrySet()) {
        if (entries.put(e.getKey(), e.getValue()) != null) {
          throw new IllegalArgumentException(e.getKey() + " is there twice");
        }
      }
      return this;
    }

    /** Puts another function, which may call the one before, in the place of one that is there. */
    public Builder replace(String module, String name, UnaryOperator<Function> by) {
      Entry e = entries.get(module + "." + name);
      if (e == null) {
        throw new IllegalArgumentException(module + "." + name + " is not there");
      }
      entries.put(module + "." + name, new Entry(e.signature(), by.apply(e.function())));
      return this;
    }

    public HostImports build() {
      return new HostImports(entries);
    }
  }
}
