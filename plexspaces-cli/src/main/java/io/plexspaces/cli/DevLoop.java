package io.plexspaces.cli;

import io.plexspaces.api.HostException;
import io.plexspaces.api.Value;
import io.plexspaces.deployer.build.GuestBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Build, deploy, watch, build again, reload. One thread, and one more that follows the log. */
final class DevLoop {
  private final Session session;
  private final NodeClient client;
  private final Path folder;
  private final Path config;
  private final DevApp app;
  private final Build build;

  private volatile boolean stopped;
  private volatile @Nullable DevLog log;
  private boolean refused;

  /** What makes an artifact of the folder; tells what it does. */
  interface Build {
    GuestBuilder.Artifact build(Path folder, Consumer<String> progress);
  }

  DevLoop(Session session, NodeClient client, Path folder, Path config, DevApp app, Build build) {
    this.session = session;
    this.client = client;
    this.folder = folder;
    this.config = config;
    this.app = app;
    this.build = build;
  }

  /**
   * Returns when {@link #stop} was called.
   *
   * @throws CliException if the node has an app of that name which is not dev's
   */
  void run() throws InterruptedException {
    app.requireOurs(app.shown());
    SourceTree sources = new SourceTree(folder, config);
    redeploy(null);
    say(
        "Watching "
            + folder
            + "; Ctrl-C ends it"
            + (app.isOurs() ? " and undeploys " + app.name() : ""));
    while (!stopped) {
      redeploy(sources.awaitChange());
    }
  }

  /**
   * Builds and brings it to the node; what goes wrong is said, and the next save is another try.
   *
   * @param changed what was saved, or null at the beginning
   */
  void redeploy(@Nullable Path changed) {
    long start = System.nanoTime();
    try {
      GuestBuilder.Artifact built = build.build(folder, this::debug);
      long buildMillis = millisSince(start);
      byte[] toml = readConfig();
      DevApp.Done done = bring(built, toml);
      if (done == DevApp.Done.NOTHING) {
        if (refused) {
          say(app.name() + " has this code already");
        }
      } else {
        say(
            (done == DevApp.Done.DEPLOYED ? "Deployed " : "Reloaded ")
                + app.name()
                + (changed == null ? "" : " after " + changed)
                + " in "
                + Durations.show(millisSince(start))
                + " (build "
                + Durations.show(buildMillis)
                + ")");
      }
      refused = false;
    } catch (CliException e) {
      refused(String.valueOf(e.getMessage()), e.details());
    } catch (HostException e) {
      refused(String.valueOf(e.getMessage()), List.of());
    } catch (UncheckedIOException e) {
      // An editor or a tool has a file away for a moment.
      refused("a file of " + folder + " cannot be read: " + e.getMessage(), List.of());
    }
  }

  private byte[] readConfig() {
    try {
      return Files.readAllBytes(config);
    } catch (IOException e) {
      throw CliException.failed(config + " cannot be read: " + e).causedBy(e);
    }
  }

  private DevApp.Done bring(GuestBuilder.Artifact built, byte[] toml) {
    if (log != null) {
      return app.bring(built, toml);
    }
    // Before that: what actors log while they start is to be seen.
    Value.Obj there = app.shown();
    app.requireOurs(there);
    long after = there == null || app.isOurs() ? 0 : DevLog.last(client, app.name());
    DevApp.Done done = app.bring(built, toml);
    follow(after, there == null ? app.deployedAt() : Instant.EPOCH);
    return done;
  }

  private void follow(long after, Instant since) {
    DevLog started = new DevLog(session.terminal(), client, app.name(), after, since);
    log = started;
    started.start();
  }

  private void refused(String why, List<String> details) {
    refused = true;
    why.lines().forEach(this::say);
    details.forEach(d -> say("  " + d));
    say(app.standing());
  }

  // ---- the end; any thread

  void stop() {
    stopped = true;
    DevLog l = log;
    if (l != null) {
      l.stop();
    }
  }

  void undeploy() {
    stop();
    if (app.undeploy()) {
      say("Undeployed " + app.name());
    }
  }

  private static long millisSince(long start) {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
  }

  private void debug(String line) {
    if (session.debug()) {
      say(line);
    }
  }

  private void say(String line) {
    session.terminal().err().println(Printable.line(line));
  }
}
