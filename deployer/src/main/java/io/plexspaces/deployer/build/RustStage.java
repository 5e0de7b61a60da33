package io.plexspaces.deployer.build;

import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A copy of a crate and of what it uses by path, as one cargo workspace. Cargo names a package
 * outside of the workspace by its absolute path, and the order of a module's functions follows
 * those names; within a workspace it uses the relative path, which is the same wherever the folders
 * lie.
 *
 * @param crate where to run cargo
 * @param root the workspace's folder
 * @param offline whether nothing has to be fetched
 */
record RustStage(Path crate, Path root, boolean offline) {
  private static final Set<String> LEFT_OUT = Set.of("target", "node_modules");

  /**
   * Prepares a crate for building.
   *
   * @param metadata what {@code cargo metadata} says of it
   * @return the crate itself where all of it lies in one workspace already
   */
  static RustStage of(Path crate, Value.Obj metadata) throws IOException {
    List<Path> local = new ArrayList<>();
    boolean offline = true;
    for (Value p : metadata.array("packages")) {
      if (p instanceof Value.Obj o && o.get("source") instanceof Value.Str) {
        offline = false;
      } else if (p instanceof Value.Obj o) {
        Path folder = Path.of(o.string("manifest_path", "")).getParent();
        if (folder != null) {
          local.add(folder);
        }
      }
    }
    Path workspace = Path.of(metadata.string("workspace_root", crate.toString()));
    if (!workspace.equals(crate)
        || local.stream().allMatch(l -> l.startsWith(crate))
        || hasWorkspace(local)) {
      return new RustStage(crate, workspace, offline);
    }
    Path above = crate;
    for (Path l : local) {
      above = common(above, l);
    }
    Path root = crate.resolve("target/plexspaces/sources");
    Set<Path> kept = new HashSet<>();
    List<String> members = new ArrayList<>();
    for (Path l : local) {
      Path relative = above.relativize(l);
      members.add('"' + relative.toString().replace('\\', '/') + '"');
      copy(l, root.resolve(relative), kept);
    }
    members.sort(null);
    String manifest =
        "[workspace]\nresolver = \"2\"\nmembers = ["
            + String.join(", ", members)
            + "]\n\n"
            + profiles(Files.readString(crate.resolve("Cargo.toml")));
    write(root.resolve("Cargo.toml"), manifest.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    kept.add(root.resolve("Cargo.toml"));
    Path lock = crate.resolve("Cargo.lock");
    if (Files.isRegularFile(lock)) {
      write(root.resolve("Cargo.lock"), Files.readAllBytes(lock));
      kept.add(root.resolve("Cargo.lock"));
    }
    deleteOthers(root, kept);
    return new RustStage(root.resolve(above.relativize(crate)), root, offline);
  }

  /** A workspace inside of a workspace is an error of cargo's. */
  private static boolean hasWorkspace(List<Path> packages) throws IOException {
    for (Path p : packages) {
      if (Files.readString(p.resolve("Cargo.toml"))
          .lines()
          .anyMatch(l -> l.strip().startsWith("[workspace"))) {
        return true;
      }
    }
    return false;
  }

  private static Path common(Path a, Path b) {
    Path c = a;
    while (c.getParent() != null && !b.startsWith(c)) {
      c = c.getParent();
    }
    return c;
  }

  /** Cargo reads profiles in the workspace's manifest only. */
  private static String profiles(String manifest) {
    StringBuilder b = new StringBuilder();
    boolean inside = false;
    for (String line : manifest.lines().toList()) {
      if (line.strip().startsWith("[")) {
        inside = line.strip().startsWith("[profile.");
      }
      if (inside) {
        b.append(line).append('\n');
      }
    }
    return b.toString();
  }

  private static void copy(Path from, Path to, Set<Path> kept) throws IOException {
    walk(
        from,
        file -> {
          Path copy = to.resolve(from.relativize(file).toString());
          kept.add(copy);
          write(copy, Files.readAllBytes(file));
        });
  }

  private interface Visit {
    void file(Path file) throws IOException;
  }

  private static void walk(Path folder, Visit visit) throws IOException {
    var _ =
        Files.walkFileTree(
            folder,
            new SimpleFileVisitor<>() {
              @Override
              public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes a) {
                String name = String.valueOf(dir.getFileName());
                boolean skip =
                    !dir.equals(folder) && (LEFT_OUT.contains(name) || name.startsWith("."));
                return skip ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
              }

              @Override
              public FileVisitResult visitFile(Path file, BasicFileAttributes a)
                  throws IOException {
                if (a.isRegularFile()) {
                  visit.file(file);
                }
                return FileVisitResult.CONTINUE;
              }
            });
  }

  /** What is there already keeps its time, for cargo builds anew what is younger. */
  private static void write(Path file, byte[] bytes) throws IOException {
    if (Files.isRegularFile(file) && Arrays.equals(Files.readAllBytes(file), bytes)) {
      return;
    }
    Path folder = file.getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    Files.write(file, bytes);
  }

  private static void deleteOthers(Path root, Set<Path> kept) throws IOException {
    walk(
        root,
        file -> {
          @Nullable Path name = file.getFileName();
          boolean lock = name != null && name.toString().equals("Cargo.lock");
          if (!lock && !kept.contains(file)) {
            Files.delete(file);
          }
        });
  }

  static Value.Obj metadata(String text) {
    return Json.read(text) instanceof Value.Obj o ? o : Value.Obj.EMPTY;
  }
}
