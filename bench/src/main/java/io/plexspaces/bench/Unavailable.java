package io.plexspaces.bench;

/** Something this machine lacks. */
final class Unavailable extends Exception {
  private static final long serialVersionUID = 1L;

  private final String why;

  /**
   * @param why what it lacks, and how to get it
   */
  Unavailable(String why) {
    super(why);
    this.why = why;
  }

  String why() {
    return why;
  }
}
