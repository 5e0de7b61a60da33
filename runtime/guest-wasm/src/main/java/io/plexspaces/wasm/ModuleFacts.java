package io.plexspaces.wasm;

import java.util.List;

/**
 * What validation found out about a module.
 *
 * @param initialPages of its memory, 64 KiB each
 * @param maxPages what the module itself allows
 * @param mutableGlobals their numbers
 * @param startFunction its number, or {@link #NO_START}
 */
record ModuleFacts(
    int initialPages,
    int maxPages,
    List<Integer> mutableGlobals,
    boolean writesTables,
    int startFunction) {
  static final int NO_START = -1;

  boolean starts() {
    return startFunction != NO_START;
  }
}
