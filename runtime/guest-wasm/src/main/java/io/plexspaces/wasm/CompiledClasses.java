package io.plexspaces.wasm;

import com.dylibso.chicory.runtime.Instance;
import com.dylibso.chicory.runtime.Machine;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The JVM classes of a module.
 *
 * @param main the name of the one that is the machine
 * @param classes bytes by name
 * @param interpreted numbers of the functions that are not compiled
 */
record CompiledClasses(String main, Map<String, byte[]> classes, Set<Integer> interpreted) {

  byte[] encode() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeUTF(main);
      out.writeInt(interpreted.size());
      for (int f : new TreeSet<>(interpreted)) {
        out.writeInt(f);
      }
      out.writeInt(classes.size());
      for (Map.Entry<String, byte[]> c : classes.entrySet()) {
        out.writeUTF(c.getKey());
        out.writeInt(c.getValue().length);
        out.write(c.getValue());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /**
   * @throws IOException if {@code bytes} are not what {@link #encode} writes
   */
  static CompiledClasses decode(byte[] bytes) throws IOException {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      String main = in.readUTF();
      Set<Integer> interpreted = new TreeSet<>();
      for (int n = in.readInt(); n > 0; n--) {
        interpreted.add(in.readInt());
      }
      Map<String, byte[]> classes = new LinkedHashMap<>();
      for (int n = in.readInt(); n > 0; n--) {
        String name = in.readUTF();
        int size = in.readInt();
        if (size < 0 || size > in.available()) {
          throw new IOException("class " + name + " has the impossible size " + size);
        }
        classes.put(name, in.readNBytes(size));
      }
      return new CompiledClasses(main, classes, interpreted);
    }
  }

  /** Loads the classes into a loader of their own, which goes when the factory does. */
  @SuppressWarnings("unchecked") // the proxy is made of a constructor Instance -> Machine
  Function<Instance, Machine> machineFactory() {
    try {
      Class<? extends Machine> machine =
          new Loader(classes).loadClass(main).asSubclass(Machine.class);
      MethodHandle constructor =
          MethodHandles.publicLookup().unreflectConstructor(machine.getConstructor(Instance.class));
      return MethodHandleProxies.asInterfaceInstance(Function.class, constructor);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("the classes of a compiled module do not load", e);
    }
  }

  private static final class Loader extends ClassLoader {
    private final Map<String, byte[]> classes;

    Loader(Map<String, byte[]> classes) {
      super("guest", CompiledClasses.class.getClassLoader());
      this.classes = new LinkedHashMap<>(classes);
    }

    /** Ours come first: a precompiled module's own classes are on the class path as well. */
    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      synchronized (getClassLoadingLock(name)) {
        if (findLoadedClass(name) == null && classes.containsKey(name)) {
          return findClass(name);
        }
      }
      return super.loadClass(name, resolve);
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
      byte @Nullable [] bytes = classes.remove(name);
      if (bytes == null) {
        throw new ClassNotFoundException(name);
      }
      return defineClass(name, bytes, 0, bytes.length);
    }
  }
}
