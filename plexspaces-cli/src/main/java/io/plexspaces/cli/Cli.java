package io.plexspaces.cli;

import io.plexspaces.api.HostException;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
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

  Cli(Terminal terminal) {
    this.terminal = terminal;
  }

  /** The commands that {@code args} may mean; all of them where that is not clear. */
  CommandLine commands(String... args) {
    CommandLine commands = tree(new Session(terminal, root)).make(words(args));
    // "@file" is an argument of ours; picocli would replace it by the file's words.
    commands.setExpandAtFiles(false);
    commands.setCaseInsensitiveEnumValuesAllowed(true);
    commands.setColorScheme(
        Help.defaultColorScheme(terminal.colours() ? Help.Ansi.ON : Help.Ansi.OFF));
    commands.setParameterExceptionHandler((e, given) -> wrongUsage(e));
    commands.setExecutionExceptionHandler((e, line, parsed) -> failed(e));
    commands.setOut(writer(terminal.out()));
    commands.setErr(writer(terminal.err()));
    return commands;
  }

  /** Words that are neither options nor values of the options that all commands take. */
  private static List<String> words(String... args) {
    List<String> words = new ArrayList<>();
    for (int i = 0; i < args.length; i++) {
      if (RootCommand.WITH_VALUE.contains(args[i])) {
        i++;
      } else if (!args[i].startsWith("-")) {
        words.add(args[i]);
      }
    }
    return words;
  }

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8), true);
  }

  private static CommandTree tree(Session s) {
    return CommandTree.group(
        "plexspaces",
        s::options,
        NodeCommand.tree(s),
        CommandTree.leaf("quickstart", () -> new QuickstartCommand(s)),
        CommandTree.leaf("build", () -> new BuildCommand(s)),
        CommandTree.leaf("new", () -> new NewCommand(s)),
        CommandTree.leaf("dev", () -> new DevCommand(s)),
        CommandTree.leaf("deploy", () -> new DeployCommand(s)),
        CommandTree.leaf("undeploy", () -> new UndeployCommand(s)),
        CommandTree.leaf("apps", () -> new AppsCommand(s)),
        AppCommand.tree(s),
        ActorCommand.tree(s),
        JournalCommand.tree(s),
        CommandTree.leaf("backup", () -> new BackupCommand(s)),
        CommandTree.leaf("restore", () -> new RestoreCommand(s)),
        CommandTree.leaf("health", () -> new HealthCommand(s)),
        CommandTree.leaf("metrics", () -> new MetricsCommand(s)),
        TokenCommand.tree(s));
  }

  /** Runs one command line; returns its exit status. */
  int run(String... args) {
    try {
      CommandLine commands = commands(args);
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
    // No pattern switch: setting one up costs more than all else that a failed command does.
    if (e instanceof CliException c) {
      terminal.err().println("plexspaces: " + oneLine(c.getMessage()));
      c.details().forEach(d -> terminal.err().println("  " + Printable.line(d)));
      status = c.status();
    } else if (e instanceof HostException h) {
      // A configuration is refused with one line for each error in it.
      List<String> lines = h.error().message().lines().toList();
      String first =
          lines.isEmpty() ? "refused" : oneLine(NodeClient.withoutColon(lines.getFirst()));
      terminal.err().println("plexspaces: " + first + " (" + h.code() + ")");
      lines.stream().skip(1).forEach(d -> terminal.err().println("  " + Printable.line(d)));
    } else {
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
    return s == null ? "no message" : Printable.line(s.strip().replaceAll("\\s*\\R\\s*", " "));
  }
}
