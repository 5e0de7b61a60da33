package io.plexspaces.deployer.build;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A Rust crate to a core module, with the user's own cargo. */
final class RustBuild implements SourceBuild {
  private static final String TARGET = "wasm32-unknown-unknown";

  private final Tools tools;

  RustBuild(Tools tools) {
    this.tools = tools;
  }

  @Override
  public boolean takes(Path source) {
    return Files.isDirectory(source) && Files.exists(source.resolve("Cargo.toml"));
  }

  @Override
  public Built build(Path crate, Consumer<String> progress) throws IOException {
    Path rustc = compiler();
    Path cargo = cargoFor(rustc);
    Map<String, String> environment = Map.of("RUSTC", rustc.toString());
    Tools.Output known =
        Tools.run(
            crate, List.of(cargo.toString(), "metadata", "--format-version", "1"), environment);
    if (known.status() != 0) {
      throw GuestBuilder.refused("cargo refuses " + crate + ":\n" + known.err().strip());
    }
    RustStage stage = RustStage.of(crate, RustStage.metadata(known.out()));
    progress.accept("building " + crate + " with " + cargo);
    List<String> command =
        new ArrayList<>(
            List.of(
                cargo.toString(),
                "build",
                "--release",
                "--target",
                TARGET,
                "--message-format=json-render-diagnostics",
                "--config",
                "target." + TARGET + ".rustflags=" + flags(stage)));
    if (stage.offline()) {
      command.add("--offline");
    }
    Tools.Output done =
        Tools.run(
            stage.crate(),
            command,
            own -> {
              withoutFlags(own);
              own.putAll(environment);
              own.put("CARGO_TARGET_DIR", crate.resolve("target").toString());
            });
    if (done.status() != 0) {
      throw GuestBuilder.refused("cargo refuses " + crate + ":\n" + done.err().strip());
    }
    return new Built("rust", Files.readAllBytes(moduleOf(crate, done.out())));
  }

  /**
   * Takes out what would change the module from shell to shell: flags of the environment replace
   * those of the project and ours, and with them the paths of this machine would be back. A
   * project's own flags and profiles are in its {@code Cargo.toml} and {@code .cargo/config.toml}.
   */
  static void withoutFlags(Map<String, String> environment) {
    environment
        .keySet()
        .removeIf(n ->
            n.endsWith("RUSTFLAGS")
                || n.startsWith("CARGO_PROFILE_")
                || n.equals("CARGO_INCREMENTAL")
                || n.equals("CARGO_BUILD_TARGET"));
  }

  /** No path of this machine gets into the module: panics name files as the project does. */
  private static String flags(RustStage stage) {
    String home = System.getenv("CARGO_HOME");
    Path cargo = home == null ? Path.of(System.getProperty("user.home"), ".cargo") : Path.of(home);
    return new Value.Arr(
            List.of(
                new Value.Str("--remap-path-prefix=" + stage.root() + "=."),
                new Value.Str("--remap-path-prefix=" + cargo + "=cargo")))
        .items().stream()
            .map(Json::writeString)
            .collect(java.util.stream.Collectors.joining(", ", "[", "]"));
  }

  /** The first compiler that has the target: one without it may come earlier on PATH. */
  private Path compiler() throws IOException {
    List<Path> compilers = new ArrayList<>(tools.find("rustc"));
    for (Path rustc : compilers) {
      Tools.Output libraries =
          Tools.run(
              Path.of("").toAbsolutePath(),
              List.of(rustc.toString(), "--print", "target-libdir", "--target", TARGET),
              Map.of());
      if (libraries.status() == 0 && Files.isDirectory(Path.of(libraries.out().strip()))) {
        return rustc;
      }
    }
    throw new HostException(
        ErrorCode.FAILED_PRECONDITION,
        compilers.isEmpty()
            ? "Rust was not found: install it, then run \"rustup target add " + TARGET + "\""
            : compilers.getFirst()
                + " cannot compile for "
                + TARGET
                + ": run \"rustup target add "
                + TARGET
                + "\"");
  }

  private Path cargoFor(Path rustc) {
    Path beside = rustc.resolveSibling("cargo");
    if (Files.isExecutable(beside)) {
      return beside;
    }
    return tools.find("cargo").stream()
        .findFirst()
        .orElseThrow(() ->
            new HostException(
                ErrorCode.FAILED_PRECONDITION, "cargo was not found beside " + rustc));
  }

  /** The module that cargo says it has made last: the crate itself comes after what it uses. */
  private static Path moduleOf(Path crate, String messages) {
    String module = null;
    for (String line : messages.lines().toList()) {
      if (line.startsWith("{")
          && Json.read(line) instanceof Value.Obj o
          && o.string("reason", "").equals("compiler-artifact")) {
        for (Value file : o.array("filenames")) {
          module = wasm(file, module);
        }
      }
    }
    if (module == null) {
      throw GuestBuilder.refused(
          crate.resolve("Cargo.toml")
              + " makes no module: it needs [lib] with crate-type = [\"cdylib\"]");
    }
    return Path.of(module);
  }

  private static @Nullable String wasm(Value file, @Nullable String otherwise) {
    return file instanceof Value.Str s && s.value().endsWith(".wasm") ? s.value() : otherwise;
  }
}
