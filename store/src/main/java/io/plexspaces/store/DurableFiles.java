package io.plexspaces.store;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/** Files and directories that are still there after a power loss. Thread-safe. */
final class DurableFiles {
  /** Directories whose entries are on disk. */
  private final Set<Path> known = ConcurrentHashMap.newKeySet();

  private final ReentrantLock making = new ReentrantLock();

  /**
   * @param root exists; only directories below it are made
   */
  DurableFiles(Path root) {
    known.add(root);
  }

  /**
   * Creates {@code directory} and its parents; on return their entries are on disk. What exists is
   * synced too, once: the process that made it may have been killed before it did.
   */
  void directory(Path directory) throws IOException {
    if (known.contains(directory)) {
      return;
    }
    making.lock();
    try {
      Deque<Path> unknown = new ArrayDeque<>();
      for (Path p = directory; !known.contains(p); p = parent(p)) {
        unknown.push(p);
      }
      for (Path p : unknown) {
        if (!Files.isDirectory(p)) {
          Files.createDirectory(p);
        }
        syncDirectory(parent(p));
        known.add(p);
      }
    } finally {
      making.unlock();
    }
  }

  /**
   * Writes a whole file: it has these bytes or does not exist. Its directory entry is on disk only
   * after {@link #syncDirectory}.
   */
  static void write(Path file, Path temporary, byte[] bytes) throws IOException {
    try (FileChannel channel = FileChannel.open(temporary, CREATE, WRITE, TRUNCATE_EXISTING)) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.force(true);
    }
    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
  }

  static void syncDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, READ)) {
      channel.force(true);
    }
  }

  /**
   * Removes a tree at once: it is renamed to {@code trash} first, so that a crash leaves all or
   * nothing of it at its place.
   */
  void removeTree(Path tree, Path trash) throws IOException {
    making.lock();
    try {
      if (!Files.isDirectory(tree)) {
        return;
      }
      Files.move(tree, trash, StandardCopyOption.ATOMIC_MOVE);
      known.removeIf(p -> p.startsWith(tree));
      syncDirectory(parent(tree));
    } finally {
      making.unlock();
    }
    delete(trash);
  }

  static void delete(Path tree) throws IOException {
    if (!Files.exists(tree)) {
      return;
    }
    List<Path> all;
    try (Stream<Path> walk = Files.walk(tree)) {
      all = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path p : all) {
      Files.deleteIfExists(p);
    }
  }

  /** UNAVAILABLE naming the file or directory that cannot be read or written. */
  static HostException unusable(Path file, IOException e) {
    return new HostException(ErrorCode.UNAVAILABLE, file + " cannot be used: " + e, e);
  }

  private static Path parent(Path p) throws IOException {
    Path parent = p.getParent();
    if (parent == null) {
      throw new IOException(p + " has no parent directory");
    }
    return parent;
  }
}
