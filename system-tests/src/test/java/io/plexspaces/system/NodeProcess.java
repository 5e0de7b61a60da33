package io.plexspaces.system;

import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A node in a process of its own, as {@code plexspaces node start} runs it. */
final class NodeProcess implements AutoCloseable {
  /**
   * What nodes of earlier tests have compiled, as an installation brings it: a test that is about
   * something else need not wait for an interpreter to be compiled again.
   */
  private static final Path COMPILED = Path.of("target/modules").toAbsolutePath();

  private final Path dataDir;
  private final Process process;
  private final Path log;
  private final Http http;

  private NodeProcess(Path dataDir, Process process, Path log, String url) {
    this.dataDir = dataDir;
    this.process = process;
    this.log = log;
    this.http = new Http(url);
  }

  static List<String> java(String... more) {
    return java(List.of(), more);
  }

  /**
   * @param flags of the JVM, behind those that all test nodes have, so that they win
   */
  static List<String> java(List<String> flags, String... more) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        Arrays.asList(System.getProperty("plexspaces.node.flags", "").trim().split("\\s+", -1)));
    // These processes live for seconds: the optimising compiler would only compete with them.
    command.add("-XX:TieredStopAtLevel=1");
    command.add("-XX:+UseSerialGC");
    command.add("-Xmx512m");
    command.add("-Djdk.virtualThreadScheduler.parallelism=4");
    command.add("-Dplexspaces.modules=" + COMPILED);
    command.addAll(flags);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add("io.plexspaces.cli.Main");
    command.addAll(List.of(more));
    return command;
  }

  static NodeProcess start(Path dataDir) throws IOException, InterruptedException {
    return start(dataDir, Map.of());
  }

  static NodeProcess start(Path dataDir, Map<String, String> environment, String... more)
      throws IOException, InterruptedException {
    return start(dataDir, environment, List.of(), more);
  }

  /** Returns when the node takes requests. */
  static NodeProcess start(
      Path dataDir, Map<String, String> environment, List<String> flags, String... more)
      throws IOException, InterruptedException {
    Files.createDirectories(dataDir);
    Path nodeFile = dataDir.resolve("node.json");
    Files.deleteIfExists(nodeFile);
    Path log = dataDir.resolveSibling(dataDir.getFileName() + ".log");
    List<String> args =
        new ArrayList<>(List.of("node", "start", "--port", "0", "--data-dir", dataDir.toString()));
    args.addAll(List.of(more));
    ProcessBuilder b = new ProcessBuilder(java(flags, args.toArray(String[]::new)));
    b.environment().putAll(environment);
    b.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    Process p = b.start();
    while (!Files.exists(nodeFile)) {
      if (p.waitFor(5, TimeUnit.MILLISECONDS)) {
        throw new IllegalStateException("the node ended: " + Files.readString(log));
      }
    }
    Value.Obj node = Json.readObject(Files.readAllBytes(nodeFile));
    return new NodeProcess(dataDir, p, log, node.string("url", ""));
  }

  Http http() {
    return http;
  }

  Process process() {
    return process;
  }

  String log() throws IOException {
    return Files.readString(log);
  }

  /** As {@code kill -9} does it. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor();
    keepCompiled();
  }

  /** Stops gracefully; answers the exit status. */
  int stop() throws InterruptedException {
    process.destroy();
    int status = process.waitFor();
    keepCompiled();
    return status;
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
    keepCompiled();
  }

  private void keepCompiled() {
    Path modules = dataDir.resolve("cache").resolve("modules");
    if (!Files.isDirectory(modules)) {
      return;
    }
    try (Stream<Path> files = Files.list(modules)) {
      Files.createDirectories(COMPILED);
      for (Path file : files.filter(f -> !f.toString().endsWith(".part")).toList()) {
        Path kept = COMPILED.resolve(file.getFileName());
        if (!Files.exists(kept)) {
          Files.copy(file, kept);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
