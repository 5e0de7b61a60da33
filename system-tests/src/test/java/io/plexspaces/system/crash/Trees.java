package io.plexspaces.system.crash;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Directories for crashes: in memory where there is such a disk, for nothing here needs syncs. */
final class Trees {
  private static final Path MEMORY = Path.of("/dev/shm");

  private Trees() {}

  static Path temporary() throws IOException {
    return Files.isWritable(MEMORY)
        ? Files.createTempDirectory(MEMORY, "plexspaces-crash")
        : Files.createTempDirectory("plexspaces-crash");
  }

  /**
   * @param to replaced if it is there
   */
  static void copy(Path from, Path to) throws IOException {
    if (Files.exists(to)) {
      delete(to);
    }
    try (Stream<Path> all = Files.walk(from)) {
      for (Path p : all.toList()) {
        Files.copy(p, to.resolve(from.relativize(p).toString()));
      }
    }
  }

  static void delete(Path tree) {
    try {
      List<Path> all;
      try (Stream<Path> walk = Files.walk(tree)) {
        all = walk.sorted(Comparator.reverseOrder()).toList();
      }
      for (Path p : all) {
        Files.deleteIfExists(p);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
