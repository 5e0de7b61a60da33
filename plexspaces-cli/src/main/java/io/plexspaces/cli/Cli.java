package io.plexspaces.cli;

import io.plexspaces.api.HostException;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The tree of commands, and the one place where failures become a line and an exit status. */
final class Cli {
  private final Terminal terminal;
  private final RootCommand root = new RootCommand();
  private final CommandLine commands;

  Cli(Terminal terminal) {
    this.terminal = terminal;
    this.commands = tree(new Session(terminal, root));
    // "@file" is an argument of ours; picocli would replace it by the file's words.
    commands.setExpandAtFiles(false);
    commands.setCaseInsensitiveEnumValuesAllowed(true);
    commands.setColorScheme(
        Help.defaultColorScheme(terminal.colours() ? Help.Ansi.ON : Help.Ansi.OFF));
    commands.setParameterExceptionHandler((e, args) -> wrongUsage(e));
    commands.setExecutionExceptionHandler((e, line, parsed) -> failed(e));
    commands.setOut(writer(terminal.out()));
    commands.setErr(writer(terminal.err()));
  }

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8), true);
  }

  private static CommandLine tree(Session s) {
    CommandLine root = new CommandLine(s.options());
    root.addSubcommand(NodeCommand.tree(s));
    root.addSubcommand(new CommandLine(new DeployCommand(s)));
    root.addSubcommand(new CommandLine(new UndeployCommand(s)));
    root.addSubcommand(new CommandLine(new AppsCommand(s)));
    root.addSubcommand(AppCommand.tree(s));
    root.addSubcommand(ActorCommand.tree(s));
    root.addSubcommand(new CommandLine(new HealthCommand(s)));
    root.addSubcommand(new CommandLine(new MetricsCommand(s)));
    root.addSubcommand(TokenCommand.tree(s));
    return root;
  }

  CommandLine commands() {
    return commands;
  }

  /** Runs one command line; returns its exit status. */
  int run(String... args) {
    try {
      if (args.length == 0) {
        commands.usage(terminal.err(), commands.getColorScheme());
        return CliException.USAGE;
      }
      return commands.execute(args);
    } finally {
      terminal.out().flush();
    }
  }

  private int wrongUsage(ParameterException e) {
    CommandLine at = e.getCommandLine();
    StringBuilder line = new StringBuilder(oneLine(e.getMessage()));
    if (e instanceof UnmatchedArgumentException unmatched) {
      List<String> near = unmatched.getSuggestions();
      if (!near.isEmpty()) {
        line.append(", did you mean ").append(String.join(" or ", near)).append('?');
      }
    }
    line.append(" (see: ").append(at.getCommandSpec().qualifiedName()).append(" --help)");
    terminal.err().println("plexspaces: " + line);
    return CliException.USAGE;
  }

  private int failed(Exception e) {
    terminal.out().flush();
    int status = CliException.FAILED;
    switch (e) {
      case CliException c -> {
        terminal.err().println("plexspaces: " + oneLine(c.getMessage()));
        c.details().forEach(d -> terminal.err().println("  " + d));
        status = c.status();
      }
      case HostException h -> {
        // A configuration is refused with one line for each error in it.
        List<String> lines = h.error().message().lines().toList();
        String first = lines.isEmpty() ? "refused" : NodeClient.withoutColon(lines.getFirst());
        terminal.err().println("plexspaces: " + first + " (" + h.code() + ")");
        lines.stream().skip(1).forEach(d -> terminal.err().println("  " + d));
      }
      default ->
          terminal
              .err()
              .println(
                  "plexspaces: a bug: "
                      + oneLine(e.toString())
                      + "; run again with --debug and report what it prints");
    }
    if (root.debug) {
      e.printStackTrace(terminal.err());
    }
    return status;
  }

  private static String oneLine(@Nullable String s) {
    return s == null ? "no message" : s.strip().replaceAll("\\s*\\R\\s*", " ");
  }
}
