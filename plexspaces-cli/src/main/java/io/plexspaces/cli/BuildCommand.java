package io.plexspaces.cli;

import io.plexspaces.api.Value;
import io.plexspaces.api.guest.ModuleDescription;
import io.plexspaces.deployer.build.BuildResult;
import io.plexspaces.deployer.build.GuestBuilder;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "build",
    description = "Builds a module from TypeScript, JavaScript, Python, Go or Rust.",
    footer = {
      "",
      "Example:",
      "  plexspaces build src/main.ts -o app.wasm",
      "  plexspaces build . --check"
    })
final class BuildCommand implements Callable<Integer> {
  private final Session session;

  @Parameters(
      index = "0",
      paramLabel = "SRC",
      description =
          "A .ts, .mts, .js, .mjs or .py file, a folder of them, or the folder of a crate or of a Go module.")
  String source = "";

  @Option(
      names = {"-o", "--out"},
      paramLabel = "FILE",
      description = "The module to write; may be left out with --check.")
  @Nullable String out;

  @Option(
      names = "--check",
      description = "Load the module, without a node, and show its types and operations.")
  boolean check;

  BuildCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    if (out == null && !check) {
      throw CliException.usage("--out: name the file to write, or give --check to write none");
    }
    GuestBuilder builder = new GuestBuilder();
    Path from = path(source, "SRC");
    if (out == null) {
      GuestBuilder.Artifact built = builder.build(from, this::progress);
      show(built.bytes(), built.digest());
      return 0;
    }
    Path file = path(out, "--out");
    BuildResult built = builder.build(from, file, this::progress);
    if (check) {
      show(session.readFile(file.toString(), "--out"), built.digest());
      return 0;
    }
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

  private void progress(String line) {
    session.terminal().err().println(line);
  }

  private void show(byte[] artifact, String digest) {
    Node.logInLines();
    ModuleDescription module = ModuleCheck.describe(artifact);
    progress(digest + ", written with " + module.sdk());
    session.print(module.toValue(), ModuleCheck.table(module));
  }

  private static Path path(String name, String what) {
    try {
      return Path.of(name);
    } catch (InvalidPathException e) {
      throw CliException.usage(what + ": \"" + name + "\" is not a file name").causedBy(e);
    }
  }
}
