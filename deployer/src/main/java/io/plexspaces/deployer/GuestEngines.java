package io.plexspaces.deployer;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.guest.GuestEngine;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** Finds the guest engine for an artifact. Thread-safe. */
final class GuestEngines {
  private static final byte[] WASM = {0, 'a', 's', 'm'};
  private static final byte[] ZIP = {'P', 'K', 3, 4};

  private final List<GuestEngine> engines;
  private final long maxBytes;

  GuestEngines(List<GuestEngine> engines, long maxBytes) {
    this.engines = List.copyOf(engines);
    this.maxBytes = maxBytes;
  }

  /**
   * @throws HostException INVALID_ARGUMENT that says what the artifact is instead
   */
  GuestEngine pick(byte[] artifact) {
    if (artifact.length == 0) {
      throw refused("the artifact is empty");
    }
    if (artifact.length > maxBytes) {
      throw refused(
          "the artifact has "
              + artifact.length
              + " bytes, this node takes up to "
              + Units.show(maxBytes));
    }
    if (isComponent(artifact)) {
      throw refused(
          "the artifact is a component (WASM component model), PlexSpaces loads core modules: use"
              + " plexspaces build, or build for wasm32-unknown-unknown or wasip1");
    }
    for (GuestEngine engine : engines) {
      if (engine.accepts(artifact)) {
        return engine;
      }
    }
    throw refused(
        isWasm(artifact)
            ? "the artifact is a WASM module that no engine of this node ("
                + String.join(", ", engines.stream().map(GuestEngine::name).toList())
                + ") runs: build it with plexspaces build or a PlexSpaces SDK"
            : startsWith(artifact, ZIP)
                ? "the artifact is a zip file, not a WASM module: bundles are not supported by"
                    + " this version"
                : "the artifact is not a WASM module, it begins with "
                    + HexFormat.ofDelimiter(" ")
                        .formatHex(artifact, 0, Math.min(8, artifact.length))
                    + ": build sources with plexspaces build first");
  }

  /** Four bytes of magic, then the version: 1 for a module; a component has a layer of 1 in it. */
  private static boolean isComponent(byte[] a) {
    return isWasm(a) && a.length >= 8 && a[6] == 1 && a[7] == 0;
  }

  private static boolean isWasm(byte[] a) {
    return startsWith(a, WASM);
  }

  private static boolean startsWith(byte[] a, byte[] prefix) {
    return a.length >= prefix.length
        && Arrays.equals(a, 0, prefix.length, prefix, 0, prefix.length);
  }

  private static HostException refused(String why) {
    return new HostException(ErrorCode.INVALID_ARGUMENT, why);
  }
}
