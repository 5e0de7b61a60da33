package io.plexspaces.cli;

import io.plexspaces.api.Value;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "node",
    description = "Starts a node, or looks after one on this machine.",
    synopsisSubcommandLabel = "COMMAND",
    footer = {"", "Example:", "  plexspaces node start"})
final class NodeCommand {
  private NodeCommand() {}

  static CommandTree tree(Session s) {
    return CommandTree.group(
        "node",
        NodeCommand::new,
        CommandTree.leaf("start", () -> new Start(s)),
        CommandTree.leaf("status", () -> new Status(s)),
        CommandTree.leaf("stop", () -> new Stop(s)));
  }

  /** How the three find their node. */
  abstract static class OfDirectory implements Callable<Integer> {
    final Session session;

    @Option(
        names = "--config",
        paramLabel = "FILE",
        description =
            "The node's configuration (default: plexspaces.toml in this directory, if it is there).")
    @Nullable String config;

    @Option(
        names = "--data-dir",
        paramLabel = "DIR",
        description = "Where the node keeps everything (default: node.data_dir, else ./data).")
    @Nullable String dataDir;

    OfDirectory(Session session) {
      this.session = session;
    }

    NodeConfig configuration() {
      Path file = config == null ? Path.of(NodeConfig.DEFAULT_FILE) : Path.of(config);
      boolean none = config == null && !Files.exists(file);
      NodeConfig c = NodeConfig.load(none ? null : file, session.terminal().environment());
      return dataDir == null ? c : c.withDataDirectory(Path.of(dataDir));
    }

    /** The node that runs from the directory. */
    NodeFile running() {
      Path directory = configuration().dataDirectory();
      Optional<NodeFile> file = NodeFile.read(directory).filter(f -> f.process().isPresent());
      return file.orElseThrow(() ->
          CliException.failed(
              "no node runs from "
                  + directory.toAbsolutePath()
                  + ": start one with \"plexspaces node start\", or name its --data-dir"));
    }
  }

  @Command(
      name = "start",
      description = "Runs a node in the foreground until it is interrupted or stopped.",
      footer = {"", "Example:", "  plexspaces node start --port 8001 --data-dir ./data"})
  static final class Start extends OfDirectory {
    @Option(
        names = "--port",
        paramLabel = "PORT",
        description = "The port to listen on, 0 for a free one (default: node.http_port, or 8001).")
    @Nullable Integer port;

    Start(Session session) {
      super(session);
    }

    @Override
    public Integer call() throws InterruptedException {
      NodeConfig c = configuration();
      if (port != null) {
        if (port < 0 || port > 65_535) {
          throw CliException.usage("--port: from 0 to 65535, it is " + port);
        }
        c = c.withPort(port);
      }
      Node.logInLines();
      Node node = Node.start(c);
      Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(node), "node-stop"));
      long millis = (System.nanoTime() - Main.STARTED) / 1_000_000;
      Value.Obj up =
          Value.Obj.builder()
              .put("url", node.url())
              .put("data_dir", node.dataDirectory().toString())
              .put("pid", ProcessHandle.current().pid())
              .put("apps", node.runningApps())
              .put("failed_apps", node.failedApps())
              .put("start_ms", millis)
              .build();
      session.say(
          up,
          "Node "
              + c.id()
              + " is up at "
              + node.url()
              + ", data in "
              + node.dataDirectory()
              + ", "
              + apps(node)
              + ", "
              + Durations.show(millis));
      session.terminal().out().flush();
      // The hook ends the process; this thread has nothing left to do.
      new CountDownLatch(1).await();
      return 0;
    }

    private static String apps(Node node) {
      int running = node.runningApps();
      int failed = node.failedApps();
      return running
          + (running == 1 ? " app" : " apps")
          + " resumed"
          + (failed == 0 ? "" : ", " + failed + " failed (see \"plexspaces apps\")");
    }

    /** A node that was told to stop and did so has done what it was asked: status 0, not 143. */
    private void stop(Node node) {
      int status = 0;
      try {
        session.terminal().err().println("Stopping");
        node.close();
        session.terminal().err().println("Stopped");
      } catch (RuntimeException e) {
        session.terminal().err().println("plexspaces: the node did not stop cleanly: " + e);
        status = CliException.FAILED;
      }
      Runtime.getRuntime().halt(status);
    }
  }

  @Command(
      name = "status",
      description = "Says whether a node runs from a data directory, and how it is.",
      footer = {"", "Example:", "  plexspaces node status --data-dir ./data"})
  static final class Status extends OfDirectory {
    Status(Session session) {
      super(session);
    }

    @Override
    public Integer call() {
      NodeFile node = running();
      session.client(node.url()).get("/health/ready");
      session.print(
          Value.Obj.builder()
              .put("url", node.url())
              .put("pid", node.pid())
              .put("state", "ready")
              .build(),
          new Table("NODE", "PID", "STATE").row(node.url(), String.valueOf(node.pid()), "ready"));
      return 0;
    }
  }

  @Command(
      name = "stop",
      description = "Stops the node that runs from a data directory: apps are drained first.",
      footer = {"", "Example:", "  plexspaces node stop --data-dir ./data"})
  static final class Stop extends OfDirectory {
    @Option(
        names = "--timeout",
        paramLabel = "TIME",
        description = "How long to wait until it has stopped (default: ${DEFAULT-VALUE}).")
    String timeout = "60s";

    Stop(Session session) {
      super(session);
    }

    @Override
    public Integer call() throws InterruptedException {
      Duration wait = Durations.parse(timeout, "--timeout");
      NodeFile node = running();
      ProcessHandle process =
          node.process().orElseThrow(() -> CliException.failed("the node has ended just now"));
      process.destroy();
      try {
        process.onExit().get(wait.toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        throw CliException.failed(
                "the node (process "
                    + node.pid()
                    + ") still stops after "
                    + timeout
                    + ": wait, or end it with \"kill -9 "
                    + node.pid()
                    + "\"; durable actors keep what they committed")
            .causedBy(e);
      } catch (ExecutionException e) {
        throw CliException.failed("waiting for process " + node.pid() + " failed: " + e)
            .causedBy(e);
      }
      session.say(
          Value.Obj.builder().put("pid", node.pid()).put("stopped", true).build(),
          "Stopped the node at " + node.url());
      return 0;
    }
  }
}
