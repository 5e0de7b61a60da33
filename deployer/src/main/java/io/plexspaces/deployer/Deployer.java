package io.plexspaces.deployer;

import io.plexspaces.api.AppId;
import io.plexspaces.api.HostException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Deploys, undeploys and lists apps. Thread-safe, blocking; calls on one app run one by one. */
public interface Deployer {
  /**
   * Validates, stores and starts an app. When this throws, nothing of it stays.
   *
   * @param app the name; the one in the configuration where it is null
   * @param version likewise
   * @param config the text of app-config.toml
   * @throws HostException ALREADY_EXISTS for an existing name (use upgrade), INVALID_ARGUMENT with
   *     all errors of the configuration in {@code details.errors}, or why the module was refused
   */
  AppInfo deploy(
      String tenant,
      @Nullable String app,
      @Nullable String version,
      byte[] artifact,
      String config);

  /**
   * Stops an app and forgets it, within {@code drain} plus the children's shutdown timeouts.
   *
   * @param purge whether to remove the journals as well
   * @throws HostException NOT_FOUND
   */
  void undeploy(AppId app, Duration drain, boolean purge);

  /**
   * Starts a stopped or failed app; one that runs is left alone. An app that does not start is
   * listed as failed with the reason.
   *
   * @throws HostException NOT_FOUND, or why it does not start
   */
  AppInfo start(AppId app);

  /**
   * Stops an app; it stays deployed, and stopped over node restarts. One that is stopped already is
   * left alone.
   *
   * @throws HostException NOT_FOUND
   */
  AppInfo stop(AppId app, Duration drain);

  /**
   * Stops an app if it runs, and starts it with its module loaded anew; errors as {@link #start}.
   */
  AppInfo restart(AppId app, Duration drain);

  /**
   * Puts another module, and perhaps another configuration, in place of an app's own: for
   * development. The module is loaded and the configuration checked while the app still runs; then
   * its actors stop and start on the new code, and those without durability get back the declared
   * state that they had in memory. Messages under way in between are refused as UNAVAILABLE. If the
   * new code does not start, the old one is started again.
   *
   * @param config the text of app-config.toml, or null for the one that is there
   * @throws HostException NOT_FOUND; as {@link #deploy}; or why the new code did not start
   */
  AppInfo reload(AppId app, byte[] artifact, @Nullable String config);

  /** Empty where no such app is deployed or being deployed. */
  Optional<AppInfo> app(AppId app);

  /** The tenant's apps, oldest first, also the stopped and failed ones. */
  List<AppInfo> apps(String tenant);

  /**
   * Starts every app that was running when the node ended, side by side; called once at its start.
   * Never throws because of an app: one that does not start is listed as failed.
   */
  void resume();
}
