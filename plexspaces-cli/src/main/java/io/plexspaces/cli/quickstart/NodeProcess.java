package io.plexspaces.cli.quickstart;

import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A node in a process of its own: what {@code plexspaces node start} runs, with the same JVM and
 * the same flags as this process has.
 *
 * @param url where it answers
 * @param dataDirectory where it keeps everything
 * @param log what it writes
 */
record NodeProcess(Process process, String url, Path dataDirectory, Path log) {
  private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(60);
  private static final int LOG_LINES = 5;

  /** Flags of this process that another must not have: it has no terminal and no debugger. */
  private static final List<String> NOT_INHERITED =
      List.of("-Dplexspaces.terminal", "-agentlib:", "-agentpath:", "-javaagent:", "-Xrunjdwp");

  /** Lets the caller end the process from the moment it exists. */
  interface Watcher {
    void started(Process process);
  }

  /**
   * Starts a node on a free port of loopback and returns when it takes requests.
   *
   * @param work an empty folder of its own
   */
  static NodeProcess start(Path work, Watcher watcher) throws IOException {
    Path data = work.resolve("data");
    Path log = work.resolve("node.log");
    ProcessBuilder builder = new ProcessBuilder(command(data));
    // A plexspaces.toml or a variable meant for the user's own node is not for this one.
    builder.directory(work.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("PLEXSPACES_"));
    builder.redirectError(log.toFile());
    Process process = builder.start();
    watcher.started(process);
    process.getOutputStream().close();
    CompletableFuture<Value.Obj> up = new CompletableFuture<>();
    Thread.ofVirtual().start(() -> readUntilUp(process.getInputStream(), up));
    try {
      Value.Obj said = up.get(START_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
      return new NodeProcess(process, said.string("url", ""), data, log);
    } catch (TimeoutException e) {
      throw failure("the node was not up in " + START_TIMEOUT.toSeconds() + " s", log).causedBy(e);
    } catch (ExecutionException e) {
      throw failure("the node did not start", log).causedBy(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw QuickstartFailure.of("interrupted").causedBy(e);
    }
  }

  private static List<String> command(Path data) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (NOT_INHERITED.stream().noneMatch(flag::startsWith)) {
        command.add(flag);
      }
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), "io.plexspaces.cli.Main"));
    command.addAll(
        List.of("node", "start", "--port", "0", "--data-dir", data.toString(), "--output", "json"));
    return command;
  }

  /** The node prints one JSON object when it is up. */
  private static void readUntilUp(InputStream in, CompletableFuture<Value.Obj> up) {
    StringBuilder said = new StringBuilder();
    try (in) {
      byte[] buffer = new byte[4096];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        said.append(new String(buffer, 0, n, StandardCharsets.UTF_8));
        if (said.toString().stripTrailing().endsWith("}")) {
          up.complete(Json.readObject(said.toString().getBytes(StandardCharsets.UTF_8)));
        }
      }
      up.completeExceptionally(new IOException("the process ended"));
    } catch (IOException | HostException e) {
      up.completeExceptionally(e);
    }
  }

  private static QuickstartFailure failure(String what, Path log) {
    List<String> lines = List.of();
    try {
      lines = Files.readString(log).lines().map(Screen::plain).toList();
    } catch (IOException e) {
      // The log is only an addition to the message.
      lines = List.of("its log cannot be read: " + e);
    }
    return QuickstartFailure.of(
        what + ": mend what its log ends with, then run quickstart again",
        lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size()));
  }

  long pid() {
    return process.pid();
  }

  /** Stops it gracefully. */
  void stop() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(STOP_TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw failure("the node did not stop in " + STOP_TIMEOUT.toSeconds() + " s", log);
    }
    if (process.exitValue() != 0) {
      throw failure("the node ended with status " + process.exitValue(), log);
    }
  }
}
