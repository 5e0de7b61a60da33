package io.plexspaces.deployer.build;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The programs that a build may call.
 *
 * @param folders searched before {@code path}
 * @param path the folders of PATH
 */
record Tools(List<Path> folders, List<Path> path) {
  private static final Duration LIMIT = Duration.ofMinutes(10);

  /** PLEXSPACES_TOOLS (a property {@code plexspaces.tools} wins) lists folders as PATH does. */
  static Tools ofSystem() {
    String own = System.getProperty("plexspaces.tools", System.getenv("PLEXSPACES_TOOLS"));
    return new Tools(split(own), split(System.getenv("PATH")));
  }

  private static List<Path> split(@Nullable String list) {
    List<Path> folders = new ArrayList<>();
    for (String s : list == null ? new String[0] : list.split(File.pathSeparator, -1)) {
      if (!s.isBlank()) {
        folders.add(Path.of(s));
      }
    }
    return folders;
  }

  /** A program of a project's node_modules, from {@code folder} upwards, of ours, or of PATH. */
  @Nullable Path findFor(Path folder, String name) {
    for (Path p = folder; p != null; p = p.getParent()) {
      Path program = p.resolve("node_modules/.bin").resolve(name);
      if (Files.isExecutable(program)) {
        return program;
      }
    }
    List<Path> found = find(name);
    return found.isEmpty() ? null : found.getFirst();
  }

  /** All programs of this name, the preferred first. */
  List<Path> find(String name) {
    List<Path> found = new ArrayList<>();
    for (List<Path> list : List.of(folders, path)) {
      for (Path folder : list) {
        Path program = folder.resolve(name);
        if (Files.isExecutable(program) && !Files.isDirectory(program)) {
          found.add(program.toAbsolutePath());
        }
      }
    }
    return found;
  }

  /**
   * What a program wrote.
   *
   * @param status its exit status
   */
  record Output(int status, String out, String err) {}

  /**
   * Runs a program to its end.
   *
   * @param environment added to our own
   */
  static Output run(Path folder, List<String> command, Map<String, String> environment)
      throws IOException {
    return run(folder, command, own -> own.putAll(environment));
  }

  /**
   * Runs a program to its end.
   *
   * @param environment makes the program's environment of our own
   */
  static Output run(Path folder, List<String> command, Consumer<Map<String, String>> environment)
      throws IOException {
    Path out = Files.createTempFile("plexspaces-build", ".out");
    Path err = Files.createTempFile("plexspaces-build", ".err");
    try {
      ProcessBuilder b = new ProcessBuilder(command);
      b.directory(folder.toFile());
      environment.accept(b.environment());
      b.redirectInput(ProcessBuilder.Redirect.from(new File(nullDevice())));
      b.redirectOutput(out.toFile());
      b.redirectError(err.toFile());
      Process p = b.start();
      try {
        if (!p.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
          throw GuestBuilder.refused(
              command.getFirst() + " did not end within " + LIMIT.toMinutes() + " minutes");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while " + command.getFirst() + " ran", e);
      } finally {
        p.destroyForcibly();
      }
      return new Output(p.exitValue(), read(out), read(err));
    } finally {
      Files.deleteIfExists(out);
      Files.deleteIfExists(err);
    }
  }

  private static String read(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }

  private static String nullDevice() {
    return File.separatorChar == '\\' ? "NUL" : "/dev/null";
  }
}
