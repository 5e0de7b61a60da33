package io.plexspaces.cli;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * A folder of sources, looked at again and again: file times and sizes, not the system's events,
 * which miss what some editors and network folders do and need a watch for every folder. Used by
 * one thread.
 */
final class SourceTree {
  static final long LOOK_MILLIS = 100;

  /** What tools write into a project, and what would make a build the cause of the next. */
  private static final Set<String> NOT_SOURCES =
      Set.of(
          "node_modules",
          "target",
          "build",
          "dist",
          "__pycache__",
          "venv",
          ".venv",
          ".git",
          ".plexspaces");

  private static final int MAX_FILES = 20_000;

  private final Path root;
  private Map<Path, Stamp> seen;

  private record Stamp(long modified, long size) {}

  SourceTree(Path root) throws IOException {
    this.root = root;
    this.seen = look();
  }

  /**
   * Waits until something has changed since the last time, and then until nothing has for one more
   * look: editors write in several steps. Blocking.
   *
   * @return one of the files that changed, relative to the folder
   */
  Path awaitChange() throws IOException, InterruptedException {
    while (true) {
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
      Map<Path, Stamp> now = look();
      if (now.equals(seen)) {
        continue;
      }
      Path changed = difference(seen, now);
      Map<Path, Stamp> before;
      do {
        before = now;
        TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS / 4);
        now = look();
      } while (!now.equals(before));
      seen = now;
      return root.relativize(changed);
    }
  }

  private static Path difference(Map<Path, Stamp> before, Map<Path, Stamp> now) {
    for (Map.Entry<Path, Stamp> e : now.entrySet()) {
      if (!e.getValue().equals(before.get(e.getKey()))) {
        return e.getKey();
      }
    }
    for (Path p : before.keySet()) {
      if (!now.containsKey(p)) {
        return p;
      }
    }
    throw new IllegalStateException("nothing differs");
  }

  private Map<Path, Stamp> look() throws IOException {
    Map<Path, Stamp> files = new HashMap<>();
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) {
            boolean sources = dir.equals(root) || !NOT_SOURCES.contains(name(dir));
            return sources ? FileVisitResult.CONTINUE : FileVisitResult.SKIP_SUBTREE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes a) {
            // Editors' own files, such as .main.py.swp, are hidden.
            if (!name(file).startsWith(".") && !name(file).endsWith("~")) {
              files.put(file, new Stamp(a.lastModifiedTime().toMillis(), a.size()));
            }
            return files.size() > MAX_FILES ? FileVisitResult.TERMINATE : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) {
            return FileVisitResult.CONTINUE; // it went away while we looked
          }
        });
    if (files.size() > MAX_FILES) {
      throw CliException.usage(
          root + " has more than " + MAX_FILES + " files: name the folder of the app alone");
    }
    return files;
  }

  private static String name(Path p) {
    return String.valueOf(p.getFileName());
  }
}
