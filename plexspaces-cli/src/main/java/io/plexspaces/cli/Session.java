package io.plexspaces.cli;

import io.plexspaces.api.Value;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What commands share: the terminal, the options that all take, and the way to the node. */
final class Session {
  private static final String DEFAULT_NODE = "http://127.0.0.1:8001";

  /** Where a node is looked for that nobody named: tests look elsewhere than their user works. */
  private static final String DEFAULT_NODE_PROPERTY = "plexspaces.default.node";

  private final Terminal terminal;
  private final RootCommand options;

  Session(Terminal terminal, RootCommand options) {
    this.terminal = terminal;
    this.options = options;
  }

  RootCommand options() {
    return options;
  }

  Terminal terminal() {
    return terminal;
  }

  boolean debug() {
    return options.debug;
  }

  OutputFormat format() {
    return options.output;
  }

  NodeClient client() {
    return client(nodeUrl());
  }

  NodeClient client(String url) {
    return new NodeClient(
        url,
        token(),
        line -> {
          if (options.debug) {
            terminal.err().println(line);
          }
        });
  }

  String nodeUrl() {
    String given = options.node != null ? options.node : environment("PLEXSPACES_NODE");
    return given == null ? System.getProperty(DEFAULT_NODE_PROPERTY, DEFAULT_NODE) : given;
  }

  /** Whether the user said which node is meant. */
  boolean namesNode() {
    return options.node != null || environment("PLEXSPACES_NODE") != null;
  }

  private @Nullable String token() {
    String given = options.token != null ? options.token : environment("PLEXSPACES_TOKEN");
    return given == null ? null : argument(given, "--token").strip();
  }

  private @Nullable String environment(String name) {
    String v = terminal.environment().get(name);
    return v == null || v.isEmpty() ? null : v;
  }

  /** An argument that may be the text itself, {@code @file} or {@code -} for standard input. */
  String argument(String given, String what) {
    return new String(argumentBytes(given, what), StandardCharsets.UTF_8);
  }

  byte[] argumentBytes(String given, String what) {
    if (given.equals("-")) {
      try {
        return terminal.in().readAllBytes();
      } catch (IOException e) {
        throw CliException.failed("standard input cannot be read: " + e.getMessage()).causedBy(e);
      }
    }
    return given.startsWith("@")
        ? readFile(given.substring(1), what)
        : given.getBytes(StandardCharsets.UTF_8);
  }

  /** Reads a file that the user named; {@code what} is the option that named it. */
  byte[] readFile(String name, String what) {
    Path file;
    try {
      file = Path.of(name);
    } catch (InvalidPathException e) {
      throw CliException.usage(what + ": \"" + name + "\" is not a file name").causedBy(e);
    }
    try {
      if (Files.isDirectory(file)) {
        throw CliException.usage(what + ": " + name + " is a directory, not a file");
      }
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw CliException.usage(
              what + ": there is no file " + file.toAbsolutePath() + ", check the path")
          .causedBy(e);
    } catch (AccessDeniedException e) {
      throw CliException.usage(what + ": " + name + " may not be read, check its permissions")
          .causedBy(e);
    } catch (IOException e) {
      throw CliException.failed(what + ": " + name + " cannot be read: " + e.getMessage())
          .causedBy(e);
    }
  }

  /** Prints {@code value} as JSON or YAML if that was asked for, else {@code table}. */
  void print(Value value, Table table) {
    if (options.output == OutputFormat.TABLE) {
      terminal.out().print(table.render(terminal.colours()));
    } else {
      print(value);
    }
  }

  /** Prints a value that has no table. */
  void print(Value value) {
    terminal
        .out()
        .print(
            Printable.json(
                options.output == OutputFormat.YAML ? Render.yaml(value) : Render.json(value)));
  }

  /** Prints what an actor answered: bytes as they are, but what a terminal would obey is shown. */
  void print(NodeClient.Reply reply) {
    if (reply.isJson() || reply.body().length == 0) {
      print(reply.json());
    } else if (terminal.interactive()) {
      terminal.out().print(Printable.text(new String(reply.body(), StandardCharsets.UTF_8)));
    } else {
      terminal.out().writeBytes(reply.body());
    }
  }

  /** Prints a sentence for people, or {@code value} where a program reads. */
  void say(Value value, String sentence) {
    if (options.output == OutputFormat.TABLE) {
      terminal.out().println(Printable.text(sentence));
    } else {
      print(value);
    }
  }
}
