package io.plexspaces.cli;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.store.StoreUpkeep;
import java.nio.file.Path;

/** Data directories of nodes that do not run. */
final class Offline {
  private Offline() {}

  static StoreUpkeep open(String directory) {
    try {
      return StoreUpkeep.offline(Path.of(directory));
    } catch (HostException e) {
      if (e.code() == ErrorCode.FAILED_PRECONDITION) {
        throw CliException.failed(
                "a node has "
                    + directory
                    + " ("
                    + e.error().message()
                    + "): ask the node, with --node instead of --data-dir")
            .causedBy(e);
      }
      throw e;
    }
  }
}
