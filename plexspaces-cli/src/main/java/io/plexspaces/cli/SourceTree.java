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
import org.jspecify.annotations.Nullable;

/**
 * A folder of sources, looked at again and again: file times and sizes, not the system's events,
 * which miss what some editors and network folders do and need a watch for every folder. Used by
 * one thread.
 */
final class SourceTree {
  static final long LOOK_MILLIS = 100;

  /** What tools write into a project, wherever it is. */
  private static final Set<String> NOT_SOURCES =
      Set.of("node_modules", "__pycache__", ".venv", ".git", ".plexspaces");

  /**
   * What tools write beside their manifest, and what would make a build the cause of the next. Such
   * a folder elsewhere, as {@code src/build}, is somebody's package.
   */
  private static final Map<String, Set<String>> OUTPUTS =
      Map.of(
          "Cargo.toml", Set.of("target"),
          "package.json", Set.of("dist", "build", "target"),
          "pyproject.toml", Set.of("dist", "build"),
          "pom.xml", Set.of("target"));

  /** Where no manifest says better, these are outputs at the root. A Go module has none. */
  private static final Set<String> ROOT_OUTPUTS = Set.of("dist", "build", "target");

  private static final int MAX_FILES = 20_000;

  private final Path root;
  private final Path config;
  private Map<Path, Stamp> seen;

  private record Stamp(long modified, long size) {
    static Stamp of(BasicFileAttributes a) {
      return new Stamp(a.lastModifiedTime().toMillis(), a.size());
    }
  }

  /**
   * @param config a file that is looked at as well, wherever it is
   */
  SourceTree(Path root, Path config) {
    this.root = root;
    this.config = config;
    this.seen = look();
  }

  /**
   * Waits until something has changed since the last time, and then until nothing has for one more
   * look: editors write in several steps. Blocking.
   *
   * @return one of the files that changed, relative to the folder
   */
  Path awaitChange() throws InterruptedException {
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

  /** What is looked at, as it was the last time. */
  Set<Path> files() {
    return seen.keySet();
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

  /** What is there now; of what comes and goes meanwhile, perhaps not all. */
  private Map<Path, Stamp> look() {
    Map<Path, Stamp> files = new HashMap<>();
    try {
      Files.walkFileTree(root, new Look(files));
      if (Files.isRegularFile(config)) {
        files.put(config, Stamp.of(Files.readAttributes(config, BasicFileAttributes.class)));
      }
    } catch (IOException e) {
      // It went away while we looked: the next look is soon.
      return files;
    }
    if (files.size() > MAX_FILES) {
      throw CliException.usage(
          root + " has more than " + MAX_FILES + " files: name the folder of the app alone");
    }
    return files;
  }

  private final class Look extends SimpleFileVisitor<Path> {
    private final Map<Path, Stamp> files;

    Look(Map<Path, Stamp> files) {
      this.files = files;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) {
      boolean sources = dir.equals(root) || isSource(dir);
      return sources ? FileVisitResult.CONTINUE : FileVisitResult.SKIP_SUBTREE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes a) {
      // Editors' own files, such as .main.py.swp, are hidden.
      if (!name(file).startsWith(".") && !name(file).endsWith("~")) {
        files.put(file, Stamp.of(a));
      }
      return files.size() > MAX_FILES ? FileVisitResult.TERMINATE : FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) {
      return FileVisitResult.CONTINUE; // it went away while we looked
    }

    @Override
    public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException e) {
      return FileVisitResult.CONTINUE;
    }
  }

  private boolean isSource(Path dir) {
    String name = name(dir);
    if (NOT_SOURCES.contains(name) || Files.exists(dir.resolve("pyvenv.cfg"))) {
      return false;
    }
    if (!ROOT_OUTPUTS.contains(name)) {
      return true;
    }
    boolean manifest = false;
    for (Map.Entry<String, Set<String>> e : OUTPUTS.entrySet()) {
      if (Files.exists(dir.resolveSibling(e.getKey()))) {
        manifest = true;
        if (e.getValue().contains(name)) {
          return false;
        }
      }
    }
    manifest |= Files.exists(dir.resolveSibling("go.mod"));
    return manifest || !root.equals(dir.getParent());
  }

  private static String name(Path p) {
    return String.valueOf(p.getFileName());
  }
}
