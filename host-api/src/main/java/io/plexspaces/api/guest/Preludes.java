package io.plexspaces.api.guest;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** What engines of one language run before an app, so that all of them offer the same platform. */
public final class Preludes {
  /** The file name of {@link #javaScript} for stack traces. */
  public static final String JAVA_SCRIPT_FILE = "prelude.js";

  private Preludes() {}

  /**
   * UTF-8 text of a classic script. It needs the global function {@code __plexspaces_host} and
   * defines console, text coding and the refusal of timers.
   */
  public static byte[] javaScript() {
    try (InputStream in = Preludes.class.getResourceAsStream(JAVA_SCRIPT_FILE)) {
      if (in == null) {
        throw new IllegalStateException(JAVA_SCRIPT_FILE + " is not packed");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
