package io.plexspaces.deployer;

import io.plexspaces.api.AppId;
import io.plexspaces.api.guest.ModuleDescription;
import io.plexspaces.engine.AppStatus.AppState;
import org.jspecify.annotations.Nullable;

/**
 * An app as listings show it.
 *
 * @param failure why it failed, or null
 * @param module null where the app is stopped and its module is not loaded
 */
public record AppInfo(
    AppId app,
    String version,
    AppState state,
    @Nullable String failure,
    String moduleDigest,
    @Nullable ModuleDescription module,
    int actors,
    long mailboxDepth,
    long memoryBytes,
    long restarts,
    long deployedAtMillis) {}
