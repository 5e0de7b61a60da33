package io.plexspaces.cli;

/** The {@code plexspaces} command. */
public final class Main {
  /**
   * When this class was loaded, by {@link System#nanoTime}: as near as we come to the JVM's start.
   */
  static final long STARTED = System.nanoTime();

  private Main() {}

  /** Runs one command line and ends the process with its exit status: 0, 1 or 2. */
  public static void main(String[] args) {
    // A request whose reply was lost must not be sent again behind the user's back.
    System.setProperty("sun.net.http.retryPost", "false");
    int status = new Cli(Terminal.ofProcess()).run(args);
    System.exit(status);
  }
}
