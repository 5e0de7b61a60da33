package io.plexspaces.store;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import java.time.Duration;

/**
 * How the journals of a node use the machine.
 *
 * @param ioThreads platform threads that read and write journals, 1 to 32
 * @param maxOpenFiles idle journals kept open; as many more as there are threads may be in use.
 *     Each takes three descriptors, so the store goes lower where the process may not have that
 *     many
 * @param busyTimeout how long a commit waits for an outside program that holds the file
 */
public record StoreOptions(int ioThreads, int maxOpenFiles, Duration busyTimeout) {
  public static final StoreOptions DEFAULT = new StoreOptions(16, 5000, Duration.ofSeconds(2));

  public StoreOptions {
    if (ioThreads < 1 || ioThreads > 32) {
      throw refused("store threads must be 1 to 32, not " + ioThreads);
    }
    if (maxOpenFiles < 1) {
      throw refused("open journal files must be at least 1, not " + maxOpenFiles);
    }
    if (busyTimeout.isNegative() || busyTimeout.toMillis() > 60_000) {
      throw refused("the store's busy timeout must be 0 to 60 s, not " + busyTimeout);
    }
  }

  private static HostException refused(String message) {
    return new HostException(ErrorCode.INVALID_ARGUMENT, message);
  }
}
