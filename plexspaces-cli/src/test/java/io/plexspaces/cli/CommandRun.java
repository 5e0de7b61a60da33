package io.plexspaces.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * What one command line did.
 *
 * @param status its exit status
 */
record CommandRun(int status, String out, String err) {
  static CommandRun of(String... args) {
    return of(Map.of(), "", args);
  }

  static CommandRun of(Map<String, String> environment, String stdin, String... args) {
    return of(environment, stdin, false, args);
  }

  static CommandRun of(
      Map<String, String> environment, String stdin, boolean interactive, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Terminal terminal =
        new Terminal(
            new ByteArrayInputStream(stdin.getBytes(StandardCharsets.UTF_8)),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            environment,
            interactive);
    int status = new Cli(terminal).run(args);
    return new CommandRun(
        status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }
}
