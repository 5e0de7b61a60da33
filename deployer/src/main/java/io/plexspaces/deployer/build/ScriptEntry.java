package io.plexspaces.deployer.build;

import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a program of scripts starts.
 *
 * @param root the folder that paths are relative to
 * @param main the file to start with, relative to {@code root}, with slashes
 */
record ScriptEntry(Path root, String main) {
  /** Where a folder's program starts, if its package.json does not say so. */
  static final List<String> MAIN_FILES =
      List.of(
          "src/main.ts",
          "main.ts",
          "src/index.ts",
          "index.ts",
          "src/main.js",
          "main.js",
          "src/index.js",
          "index.js");

  /**
   * @param source a script, or a folder with one to start with
   * @throws HostException INVALID_ARGUMENT if it is neither
   */
  static ScriptEntry of(Path source) throws IOException {
    return Files.isDirectory(source) ? ofFolder(source) : ofFile(source);
  }

  private static ScriptEntry ofFile(Path file) {
    String name = String.valueOf(file.getFileName());
    if (!GuestBuilder.isTypeScript(name) && !GuestBuilder.isJavaScript(name)) {
      throw GuestBuilder.refused(
          name
              + " is neither TypeScript (.ts, .mts) nor JavaScript (.js, .mjs) nor Python (.py), and"
              + " no folder of a Rust crate or a Go module");
    }
    Path parent = file.getParent();
    return new ScriptEntry(parent == null ? file : parent, name);
  }

  private static ScriptEntry ofFolder(Path folder) throws IOException {
    String declared = declaredMain(folder);
    if (declared != null) {
      if (!Files.isRegularFile(folder.resolve(declared))) {
        throw GuestBuilder.refused(
            folder.resolve("package.json")
                + " names the main file "
                + declared
                + ", which is absent");
      }
      if (!GuestBuilder.isTypeScript(declared) && !GuestBuilder.isJavaScript(declared)) {
        throw GuestBuilder.refused(
            folder.resolve("package.json")
                + " names the main file "
                + declared
                + ", which is no script");
      }
      return new ScriptEntry(folder, declared);
    }
    for (String main : MAIN_FILES) {
      if (Files.isRegularFile(folder.resolve(main))) {
        return new ScriptEntry(folder, main);
      }
    }
    throw GuestBuilder.refused(
        "the folder "
            + folder
            + " has no program: no Cargo.toml, no go.mod, no Python module, no main file in package.json, none"
            + " of "
            + String.join(", ", MAIN_FILES));
  }

  private static @Nullable String declaredMain(Path folder) throws IOException {
    Path file = folder.resolve("package.json");
    if (!Files.isRegularFile(file)) {
      return null;
    }
    String main;
    try {
      main = Json.readObject(Files.readAllBytes(file)).string("main", "");
    } catch (HostException e) {
      throw GuestBuilder.refused(file + ": " + e.getMessage());
    }
    try {
      if (main.isEmpty()) {
        return null;
      }
      Path normal = Path.of(main).normalize();
      if (normal.isAbsolute() || normal.startsWith("..")) {
        throw GuestBuilder.refused(file + ": the main file " + main + " is outside of the project");
      }
      return normal.toString().replace('\\', '/');
    } catch (InvalidPathException e) {
      throw GuestBuilder.refused(file + ": the main file is not a path: " + e.getMessage());
    }
  }
}
