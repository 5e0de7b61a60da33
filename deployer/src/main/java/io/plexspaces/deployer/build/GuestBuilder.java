package io.plexspaces.deployer.build;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Builds artifacts from TypeScript, JavaScript and Rust. Equal sources and tools give equal bytes.
 * Thread-safe, blocking.
 */
public final class GuestBuilder {
  /** Where a folder's program starts, if its package.json does not say so. */
  private static final List<String> MAIN_FILES =
      List.of(
          "src/main.ts",
          "main.ts",
          "src/index.ts",
          "index.ts",
          "src/main.js",
          "main.js",
          "src/index.js",
          "index.js");

  private final Tools tools;

  /**
   * Finds esbuild and cargo where users have them: in the project, in PLEXSPACES_TOOLS, on PATH.
   */
  public GuestBuilder() {
    this(Tools.ofSystem());
  }

  GuestBuilder(Tools tools) {
    this.tools = tools;
  }

  /**
   * @param source a .ts, .mts, .js or .mjs file, a folder of them, or the folder of a Rust crate
   * @param out the file to write; replaced when all went well
   * @param progress is told, in short lines, what is done
   * @throws HostException INVALID_ARGUMENT with what is wrong with the source, FAILED_PRECONDITION
   *     if a tool is missing
   */
  public BuildResult build(Path source, Path out, Consumer<String> progress) {
    try {
      Path from = source.toAbsolutePath().normalize();
      if (!Files.exists(from)) {
        throw refused("there is no " + source);
      }
      String language;
      byte[] artifact;
      if (Files.isDirectory(from) && Files.exists(from.resolve("Cargo.toml"))) {
        language = "rust";
        artifact = new RustBuild(tools).build(from, progress);
      } else {
        Entry entry = Files.isDirectory(from) ? entryOf(from) : entryOfFile(from);
        language = isTypeScript(entry.main()) ? "typescript" : "javascript";
        artifact = new ScriptBuild(tools).build(entry.root(), entry.main(), progress);
      }
      replace(out.toAbsolutePath(), artifact);
      progress.accept("wrote " + out + ", " + artifact.length + " bytes");
      return new BuildResult(out, language, "sha256:" + sha256(artifact), artifact.length);
    } catch (IOException e) {
      throw new HostException(ErrorCode.INTERNAL, "the build of " + source + " failed: " + e, e);
    }
  }

  /**
   * Whether esbuild is there for TypeScript in {@code folder}: in a node_modules of it or above it,
   * in PLEXSPACES_TOOLS, or on PATH.
   */
  public boolean hasBundler(Path folder) {
    return tools.findFor(folder.toAbsolutePath().normalize(), ScriptBuild.BUNDLER) != null;
  }

  /** A program: {@code main} is relative to {@code root}, with slashes. */
  private record Entry(Path root, String main) {}

  private static Entry entryOfFile(Path file) {
    String name = String.valueOf(file.getFileName());
    if (!isTypeScript(name) && !isJavaScript(name)) {
      throw refused(
          name
              + " is neither TypeScript (.ts, .mts) nor JavaScript (.js, .mjs), and no folder of a"
              + " Rust crate");
    }
    Path parent = file.getParent();
    return new Entry(parent == null ? file : parent, name);
  }

  private static Entry entryOf(Path folder) throws IOException {
    String declared = declaredMain(folder);
    if (declared != null) {
      if (!Files.isRegularFile(folder.resolve(declared))) {
        throw refused(
            folder.resolve("package.json")
                + " names the main file "
                + declared
                + ", which is absent");
      }
      if (!isTypeScript(declared) && !isJavaScript(declared)) {
        throw refused(
            folder.resolve("package.json")
                + " names the main file "
                + declared
                + ", which is no script");
      }
      return new Entry(folder, declared);
    }
    for (String main : MAIN_FILES) {
      if (Files.isRegularFile(folder.resolve(main))) {
        return new Entry(folder, main);
      }
    }
    throw refused(
        "the folder "
            + folder
            + " has no program: no Cargo.toml, no main file in package.json, none of "
            + String.join(", ", MAIN_FILES));
  }

  private static @Nullable String declaredMain(Path folder) throws IOException {
    Path file = folder.resolve("package.json");
    if (!Files.isRegularFile(file)) {
      return null;
    }
    try {
      String main = io.plexspaces.api.Json.readObject(Files.readAllBytes(file)).string("main", "");
      return main.isEmpty() ? null : main.startsWith("./") ? main.substring(2) : main;
    } catch (HostException e) {
      throw refused(file + ": " + e.getMessage());
    }
  }

  static boolean isTypeScript(String name) {
    return name.endsWith(".ts") || name.endsWith(".mts");
  }

  static boolean isJavaScript(String name) {
    return name.endsWith(".js") || name.endsWith(".mjs");
  }

  /** Readers of {@code out} see the old file or the new one, never half of it. */
  private static void replace(Path out, byte[] artifact) throws IOException {
    Path folder = out.getParent();
    if (folder == null || Files.isDirectory(out)) {
      throw refused(out + " cannot be written: it is a folder");
    }
    Files.createDirectories(folder);
    Path part = Files.createTempFile(folder, String.valueOf(out.getFileName()), ".part");
    try {
      Files.write(part, artifact);
      try {
        Files.move(part, out, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } catch (AtomicMoveNotSupportedException e) {
        Files.move(part, out, StandardCopyOption.REPLACE_EXISTING);
      }
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  static HostException refused(String why) {
    return new HostException(ErrorCode.INVALID_ARGUMENT, why);
  }
}
