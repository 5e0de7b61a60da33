package io.plexspaces.bench;

import java.lang.management.ManagementFactory;
import java.util.List;

/** Where the figures come from: without it they say nothing. */
final class Machine {
  private Machine() {}

  static String describe() {
    Runtime jvm = Runtime.getRuntime();
    List<String> flags =
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
            .filter(f -> !f.startsWith("-Dplexspaces."))
            .toList();
    return "%d cores, %s %s, %s %s, heap %d MiB, load %.1f%nJVM flags: %s%n"
        .formatted(
            jvm.availableProcessors(),
            System.getProperty("os.name"),
            System.getProperty("os.arch"),
            System.getProperty("java.vendor"),
            Runtime.version(),
            jvm.maxMemory() >> 20,
            ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage(),
            String.join(" ", flags));
  }
}
