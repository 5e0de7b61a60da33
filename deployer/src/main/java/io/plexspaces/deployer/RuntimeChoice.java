package io.plexspaces.deployer;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;

/**
 * What an app's configuration says of the engine to run on.
 *
 * @param name {@code auto}, {@code wasm}, {@code graalpy} or {@code graaljs}
 * @param line where it says so; 0 if it does not
 */
record RuntimeChoice(String name, int line) {
  static final RuntimeChoice AUTO = new RuntimeChoice("auto", 0);

  /** Whether the app runs in contexts of the JVM, outside of the WASM sandbox. */
  boolean isPolyglot() {
    return !name.equals("auto") && !name.equals("wasm");
  }

  /** An error that names this line of the file. */
  HostException refused(ErrorCode code, String why) {
    return new HostException(
        code, AppConfigReader.FILE + ":" + line + ": runtime = \"" + name + "\" " + why);
  }
}
