package io.plexspaces.cli;

import io.plexspaces.api.HostException;
import io.plexspaces.api.Value;
import io.plexspaces.cli.NodeClient.Request;
import io.plexspaces.deployer.TomlDocument;
import io.plexspaces.deployer.build.BuildResult;
import io.plexspaces.deployer.build.GuestBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Build, deploy, watch, build again, reload. One thread, and one more that follows the log. */
final class DevLoop {
  private static final Duration TIMEOUT = Duration.ofMinutes(5);
  private static final int LOG_WAIT_MILLIS = 20_000;

  private final Session session;
  private final NodeClient client;
  private final Path folder;
  private final Path config;
  private final String app;
  private final GuestBuilder builder = new GuestBuilder();

  private volatile boolean stopped;
  private volatile boolean deployed;

  /** What the node has: nothing is reloaded that has not changed. */
  private @Nullable String digest;

  private byte[] deployedConfig = {};
  private boolean following;

  DevLoop(Session session, NodeClient client, Path folder, Path config, @Nullable String app) {
    this.session = session;
    this.client = client;
    this.folder = folder;
    this.config = config;
    this.app = app != null ? app : nameIn(config, folder);
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

  /** Returns when the thread is interrupted or {@link #stop} was called. */
  void run() throws IOException, InterruptedException {
    SourceTree sources = new SourceTree(folder);
    Path artifact = Files.createTempFile("plexspaces-dev", ".wasm");
    try {
      redeploy(artifact, null);
      say("Watching " + folder + "; Ctrl-C ends it" + (deployed ? " and undeploys " + app : ""));
      while (!stopped) {
        redeploy(artifact, sources.awaitChange());
      }
    } finally {
      Files.deleteIfExists(artifact);
    }
  }

  /**
   * @param changed what was saved, or null at the beginning
   */
  private void redeploy(Path artifact, @Nullable Path changed) throws IOException {
    long start = System.nanoTime();
    try {
      BuildResult built = builder.build(folder, artifact, this::debug);
      long buildMillis = millisSince(start);
      byte[] toml = Files.readAllBytes(config);
      if (built.digest().equals(digest) && Arrays.equals(toml, deployedConfig)) {
        return;
      }
      byte[] wasm = Files.readAllBytes(artifact);
      boolean first = !isThere();
      if (first) {
        deploy(wasm, toml);
      } else {
        reload(wasm, toml);
      }
      digest = built.digest();
      deployedConfig = toml;
      follow();
      say(
          (first ? "Deployed " + app : "Reloaded " + app)
              + (changed == null ? "" : " after " + changed)
              + " in "
              + Durations.show(millisSince(start))
              + " (build "
              + Durations.show(buildMillis)
              + ")");
    } catch (CliException e) {
      refused(e.getMessage());
      e.details().forEach(d -> say("  " + d));
    } catch (HostException e) {
      refused(e.getMessage());
    }
  }

  private void refused(@Nullable String why) {
    say(Objects.requireNonNullElse(why, "refused"));
    say(
        deployed
            ? app + " goes on as it was; save again when that is mended"
            : "Nothing is deployed yet; save again when that is mended");
  }

  private boolean isThere() {
    if (deployed) {
      return true;
    }
    return client.get("/api/v1/apps").object().array("apps").stream()
        .anyMatch(v -> v instanceof Value.Obj o && o.string("app", "").equals(app));
  }

  private void deploy(byte[] wasm, byte[] toml) {
    Multipart form = form(wasm, toml).field("app", app);
    client.call(Request.post("/api/v1/apps", form.body(), form.contentType()).within(TIMEOUT));
    deployed = true;
  }

  private void reload(byte[] wasm, byte[] toml) {
    Multipart form = form(wasm, toml);
    client.call(
        Request.post(Apps.path(app) + "/reload", form.body(), form.contentType()).within(TIMEOUT));
    deployed = true;
  }

  private static Multipart form(byte[] wasm, byte[] toml) {
    return new Multipart()
        .file("wasm", "module.wasm", "application/wasm", wasm)
        .file("config", "app-config.toml", "application/toml", toml);
  }

  // ---- the log

  private void follow() {
    if (!following) {
      following = true;
      long last = client.get(Apps.path(app) + "/logs").object().integer("last", 0);
      Thread.ofVirtual().name("dev-log").start(() -> followFrom(last));
    }
  }

  private void followFrom(long from) {
    long last = from;
    while (!stopped) {
      try {
        Value.Obj answer =
            client
                .call(
                    Request.get(
                            Apps.path(app) + "/logs?after=" + last + "&wait_ms=" + LOG_WAIT_MILLIS)
                        .within(Duration.ofMillis(2L * LOG_WAIT_MILLIS)))
                .object();
        for (Value line : answer.array("lines")) {
          print((Value.Obj) line);
        }
        last = answer.integer("last", last);
      } catch (CliException e) {
        pause();
      }
    }
  }

  /** The node may be gone for a moment; it is asked again, not without end. */
  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(500);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void print(Value.Obj line) {
    String at = line.string("at", "");
    int t = at.indexOf('T');
    String time = t < 0 || at.length() < t + 9 ? at : at.substring(t + 1, t + 9);
    String actor = line.string("actor", "");
    String who = actor.startsWith(app + "/") ? actor.substring(app.length() + 1) : actor;
    session
        .terminal()
        .out()
        .println(
            time + " " + line.string("level", "") + " " + who + ": " + line.string("message", ""));
    session.terminal().out().flush();
  }

  // ---- the end; any thread

  void stop() {
    stopped = true;
  }

  void undeploy() {
    stop();
    if (deployed) {
      client.call(
          new Request(
              "DELETE",
              Apps.path(app) + "?drain=0s&purge=false",
              null,
              "",
              Map.of(),
              Duration.ofMinutes(1)));
      say("Undeployed " + app);
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
    session.terminal().err().println(line);
  }
}
