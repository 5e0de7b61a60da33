package io.plexspaces.bench;

import java.lang.management.ManagementFactory;

/** What the process keeps. */
final class Heap {
  private Heap() {}

  /** Bytes that are left in use by a full collection, which the collector is asked for. */
  static long used() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  static long max() {
    return Runtime.getRuntime().maxMemory();
  }
}
