package io.plexspaces.cli;

import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The options that every command takes. */
@Command(
    name = "plexspaces",
    description = "Runs and talks to PlexSpaces, an application server for actors.",
    versionProvider = RootCommand.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Example:",
      "  plexspaces node start",
      "  plexspaces deploy --app counter --wasm counter.wasm --config app-config.toml",
      "  plexspaces actor ask counter/counter/main increment '{\"by\":2}'"
    })
final class RootCommand {
  /** Those below that take a value. */
  static final Set<String> WITH_VALUE = Set.of("--node", "--token", "--output");

  @Option(
      names = "--node",
      scope = ScopeType.INHERIT,
      paramLabel = "URL",
      description =
          "The node to talk to (environment: PLEXSPACES_NODE; default http://127.0.0.1:8001).")
  @Nullable String node;

  @Option(
      names = "--token",
      scope = ScopeType.INHERIT,
      paramLabel = "TOKEN|@FILE",
      description = "The bearer token, or the file that holds it (environment: PLEXSPACES_TOKEN).")
  @Nullable String token;

  @Option(
      names = "--output",
      scope = ScopeType.INHERIT,
      paramLabel = "FORMAT",
      description = "table, json or yaml (default: table).")
  OutputFormat output = OutputFormat.TABLE;

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Show requests and stack traces.")
  boolean debug;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Show this help.")
  boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show the version.")
  boolean version;

  /** Reads the version that the build wrote into the jar. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"plexspaces " + Build.version() + ", Java " + Runtime.version()};
    }
  }
}
