package io.plexspaces.cli;

import io.plexspaces.api.Value;
import io.plexspaces.deployer.build.BuildResult;
import io.plexspaces.deployer.build.GuestBuilder;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "build",
    description = "Builds a module from TypeScript, JavaScript or Rust.",
    footer = {"", "Example:", "  plexspaces build src/main.ts -o app.wasm"})
final class BuildCommand implements Callable<Integer> {
  private final Session session;

  @Parameters(
      index = "0",
      paramLabel = "SRC",
      description = "A .ts, .mts, .js or .mjs file, a folder of them, or the folder of a crate.")
  String source = "";

  @Option(
      names = {"-o", "--out"},
      required = true,
      paramLabel = "FILE",
      description = "The module to write.")
  String out = "";

  BuildCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    BuildResult built =
        new GuestBuilder()
            .build(
                path(source, "SRC"),
                path(out, "--out"),
                line -> session.terminal().err().println(line));
    session.say(
        Value.Obj.builder()
            .put("file", built.artifact().toString())
            .put("language", built.language())
            .put("digest", built.digest())
            .put("bytes", built.size())
            .build(),
        "Built "
            + built.artifact()
            + " from "
            + built.language()
            + ", "
            + Apps.bytes(built.size())
            + ". Deploy it: plexspaces deploy --wasm "
            + built.artifact()
            + " --config app-config.toml");
    return 0;
  }

  private static Path path(String name, String what) {
    try {
      return Path.of(name);
    } catch (InvalidPathException e) {
      throw CliException.usage(what + ": \"" + name + "\" is not a file name").causedBy(e);
    }
  }
}
