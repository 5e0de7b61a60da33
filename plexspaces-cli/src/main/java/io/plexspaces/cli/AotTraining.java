package io.plexspaces.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Does what a command line or a node does at its start, so that the JDK can write down which
 * classes that takes. The launcher runs it once a build, see {@code ./plexspaces}.
 */
public final class AotTraining {
  /** The discard port: nothing of ours listens there. */
  private static final String NOBODY = "http://127.0.0.1:9";

  private static final String APP =
      """
      import { PlexSpacesActor, registerActors } from "@plexspaces/sdk";
      class Echo extends PlexSpacesActor {
        onEcho(message) { this.state.last = message; return message; }
      }
      registerActors(Echo);
      """;

  private static final String APP_CONFIG =
      """
      name = "training"
      version = "1.0.0"

      [actor_types.echo]
      facets = [
        { type = "virtual_actor", config = { idle_timeout = "5m" } },
        { type = "durability", config = { checkpoint_interval = 1 } } ]
      """;

  private AotTraining() {}

  /**
   * @param args {@code cli} or {@code node}
   */
  public static void main(String[] args) throws IOException {
    switch (args.length == 1 ? args[0] : "") {
      case "cli" -> commands(NOBODY);
      case "node" -> node();
      default -> throw new IllegalArgumentException("cli or node");
    }
  }

  private static void commands(String url) {
    for (String line :
        List.of(
            "--version",
            "--help",
            "actor ask --help",
            "deply",
            "apps",
            "apps --output json",
            "actor list counter",
            "actor tree counter",
            "actor ask counter/counter/main increment {\"by\":2}",
            "health",
            "metrics")) {
      run(url, line.split(" ", -1));
    }
  }

  private static void run(String url, String... words) {
    Terminal terminal =
        new Terminal(
            new ByteArrayInputStream(new byte[0]),
            new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8),
            new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8),
            Map.of("PLEXSPACES_NODE", url),
            true);
    var _ = new Cli(terminal).run(words);
  }

  private static void node() throws IOException {
    Path work = Files.createTempDirectory("plexspaces-training");
    try {
      Node.logInLines();
      NodeConfig config = NodeConfig.local(work.resolve("data"), 0);
      try (Node node = Node.start(config)) {
        commands(node.url());
        useApp(node.url(), work);
      }
      // Again, for the way a node takes that finds its app and its compiled modules there.
      try (Node node = Node.start(config)) {
        ask(node.url());
      }
      keepModules(work.resolve("data"));
    } finally {
      delete(work);
    }
  }

  /** A small app in JavaScript; without the engine for it, the node only refuses it. */
  private static void useApp(String url, Path work) throws IOException {
    Path source = work.resolve("training.js");
    Path module = work.resolve("training.wasm");
    Path config = work.resolve("app-config.toml");
    Files.writeString(source, APP);
    Files.writeString(config, APP_CONFIG);
    run(url, "build", source.toString(), "-o", module.toString());
    if (Files.exists(module)) {
      run(url, "deploy", "--wasm", module.toString(), "--config", config.toString());
      ask(url);
    }
  }

  private static void ask(String url) {
    run(url, "actor", "ask", "training/echo/main", "echo", "{\"text\":\"hello\"}");
  }

  /** What was compiled meanwhile, the JavaScript engine above all, is kept for every node. */
  private static void keepModules(Path data) throws IOException {
    String target = System.getProperty(Guests.INSTALLED_MODULES, "");
    if (target.isEmpty()) {
      return;
    }
    Files.createDirectories(Path.of(target));
    try (Stream<Path> files = Files.walk(data)) {
      for (Path f : files.filter(f -> f.toString().endsWith(".classes")).toList()) {
        Files.copy(
            f,
            Path.of(target).resolve(f.getFileName().toString()),
            StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      files
          .sorted(Comparator.reverseOrder())
          .forEach(f -> {
            try {
              Files.delete(f);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
  }
}
