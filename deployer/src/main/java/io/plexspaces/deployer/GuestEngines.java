package io.plexspaces.deployer;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.guest.CodelessModule;
import io.plexspaces.api.guest.GuestEngine;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Predicate;

/** Finds the guest engine for an artifact. Thread-safe. */
final class GuestEngines {
  private static final byte[] WASM = {0, 'a', 's', 'm'};
  private static final byte[] ZIP = {'P', 'K', 3, 4};

  private final List<GuestEngine> engines;
  private final List<GuestEngine> polyglot;
  private final Predicate<String> polyglotTenants;
  private final long maxBytes;

  /**
   * @param engines the first that accepts an artifact runs it
   * @param polyglot engines that an app's configuration has to name
   * @param polyglotTenants which tenants' apps may name them
   */
  GuestEngines(
      List<GuestEngine> engines,
      List<GuestEngine> polyglot,
      Predicate<String> polyglotTenants,
      long maxBytes) {
    this.engines = List.copyOf(engines);
    this.polyglot = List.copyOf(polyglot);
    this.polyglotTenants = polyglotTenants;
    this.maxBytes = maxBytes;
  }

  /**
   * @throws HostException INVALID_ARGUMENT that says what the artifact is instead, or that it is
   *     not for the chosen runtime; PERMISSION_DENIED if the tenant may not use that;
   *     FAILED_PRECONDITION if this node does not have it
   */
  GuestEngine pick(byte[] artifact, RuntimeChoice runtime, String tenant) {
    if (!runtime.isPolyglot()) {
      return pick(artifact);
    }
    if (!polyglotTenants.test(tenant)) {
      throw runtime.refused(
          ErrorCode.PERMISSION_DENIED,
          "runs trusted code only, outside of the WASM sandbox, and the tenant \""
              + tenant
              + "\" may not use it: set polyglot = true under [tenants."
              + (tenant.matches("[A-Za-z0-9_-]+") ? tenant : "\"" + tenant + "\"")
              + "] in the node's plexspaces.toml, or leave runtime out");
    }
    check(artifact);
    for (GuestEngine engine : polyglot) {
      if (engine.name().equals(runtime.name())) {
        if (!engine.accepts(artifact)) {
          String made = CodelessModule.engineOf(artifact);
          throw runtime.refused(
              ErrorCode.INVALID_ARGUMENT,
              "does not run this artifact, which is "
                  + (made == null ? "compiled WASM" : "for " + made)
                  + ": leave runtime out, and the node takes the engine that does");
        }
        return engine;
      }
    }
    throw runtime.refused(ErrorCode.FAILED_PRECONDITION, "is not there on this node");
  }

  private GuestEngine pick(byte[] artifact) {
    check(artifact);
    for (GuestEngine engine : engines) {
      if (engine.accepts(artifact)) {
        return engine;
      }
    }
    throw unknown(artifact);
  }

  private void check(byte[] artifact) {
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
  }

  private HostException unknown(byte[] artifact) {
    return refused(
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
