package io.plexspaces.bench;

/** A row of the table. */
sealed interface Result {
  String benchmark();

  /** Of what it says something. */
  String system();

  /** What a system did. */
  record Rate(String benchmark, String system, boolean roundTrip, Samples samples)
      implements Result {}

  /**
   * A time or a size.
   *
   * @param unit of the samples
   */
  record Figure(String benchmark, String system, Samples samples, String unit) implements Result {}

  /** A system that this machine cannot run, and why. */
  record Absent(String benchmark, String system, String why) implements Result {}
}
