package io.plexspaces.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
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

  private static final String PYTHON_APP =
      """
      from plexspaces import actor, handler


      @actor
      class Echo:
          @handler("echo")
          def echo(self, text: str) -> dict:
              return {"text": text}
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
      FileTime begin = FileTime.from(Instant.now());
      Path cache = work.resolve("data").resolve("cache").resolve("modules");
      move(installed(), cache);
      NodeConfig config = NodeConfig.local(work.resolve("data"), 0);
      try (Node node = Node.start(config)) {
        commands(node.url());
        useApp(node.url(), work, "training", "training.js", APP);
        useApp(node.url(), work, "snakes", "main.py", PYTHON_APP);
      }
      // Again, for the way a node takes that finds its apps and its compiled modules there.
      try (Node node = Node.start(config)) {
        ask(node.url(), "training");
        ask(node.url(), "snakes");
      }
      deleteUnused(cache, begin);
      move(cache, installed());
    } finally {
      Folders.delete(work);
    }
  }

  /** Without the engine for it, the node only refuses the app. */
  private static void useApp(String url, Path work, String app, String file, String text)
      throws IOException {
    Path folder = Files.createDirectories(work.resolve(app));
    Path source = folder.resolve(file);
    Path module = work.resolve(app + ".wasm");
    Path config = folder.resolve("app-config.toml");
    Files.writeString(source, text);
    Files.writeString(
        config,
        """
        name = "%s"
        version = "1.0.0"

        [actor_types.echo]
        facets = [
          { type = "virtual_actor", config = { idle_timeout = "5m" } },
          { type = "durability", config = { checkpoint_interval = 1 } } ]
        """
            .formatted(app));
    run(url, "build", source.toString(), "-o", module.toString());
    if (Files.exists(module)) {
      run(url, "deploy", "--wasm", module.toString(), "--config", config.toString());
      ask(url, app);
    }
  }

  private static void ask(String url, String app) {
    run(url, "actor", "ask", app + "/echo/main", "echo", "{\"text\":\"hello\"}");
  }

  private static Path installed() {
    String target = System.getProperty(Guests.INSTALLED_MODULES, "");
    return target.isEmpty() ? Path.of("") : Path.of(target);
  }

  /**
   * What was compiled meanwhile, the engines of JavaScript and Python above all, is kept for every
   * node; what the build before had kept is the training node's own until then.
   */
  private static void move(Path from, Path to) throws IOException {
    if (from.toString().isEmpty() || to.toString().isEmpty() || !Files.isDirectory(from)) {
      return;
    }
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path f : files.filter(AotTraining::isModule).toList()) {
        Path target = to.resolve(f.getFileName().toString());
        Files.copy(
            f, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
        Files.delete(f);
      }
    }
  }

  private static boolean isModule(Path f) {
    return f.toString().endsWith(".classes") || f.toString().endsWith(".template");
  }

  /** The time of such a file is that of its last use. */
  private static void deleteUnused(Path cache, FileTime since) throws IOException {
    if (!Files.isDirectory(cache)) {
      return;
    }
    try (Stream<Path> files = Files.list(cache)) {
      for (Path f : files.filter(AotTraining::isModule).toList()) {
        if (Files.getLastModifiedTime(f).compareTo(since) < 0) {
          Files.delete(f);
        }
      }
    }
  }
}
