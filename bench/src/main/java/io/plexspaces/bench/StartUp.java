package io.plexspaces.bench;

import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * From the start of a node's process, as {@code ./plexspaces node start} makes it, to the first
 * answer of an actor over HTTP. The node has one TypeScript app in its data directory.
 */
final class StartUp {
  private static final String NAME = "start-up";
  private static final long LIMIT_SECONDS = 60;
  private static final String CONFIG =
      """
      [supervisor]
      id = "root"

      [[supervisor.children]]
      id = "main"
      type = "counter"
      """;

  private final Path launcher;
  private final Path scratch;
  private final Path data;
  private final Consumer<String> progress;

  StartUp(Path root, Path scratch, Consumer<String> progress) {
    this.launcher = root.resolve("plexspaces");
    this.scratch = scratch;
    this.data = scratch.resolve("data");
    this.progress = progress;
  }

  List<Result> measure(byte[] app, int times) throws IOException, InterruptedException {
    try (HttpClient http = HttpClient.newHttpClient()) {
      deploy(app, http);
      double[] warm = new double[times];
      double[] cold = new double[times];
      for (int i = 0; i < times; i++) {
        progress.accept(NAME + ": start " + (i + 1) + " of " + times);
        warm[i] = start(http, true);
        delete(data.resolve("cache"));
        cold[i] = start(http, false);
      }
      return List.of(
          new Result.Figure(NAME, "warm cache", new Samples(warm), "ms"),
          new Result.Figure(NAME, "no module cache", new Samples(cold), "ms"));
    }
  }

  /** Also makes what the launcher makes once: the build and the JDK's start-up cache. */
  private void deploy(byte[] app, HttpClient http) throws IOException, InterruptedException {
    progress.accept(NAME + ": deploying");
    Path wasm = Files.write(scratch.resolve("start-up.wasm"), app);
    Path config = Files.writeString(scratch.resolve("start-up.toml"), CONFIG);
    Process node = node(true);
    try {
      String url = url(node);
      List<String> command = new ArrayList<>(List.of(launcher.toString(), "deploy"));
      command.addAll(List.of("--app", "bench", "--node", url));
      command.addAll(List.of("--wasm", wasm.toString(), "--config", config.toString()));
      Path log = scratch.resolve("deploy.log");
      Process p =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      if (p.waitFor() != 0) {
        throw new IllegalStateException("deploy failed: " + Files.readString(log));
      }
      ask(node, url, http);
    } finally {
      stop(node);
    }
  }

  /** Milliseconds to the first answer; the node is stopped afterwards. */
  private double start(HttpClient http, boolean compiled) throws IOException, InterruptedException {
    long start = System.nanoTime();
    Process node = node(compiled);
    try {
      ask(node, url(node), http);
      return (System.nanoTime() - start) / 1e6;
    } finally {
      stop(node);
    }
  }

  /**
   * @param compiled whether it may use the compiled modules that the distribution brings
   */
  private Process node(boolean compiled) throws IOException {
    ProcessBuilder b =
        new ProcessBuilder(
            launcher.toString(), "node", "start", "--port", "0", "--data-dir", data.toString());
    if (!compiled) {
      b.environment()
          .put("PLEXSPACES_JAVA_OPTS", "-Dplexspaces.modules=" + scratch.resolve("none"));
    }
    return b.directory(scratch.toFile())
        .redirectErrorStream(true)
        .redirectOutput(scratch.resolve("node.log").toFile())
        .start();
  }

  /** Waits for the file in which a node that takes requests says where. */
  private String url(Process node) throws IOException, InterruptedException {
    Path file = data.resolve("node.json");
    while (!Files.exists(file)) {
      if (node.waitFor(1, TimeUnit.MILLISECONDS)) {
        throw ended();
      }
    }
    Value.Obj said = Json.readObject(Files.readAllBytes(file));
    return said.string("url", "");
  }

  private IllegalStateException ended() throws IOException {
    return new IllegalStateException(
        "the node ended: " + Files.readString(scratch.resolve("node.log")));
  }

  private void ask(Process node, String url, HttpClient http)
      throws IOException, InterruptedException {
    HttpRequest ask =
        HttpRequest.newBuilder(URI.create(url + "/api/v1/actors/bench/counter/main/ask/increment"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString("{\"by\":1}"))
            .build();
    HttpResponse<String> answer = http.send(ask, HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) {
      throw new IllegalStateException(
          "the first ask got " + answer.statusCode() + " " + answer.body() + "; node " + node);
    }
  }

  private static void stop(Process node) throws InterruptedException {
    node.destroy();
    if (!node.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
      node.destroyForcibly().waitFor();
      throw new IllegalStateException("the node did not stop in " + LIMIT_SECONDS + " s");
    }
  }

  static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path f : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(f);
      }
    }
  }
}
