package io.plexspaces.wasm.quickjs;

import io.plexspaces.api.guest.GuestHost;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Promises that were rejected in a running call and that nobody has handled so far. A guest can
 * reject any number of them with reasons of any size: a few are kept, the rest is counted. Used by
 * the thread that runs the guest.
 */
final class Rejections {
  /** Reasons that are kept. */
  private static final int MAX_KEPT = 16;

  private static final int ERROR = 4;

  private final List<Kept> kept = new ArrayList<>();
  private long more;

  private record Kept(int promise, String reason) {}

  /**
   * @param promise its address, which another has later if it is collected
   * @param reason asked only if it is kept
   */
  void rejected(int promise, Supplier<String> reason) {
    if (kept.size() < MAX_KEPT) {
      kept.add(new Kept(promise, reason.get()));
    } else {
      more++;
    }
  }

  /** The latest rejection of this address was the one: its earlier promises are collected. */
  void handled(int promise) {
    for (int i = kept.size() - 1; i >= 0; i--) {
      if (kept.get(i).promise == promise) {
        kept.remove(i);
        return;
      }
    }
    // One of those that were only counted, or one that a call before has reported.
    more = Math.max(0, more - 1);
  }

  void report(GuestHost host) {
    for (Kept k : kept) {
      host.log(ERROR, "unhandled promise rejection: " + k.reason);
    }
    if (more > 0) {
      host.log(ERROR, "and " + more + " more unhandled promise rejections");
    }
  }

  /** Characters that are held. */
  long size() {
    return kept.stream().mapToLong(k -> k.reason.length()).sum();
  }
}
