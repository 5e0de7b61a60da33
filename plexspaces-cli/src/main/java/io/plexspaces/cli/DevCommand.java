package io.plexspaces.cli;

import io.plexspaces.api.AppId;
import io.plexspaces.api.HostException;
import io.plexspaces.deployer.TomlDocument;
import io.plexspaces.deployer.build.GuestBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
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

  @Option(
      names = "--replace",
      description = {
        "Reload an app of that name that the node has already. It stays deployed at the end."
      })
  boolean replace;

  DevCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws InterruptedException {
    Path dir = folder();
    Path toml =
        (config == null ? dir.resolve("app-config.toml") : Path.of(config))
            .toAbsolutePath()
            .normalize();
    if (!Files.isRegularFile(toml)) {
      throw CliException.usage(
          "there is no "
              + toml
              + ": \"plexspaces new\" makes an app with one; or name it with --config");
    }
    Node own = node(dir);
    NodeClient client = own == null ? session.client() : session.client(own.url());
    DevApp there = new DevApp(client, app != null ? app : nameIn(toml, dir), replace);
    if (own != null) {
      there.claim();
    }
    DevLoop loop = new DevLoop(session, client, dir, toml, there, new GuestBuilder()::build);
    Thread end = new Thread(() -> interrupted(loop, own), "dev-end");
    Runtime.getRuntime().addShutdownHook(end);
    try {
      loop.run();
      return 0;
    } finally {
      // Whatever ended the loop is told by its exit status; the hook is for Ctrl-C alone.
      if (remove(end)) {
        var _ = end(loop, own);
      }
    }
  }

  /** Whether there was time: not if Ctrl-C came first. */
  private static boolean remove(Thread hook) {
    try {
      return Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      return false;
    }
  }

  private static String nameIn(Path config, Path folder) {
    String otherwise = String.valueOf(folder.getFileName());
    try {
      return TomlDocument.parse(config.toString(), Files.readString(config))
          .root("", variable -> null)
          .string("name")
          .orElse(otherwise);
    } catch (IOException | HostException e) {
      // Whatever is wrong with it, the deployer says it better.
      return otherwise;
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
    Node started = Node.start(ownNode(dir));
    say("No node was running, so one was started at " + started.url());
    return started;
  }

  /** Its developer's own, so he may run his apps on GraalPy and GraalJS too. */
  static NodeConfig ownNode(Path dir) {
    return NodeConfig.local(dir.resolve(".plexspaces").resolve("dev"), 0)
        .withPolyglotTenants(Set.of(AppId.DEFAULT_TENANT));
  }

  private void interrupted(DevLoop loop, @Nullable Node own) {
    boolean clean = end(loop, own);
    session.terminal().out().flush();
    // A user who ends it with Ctrl-C has not failed.
    Runtime.getRuntime().halt(clean ? 0 : CliException.FAILED);
  }

  private boolean end(DevLoop loop, @Nullable Node own) {
    try (own) {
      if (keep) {
        loop.stop();
      } else {
        loop.undeploy();
      }
      return true;
    } catch (RuntimeException e) {
      say(
          "plexspaces: not everything ended cleanly: "
              + Printable.line(String.valueOf(e.getMessage())));
      return false;
    }
  }

  private void say(String line) {
    session.terminal().err().println(line);
  }
}
