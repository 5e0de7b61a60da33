package io.plexspaces.cli;

import io.plexspaces.api.Value;
import io.plexspaces.cli.NodeClient.Request;
import io.plexspaces.deployer.build.GuestBuilder;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The app that {@code dev} works on, as the node has it. The node is asked each time: others may
 * use it too. One thread, and one more for {@link #undeploy} at the end.
 */
final class DevApp {
  private static final Duration TIMEOUT = Duration.ofMinutes(5);
  private static final String NOT_FOUND = "NOT_FOUND";

  private final NodeClient client;
  private final String name;
  private final boolean replace;

  /** Whether it is there because dev put it there: nothing else is taken away at the end. */
  private volatile boolean ours;

  /** What is being deployed where nothing was; whoever has it at the node has it from us. */
  private volatile @Nullable String coming;

  /** What the node has: nothing is reloaded that has not changed. Null where that is not known. */
  private @Nullable String digest;

  private byte[] config = {};
  private Instant deployedAt = Instant.EPOCH;

  /** What {@link #bring} did. */
  enum Done {
    NOTHING,
    DEPLOYED,
    RELOADED
  }

  /**
   * @param replace whether an app of that name that is there already may be reloaded
   */
  DevApp(NodeClient client, String name, boolean replace) {
    this.client = client;
    this.name = name;
    this.replace = replace;
  }

  String name() {
    return name;
  }

  /** Whether it is taken away at the end. */
  boolean isOurs() {
    return ours;
  }

  /** When it was deployed by us, by the node's clock. */
  Instant deployedAt() {
    return deployedAt;
  }

  /** From now on an app of that name counts as dev's own: nobody else has this node. */
  void claim() {
    ours = true;
  }

  /**
   * Asks the node.
   *
   * @return null if it has no such app
   */
  Value.@Nullable Obj shown() {
    try {
      return client.get(Apps.path(name)).object();
    } catch (CliException e) {
      if (e.code().equals(NOT_FOUND)) {
        return null;
      }
      throw e;
    }
  }

  /**
   * @throws CliException if there is an app of that name that is not dev's
   */
  void requireOurs(Value.@Nullable Obj there) {
    if (there != null && !ours && !replace) {
      throw CliException.usage(
          "the node at "
              + client.node()
              + " has an app \""
              + name
              + "\" already, which this dev did not deploy: --replace reloads it with this code"
              + " and leaves it deployed at the end; --app gives another name");
    }
  }

  /** Deploys or reloads, if the node does not have just that already. */
  Done bring(GuestBuilder.Artifact built, byte[] toml) {
    Value.Obj there = shown();
    requireOurs(there);
    if (there == null) {
      ours = false;
    } else if (built.digest().equals(digest)
        && Arrays.equals(toml, config)
        && there.string("state", "").equals("running")) {
      return Done.NOTHING;
    }
    digest = null;
    Multipart form =
        new Multipart()
            .file("wasm", "module.wasm", "application/wasm", built.bytes())
            .file("config", "app-config.toml", "application/toml", toml);
    if (there == null) {
      coming = built.digest();
      Value.Obj made = post("/api/v1/apps", form.field("app", name));
      ours = true;
      deployedAt = instant(made.string("deployed_at", ""));
      requireRunning(made);
    } else {
      requireRunning(post(Apps.path(name) + "/reload", form));
    }
    digest = built.digest();
    config = toml;
    return there == null ? Done.DEPLOYED : Done.RELOADED;
  }

  private static Instant instant(String s) {
    try {
      return Instant.parse(s);
    } catch (DateTimeParseException e) {
      return Instant.EPOCH;
    }
  }

  private Value.Obj post(String path, Multipart form) {
    return client
        .call(Request.post(path, form.body(), form.contentType()).within(TIMEOUT))
        .object();
  }

  private static void requireRunning(Value.Obj app) {
    if (app.string("state", "").equals("failed")) {
      throw CliException.failed(Apps.sentence(app));
    }
  }

  /** After something went wrong: what the node has now, in a sentence. */
  String standing() {
    Value.Obj there;
    try {
      there = shown();
    } catch (CliException e) {
      digest = null;
      return "What became of " + name + " is not known: " + e.getMessage();
    }
    String mended = "; save again when that is mended";
    if (there == null) {
      boolean was = ours || digest != null;
      ours = false;
      digest = null;
      return was ? name + " is not deployed any more" + mended : "Nothing is deployed yet" + mended;
    }
    ours |= isComing(there);
    String state = there.string("state", "?");
    if (!state.equals("running")) {
      digest = null;
      String failure = there.string("failure", "");
      return name + " is " + state + (failure.isEmpty() ? "" : ": " + failure) + mended;
    }
    return ours || replace
        ? name + " goes on as it was" + mended
        : "The app \"" + name + "\" of the node is left alone";
  }

  private boolean isComing(Value.Obj there) {
    String deploying = coming;
    return deploying != null && there.string("module_digest", "").equals(deploying);
  }

  /**
   * Takes the app away if dev put it there. Any thread.
   *
   * @return whether it was there and is no more
   */
  boolean undeploy() {
    Value.Obj there = ours || coming != null ? shown() : null;
    if (there == null || !(ours || isComing(there))) {
      return false;
    }
    client.call(
        new Request(
            "DELETE",
            Apps.path(name) + "?drain=0s&purge=false",
            null,
            "",
            Map.of(),
            Duration.ofMinutes(1)));
    return true;
  }
}
