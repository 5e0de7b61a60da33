package io.plexspaces.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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
      run(url, line);
    }
  }

  private static void run(String url, String line) {
    Terminal terminal =
        new Terminal(
            new ByteArrayInputStream(new byte[0]),
            new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8),
            new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8),
            Map.of("PLEXSPACES_NODE", url),
            true);
    var _ = new Cli(terminal).run(line.split(" ", -1));
  }

  private static void node() throws IOException {
    Path data = Files.createTempDirectory("plexspaces-training");
    try {
      Node.logInLines();
      try (Node node = Node.start(NodeConfig.local(data, 0))) {
        commands(node.url());
      }
    } finally {
      delete(data);
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
