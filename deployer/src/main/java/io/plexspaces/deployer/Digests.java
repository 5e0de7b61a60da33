package io.plexspaces.deployer;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Digests of artifacts as the rest of the node writes them. */
final class Digests {
  private Digests() {}

  /** {@code sha256:<hex>}. */
  static String of(byte[] artifact) {
    try {
      return "sha256:"
          + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(artifact));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
