package io.plexspaces.api.store;

import io.plexspaces.api.AppId;
import io.plexspaces.api.HostException;
import java.util.List;
import java.util.Optional;

/** Artifacts and the record of what is deployed; survives restarts. Thread-safe, blocking. */
public interface AppStore extends AutoCloseable {
  /** Stores an artifact under its digest, {@code sha256:<hex>}, durably; idempotent. */
  String putArtifact(byte[] artifact);

  /**
   * @throws HostException NOT_FOUND, or DATA_LOSS if the bytes do not have that digest
   */
  byte[] artifact(String digest);

  /** Writes or replaces the record of an app, durably. */
  void save(AppRecord app);

  Optional<AppRecord> find(AppId app);

  /** All apps, oldest first. */
  List<AppRecord> apps();

  /** Removes the record, and its artifact if no other app uses it. */
  void remove(AppId app);

  @Override
  void close();

  /**
   * @param config the text of app-config.toml as it was deployed
   * @param wantsToRun false after {@code app stop}: it stays stopped over a node restart
   */
  record AppRecord(
      AppId app,
      String version,
      String artifactDigest,
      String config,
      boolean wantsToRun,
      long deployedAtMillis) {}
}
