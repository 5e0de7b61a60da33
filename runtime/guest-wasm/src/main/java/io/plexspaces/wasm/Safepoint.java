package io.plexspaces.wasm;

import com.dylibso.chicory.runtime.Memory;

/**
 * Where compiled guests look whether they shall stop or let others run. Public only because the
 * compiled classes call it: {@link SafepointRewriter} puts the call into every loop and call of a
 * guest. Nobody else has a reason to.
 */
public final class Safepoint {
  private Safepoint() {}

  public static void poll(Memory memory) {
    PagedMemory m = (PagedMemory) memory;
    if (m.preemptRequested()) {
      m.lease().safepoint();
    }
  }
}
