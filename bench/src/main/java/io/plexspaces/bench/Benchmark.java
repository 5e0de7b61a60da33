package io.plexspaces.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One question asked of several systems.
 *
 * @param name as it is chosen on the command line
 * @param what what is counted, for the reader of the table
 * @param warmUps how many times the usual warm-up it needs
 * @param roundTrip whether one operation waits for the one before, so that its duration says
 *     something by itself
 * @param systems by the name of the system, in the order of the table
 */
record Benchmark(
    String name,
    String what,
    int warmUps,
    boolean roundTrip,
    Map<String, Workload.Factory> systems) {
  static final String PEKKO = "pekko";
  static final String NATIVE = "native";

  Benchmark {
    systems = new LinkedHashMap<>(systems);
  }

  /** Pekko beside the engine with actors in Java. */
  static Benchmark engine(
      String name, String what, boolean roundTrip, Workload.Factory pekko, Workload.Factory ours) {
    Map<String, Workload.Factory> systems = new LinkedHashMap<>();
    systems.put(PEKKO, pekko);
    systems.put(NATIVE, ours);
    return new Benchmark(name, what, 1, roundTrip, systems);
  }
}
