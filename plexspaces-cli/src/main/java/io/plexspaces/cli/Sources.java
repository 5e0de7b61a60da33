package io.plexspaces.cli;

import io.plexspaces.deployer.build.GuestBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;

/** Builds what {@code deploy} was given where that is source, before it is sent. */
final class Sources {
  private Sources() {}

  /** Whether {@code name} is a folder, a zip file or a source file. */
  static boolean isSource(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return Stream.of(".py", ".js", ".mjs", ".ts", ".mts", ".zip").anyMatch(lower::endsWith)
        || isFolder(name);
  }

  private static boolean isFolder(String name) {
    try {
      return Files.isDirectory(Path.of(name));
    } catch (InvalidPathException e) {
      return false;
    }
  }

  /**
   * The artifact that {@code plexspaces build} makes.
   *
   * @throws CliException if the archive is refused
   */
  static byte[] build(Session session, String name) {
    Path work = null;
    try {
      work = Files.createTempDirectory("plexspaces-deploy");
      Path source = Path.of(name);
      if (name.toLowerCase(Locale.ROOT).endsWith(".zip") && !Files.isDirectory(source)) {
        source = Unzip.unzip(source, Files.createDirectory(work.resolve("zip")).toRealPath());
      }
      Path out = work.resolve("app.wasm");
      var _ = new GuestBuilder().build(source, out, line -> session.terminal().err().println(line));
      return Files.readAllBytes(out);
    } catch (InvalidPathException | IOException e) {
      throw CliException.usage("--wasm: " + name + " cannot be built: " + e.getMessage())
          .causedBy(e);
    } finally {
      if (work != null) {
        Folders.delete(work);
      }
    }
  }
}
