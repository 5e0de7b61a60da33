package io.plexspaces.deployer.build;

import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** What this program carries among its resources for builds: SDKs and tools. Any thread. */
final class CarriedFiles {
  private CarriedFiles() {}

  /**
   * @param name absolute, such as {@code /sdk-go/go.mod}
   * @return the file's bytes, or null if it is not carried
   */
  static byte @Nullable [] find(String name) throws IOException {
    try (InputStream in = CarriedFiles.class.getResourceAsStream(name)) {
      return in == null ? null : in.readAllBytes();
    }
  }

  /** As {@link #find}, for what must be there: without it the program was packed wrongly. */
  static byte[] require(String name) throws IOException {
    byte[] bytes = find(name);
    if (bytes == null) {
      throw new IllegalStateException(name + " is not packed");
    }
    return bytes;
  }
}
