package io.plexspaces.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "dev",
    description = {
      "Builds and deploys an app, and again whenever a source is saved; shows its log.",
      "Actors keep their declared state. Without a node at --node it starts one of its own."
    },
    footer = {"", "Example:", "  plexspaces dev examples/counter"})
final class DevCommand implements Callable<Integer> {
  /** The engine's own log would say again what the app's log says. */
  private static final Logger ENGINE_LOG = Logger.getLogger("io.plexspaces");

  private static final Logger GUEST_LOG = Logger.getLogger("guest");

  private final Session session;

  @Parameters(index = "0", paramLabel = "DIR", description = "The app's folder.")
  String folder = "";

  @Option(
      names = "--app",
      paramLabel = "NAME",
      description = "The app's name (default: the one in the configuration, or the folder's).")
  @Nullable String app;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "The app's configuration (default: app-config.toml in DIR).")
  @Nullable String config;

  @Option(names = "--keep", description = "Leave the app deployed at the end.")
  boolean keep;

  DevCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws InterruptedException {
    Path dir = folder();
    Path toml = config == null ? dir.resolve("app-config.toml") : Path.of(config);
    if (!Files.isRegularFile(toml)) {
      throw CliException.usage(
          "there is no "
              + toml
              + ": \"plexspaces new\" makes an app with one; or name it with --config");
    }
    Node own = node(dir);
    NodeClient client = own == null ? session.client() : session.client(own.url());
    DevLoop loop = new DevLoop(session, client, dir, toml, app);
    Thread end = new Thread(() -> end(loop, own), "dev-end");
    Runtime.getRuntime().addShutdownHook(end);
    try {
      loop.run();
      return 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path folder() {
    Path dir = Path.of(folder).toAbsolutePath().normalize();
    if (!Files.isDirectory(dir)) {
      throw CliException.usage("there is no folder " + dir);
    }
    return dir;
  }

  /** A node in this process, if none answers and the user named none; else null. */
  private @Nullable Node node(Path dir) {
    try {
      session.client().get("/health/ready");
      return null;
    } catch (CliException e) {
      if (session.namesNode()) {
        throw e;
      }
    }
    Node.logInLines();
    ENGINE_LOG.setLevel(Level.SEVERE);
    GUEST_LOG.setLevel(Level.OFF);
    Node started = Node.start(NodeConfig.local(dir.resolve(".plexspaces").resolve("dev"), 0));
    say("No node was running, so one was started at " + started.url());
    return started;
  }

  private void end(DevLoop loop, @Nullable Node own) {
    int status = 0;
    try {
      if (keep) {
        loop.stop();
      } else {
        loop.undeploy();
      }
      if (own != null) {
        own.close();
      }
    } catch (RuntimeException e) {
      say("plexspaces: not everything ended cleanly: " + e.getMessage());
      status = CliException.FAILED;
    }
    session.terminal().out().flush();
    // A user who ends it with Ctrl-C has not failed.
    Runtime.getRuntime().halt(status);
  }

  private void say(String line) {
    session.terminal().err().println(line);
  }
}
