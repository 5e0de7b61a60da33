package io.plexspaces.store;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The directory that holds all a node keeps, locked for one node at a time. Close it after the
 * stores that use it.
 *
 * <pre>
 * lock                                       held while the node runs; names its process
 * journals/&lt;tenant&gt;/&lt;app&gt;/&lt;type&gt;/&lt;key&gt;.db   one journal per durable actor
 * spaces/&lt;tenant&gt;/&lt;app&gt;/&lt;space&gt;.db       durable tuple spaces
 * log/                                       the commit log, which the journals and spaces follow
 * pending.db                                 actors that may have work of their own to do
 * apps.db, artifacts/sha256/&lt;digest&gt;         what is deployed
 * cache/modules, cache/native                may be deleted while no node runs
 * </pre>
 */
public final class DataDirectory implements AutoCloseable {
  /**
   * Closing any descriptor of a file drops the POSIX locks that this process has on it, so the lock
   * file must not be opened a second time here only to find out that it is locked.
   */
  private static final Set<Path> LOCKED_HERE = ConcurrentHashMap.newKeySet();

  private final Path root;
  private final FileChannel lock;
  private final DurableFiles files;

  private DataDirectory(Path root, FileChannel lock) {
    this.root = root;
    this.lock = lock;
    this.files = new DurableFiles(root);
  }

  /**
   * Opens the directory, creating what is missing, and locks it. Blocking.
   *
   * @throws HostException FAILED_PRECONDITION naming the directory and the process that has it, if
   *     another node does; UNAVAILABLE if it cannot be created or written
   */
  public static DataDirectory open(Path directory) {
    return locked(directory, true);
  }

  /**
   * Opens and locks a directory that a node has used, to look at it: nothing else is made or
   * changed. Blocking.
   *
   * @throws HostException NOT_FOUND if there is none; FAILED_PRECONDITION naming the process if a
   *     node has it; UNAVAILABLE if it cannot be used
   */
  public static DataDirectory openExisting(Path directory) {
    if (!Files.isDirectory(directory.resolve("journals"))) {
      throw new HostException(
          ErrorCode.NOT_FOUND, directory.toAbsolutePath() + " is no data directory of a node");
    }
    return locked(directory, false);
  }

  /**
   * @param make whether what is missing is made
   */
  private static DataDirectory locked(Path directory, boolean make) {
    try {
      Path root = make ? create(directory) : directory.toRealPath();
      if (!LOCKED_HERE.add(root)) {
        throw inUse(root, Long.toString(ProcessHandle.current().pid()));
      }
      try {
        DataDirectory data = new DataDirectory(root, lock(root));
        if (make) {
          try {
            data.layout();
          } catch (IOException e) {
            data.lock.close();
            throw e;
          }
        }
        return data;
      } catch (IOException | RuntimeException e) {
        LOCKED_HERE.remove(root);
        throw e;
      }
    } catch (IOException e) {
      throw new HostException(
          ErrorCode.UNAVAILABLE, "data directory " + directory + " cannot be used: " + e, e);
    }
  }

  public Path root() {
    return root;
  }

  /** Where compiled modules are cached; a cache: it may be deleted while no node runs. */
  public Path moduleCache() {
    return root.resolve("cache").resolve("modules");
  }

  Path nativeLibraries() {
    return root.resolve("cache").resolve("native");
  }

  Path journals() {
    return root.resolve("journals");
  }

  Path log() {
    return root.resolve("log");
  }

  /** Where trees go that are being deleted; emptied at each start. */
  Path trash() {
    return root.resolve("trash");
  }

  Path spaces() {
    return root.resolve("spaces");
  }

  Path pendingIndex() {
    return root.resolve("pending.db");
  }

  Path apps() {
    return root.resolve("apps.db");
  }

  Path artifacts() {
    return root.resolve("artifacts").resolve("sha256");
  }

  DurableFiles files() {
    return files;
  }

  /** Releases the lock. */
  @Override
  public void close() {
    if (!lock.isOpen()) {
      return;
    }
    try {
      lock.close();
    } catch (IOException e) {
      throw new HostException(ErrorCode.UNAVAILABLE, "closing " + root + ": " + e, e);
    } finally {
      LOCKED_HERE.remove(root);
    }
  }

  private static Path create(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      Path absolute = directory.toAbsolutePath();
      Path existing = absolute;
      while (existing.getParent() != null && !Files.isDirectory(existing)) {
        existing = existing.getParent();
      }
      new DurableFiles(existing).directory(absolute);
      if (Files.getFileStore(absolute).supportsFileAttributeView("posix")) {
        Files.setPosixFilePermissions(absolute, PosixFilePermissions.fromString("rwx------"));
      }
    }
    return directory.toRealPath();
  }

  private static FileChannel lock(Path root) throws IOException {
    FileChannel channel = FileChannel.open(root.resolve("lock"), CREATE, READ, WRITE);
    try {
      if (channel.tryLock() == null) {
        ByteBuffer pid = ByteBuffer.allocate(32);
        int n = channel.read(pid, 0);
        throw inUse(root, new String(pid.array(), 0, Math.max(0, n), StandardCharsets.UTF_8));
      }
      channel.truncate(0);
      String pid = ProcessHandle.current().pid() + "\n";
      channel.write(ByteBuffer.wrap(pid.getBytes(StandardCharsets.UTF_8)), 0);
      return channel;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private void layout() throws IOException {
    for (Path p : new Path[] {journals(), spaces(), artifacts(), moduleCache()}) {
      files.directory(p);
    }
    DurableFiles.delete(trash());
    files.directory(trash());
  }

  private static HostException inUse(Path root, String pid) {
    return new HostException(
        ErrorCode.FAILED_PRECONDITION,
        "data directory "
            + root
            + " is in use by another node"
            + (pid.isBlank() ? "" : " (process " + pid.strip() + ")")
            + ": stop it or give this node a directory of its own");
  }
}
