package io.plexspaces.api.journal;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * @param requestDigest of the request that finished under the key
 */
public record IdempotentResult(String requestDigest, TurnOutcome outcome) {

  /**
   * What is asked, as hex SHA-256: operation, a zero byte, and payload. A send has a one behind the
   * zero, so that a send and an ask of the same are not the same request.
   */
  public static String digest(String op, boolean send, byte[] payload) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      sha.update(op.getBytes(StandardCharsets.UTF_8));
      sha.update((byte) 0);
      if (send) {
        sha.update((byte) 1);
      }
      sha.update(payload);
      return HexFormat.of().formatHex(sha.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
