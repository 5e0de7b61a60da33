package io.plexspaces.store;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;
import org.sqlite.SQLiteJDBCLoader;
import org.sqlite.util.LibraryLoaderUtil;

/**
 * SQLite's native library, kept in the data directory's cache. Left alone, the driver unpacks it
 * into the temporary directory at each start, which takes a tenth of a second, and leaves it there
 * when the process is killed.
 */
final class NativeLibrary {
  private static final String PATH = "org.sqlite.lib.path";
  private static final String NAME = "org.sqlite.lib.name";
  private static final ReentrantLock LOCK = new ReentrantLock();
  private static boolean loaded;

  private NativeLibrary() {}

  /** Loads the library once for the process. A library that an operator names is taken as it is. */
  static void load(DataDirectory data) {
    LOCK.lock();
    try {
      if (loaded) {
        return;
      }
      if (System.getProperty(PATH) == null) {
        prepare(data.nativeLibraries());
      }
      SQLiteJDBCLoader.initialize();
      loaded = true;
    } catch (Exception e) {
      throw new HostException(ErrorCode.UNAVAILABLE, "SQLite cannot be loaded: " + e, e);
    } finally {
      LOCK.unlock();
    }
  }

  private static void prepare(Path directory) throws IOException {
    String name = LibraryLoaderUtil.getNativeLibName();
    String resource = LibraryLoaderUtil.getNativeLibResourcePath() + "/" + name;
    byte[] bytes;
    try (InputStream in = SQLiteJDBCLoader.class.getResourceAsStream(resource)) {
      if (in == null) {
        // No build for this system: the driver says so better than we could.
        return;
      }
      bytes = in.readAllBytes();
    }
    Files.createDirectories(directory);
    Path library = directory.resolve(name);
    // Code is run from here: it must be the driver's own, byte for byte.
    if (!Files.exists(library) || !Arrays.equals(Files.readAllBytes(library), bytes)) {
      DurableFiles.write(library, directory.resolve(name + ".new"), bytes);
    }
    System.setProperty(PATH, directory.toString());
    System.setProperty(NAME, name);
  }
}
