package io.plexspaces.deployer.build;

import io.plexspaces.api.HostException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;

/** How the sources of one language, or of a family, become an artifact. Thread-safe. */
interface SourceBuild {
  /**
   * Whether {@code source}, a file or folder that exists, is for this build. Looks, does nothing.
   */
  boolean takes(Path source);

  /**
   * @param source absolute and normalized; {@link #takes} has said yes to it
   * @param progress is told, in short lines, what is done
   * @throws HostException INVALID_ARGUMENT with what is wrong with the source, FAILED_PRECONDITION
   *     if a tool is missing
   */
  Built build(Path source, Consumer<String> progress) throws IOException;

  /**
   * What a build made.
   *
   * @param language as users call it, such as {@code python}
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Built(String language, byte[] artifact) {}
}
