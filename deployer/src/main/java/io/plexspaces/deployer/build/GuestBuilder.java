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

/**
 * Builds artifacts from TypeScript, JavaScript, Python, Rust and Go. Equal sources and tools give
 * equal bytes. Thread-safe, blocking.
 */
public final class GuestBuilder {
  private final Tools tools;

  /** The first that takes a source builds it; the last takes all, to say what it is not. */
  private final List<SourceBuild> builds;

  /**
   * Finds esbuild and cargo where users have them: in the project, in PLEXSPACES_TOOLS, on PATH.
   */
  public GuestBuilder() {
    this(Tools.ofSystem());
  }

  GuestBuilder(Tools tools) {
    this.tools = tools;
    this.builds =
        List.of(
            new RustBuild(tools),
            new GoBuild(tools),
            new PythonBuild(tools),
            new ScriptBuild(tools));
  }

  /**
   * @param source a .ts, .mts, .js, .mjs or .py file, a folder of them, the folder of a Rust crate
   *     or of a Go module
   * @param out the file to write; replaced when all went well
   * @param progress is told, in short lines, what is done
   * @throws HostException INVALID_ARGUMENT with what is wrong with the source, FAILED_PRECONDITION
   *     if a tool is missing
   */
  public BuildResult build(Path source, Path out, Consumer<String> progress) {
    try {
      Artifact made = make(source, progress);
      replace(out.toAbsolutePath(), made.bytes());
      progress.accept("wrote " + out + ", " + made.bytes().length + " bytes");
      return new BuildResult(out, made.language(), made.digest(), made.bytes().length);
    } catch (IOException e) {
      throw failed(source, e);
    }
  }

  /**
   * What was built.
   *
   * @param language typescript, javascript, rust, ..
   * @param digest {@code sha256:} and 64 hexadecimal digits
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Artifact(String language, byte[] bytes, String digest) {}

  /** As {@link #build(Path, Path, Consumer)}, without writing a file. */
  public Artifact build(Path source, Consumer<String> progress) {
    try {
      return make(source, progress);
    } catch (IOException e) {
      throw failed(source, e);
    }
  }

  private Artifact make(Path source, Consumer<String> progress) throws IOException {
    Path from = source.toAbsolutePath().normalize();
    if (!Files.exists(from)) {
      throw refused("there is no " + source);
    }
    for (SourceBuild build : builds) {
      if (build.takes(from)) {
        SourceBuild.Built built = build.build(from, progress);
        return new Artifact(
            built.language(), built.artifact(), "sha256:" + sha256(built.artifact()));
      }
    }
    throw new IllegalStateException("the last build takes everything");
  }

  private static HostException failed(Path source, IOException e) {
    return new HostException(ErrorCode.INTERNAL, "the build of " + source + " failed: " + e, e);
  }

  /**
   * Whether esbuild is there for TypeScript in {@code folder}: in a node_modules of it or above it,
   * in PLEXSPACES_TOOLS, or on PATH.
   */
  public boolean hasBundler(Path folder) {
    return tools.findFor(folder.toAbsolutePath().normalize(), ScriptBuild.BUNDLER) != null;
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
