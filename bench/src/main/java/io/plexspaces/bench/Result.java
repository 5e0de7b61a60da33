package io.plexspaces.bench;

/** A row of the table. */
sealed interface Result {
  String benchmark();

  /** What a system did. */
  record Rate(String benchmark, String system, boolean roundTrip, Samples samples)
      implements Result {}

  /**
   * How long something took.
   *
   * @param millis of each time it was done
   */
  record Duration(String benchmark, String system, Samples millis) implements Result {}

  /** A system that this machine cannot run, and why. */
  record Absent(String benchmark, String system, String why) implements Result {}
}
