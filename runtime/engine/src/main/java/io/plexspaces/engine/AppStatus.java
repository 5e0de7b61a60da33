package io.plexspaces.engine;

import io.plexspaces.api.AppId;
import io.plexspaces.api.guest.ModuleDescription;
import org.jspecify.annotations.Nullable;

/**
 * @param failure why the app failed; null unless it did
 * @param actors in memory
 * @param mailboxDepth messages queued in all of them
 */
public record AppStatus(
    AppId app,
    String version,
    AppState state,
    @Nullable String failure,
    String moduleDigest,
    ModuleDescription module,
    int actors,
    long mailboxDepth,
    long memoryBytes,
    long restarts) {

  /** The life of an app. */
  public enum AppState {
    DEPLOYING,
    RUNNING,
    DRAINING,
    STOPPED,
    FAILED
  }
}
