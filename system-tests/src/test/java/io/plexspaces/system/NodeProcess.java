package io.plexspaces.system;

import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A node in a process of its own, as {@code plexspaces node start} runs it. */
final class NodeProcess implements AutoCloseable {
  private final Process process;
  private final Path log;
  private final Http http;

  private NodeProcess(Process process, Path log, String url) {
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
    return new NodeProcess(p, log, node.string("url", ""));
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
  }

  /** Stops gracefully; answers the exit status. */
  int stop() throws InterruptedException {
    process.destroy();
    return process.waitFor();
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
