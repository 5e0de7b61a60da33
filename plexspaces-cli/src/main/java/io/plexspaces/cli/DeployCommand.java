package io.plexspaces.cli;

import io.plexspaces.api.AppId;
import io.plexspaces.api.Value;
import io.plexspaces.cli.NodeClient.Request;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "deploy",
    description = "Deploys an app and waits until it runs.",
    footer = {
      "",
      "Example:",
      "  plexspaces deploy --app counter --wasm counter.wasm --config app-config.toml"
    })
final class DeployCommand implements Callable<Integer> {
  /** A first compilation of a large module takes a while. */
  private static final Duration TIMEOUT = Duration.ofMinutes(5);

  private final Session session;

  @Option(
      names = "--app",
      paramLabel = "NAME",
      description = "The app's name (default: the one in the configuration).")
  @Nullable String app;

  @Option(
      names = "--wasm",
      required = true,
      paramLabel = "FILE",
      description = {
        "The module, as \"plexspaces build\" or a compiler made it; or a .py, .js or .ts file, a"
            + " folder or a zip file of sources, which is built first."
      })
  String wasm = "";

  @Option(
      names = "--config",
      required = true,
      paramLabel = "FILE",
      description = "The app's app-config.toml.")
  String config = "";

  @Option(
      names = "--version",
      paramLabel = "V",
      description = "The app's version (default: the one in the configuration).")
  @Nullable String version;

  @Option(
      names = "--wait",
      description = "Return when the app runs. This is what deploy does in any case.")
  boolean ignoredBecauseDeployAlwaysWaits;

  DeployCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    if (app != null && !AppId.isName(app)) {
      throw CliException.usage(
          "--app: \""
              + app
              + "\" is not a name: use letters, digits, '.', '_' and '-', at most 63");
    }
    byte[] module =
        Sources.isSource(wasm) ? Sources.build(session, wasm) : session.readFile(wasm, "--wasm");
    if (module.length < 8 || module[0] != 0 || module[1] != 'a' || module[2] != 's') {
      throw CliException.usage(
          "--wasm: "
              + wasm
              + " is not a WebAssembly module; \"plexspaces build SRC -o app.wasm\" makes one from"
              + " source");
    }
    byte[] toml = session.readFile(config, "--config");
    Multipart form = new Multipart();
    if (app != null) {
      form.field("app", app);
    }
    if (version != null) {
      form.field("version", version);
    }
    form.file("wasm", "module.wasm", "application/wasm", module)
        .file("config", "app-config.toml", "application/toml", toml);
    long start = System.nanoTime();
    NodeClient client = session.client();
    Value.Obj deployed =
        client
            .call(Request.post("/api/v1/apps", form.body(), form.contentType()).within(TIMEOUT))
            .object();
    long millis = (System.nanoTime() - start) / 1_000_000;
    session.say(
        deployed, "Deployed: " + Apps.sentence(deployed) + " (" + Durations.show(millis) + ")");
    return deployed.string("state", "").equals("failed") ? CliException.FAILED : 0;
  }
}
