package io.plexspaces.api;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The identity of a message, 128 bits. The n-th effect of a turn has an id derived from the
 * incoming message's, so a turn that runs again repeats the ids of what it sends.
 */
public record MessageId(long high, long low) {

  /** The id of the n-th effect of the turn that handles this message. */
  public MessageId derive(int n) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      sha.update(ByteBuffer.allocate(20).putLong(high).putLong(low).putInt(n).flip());
      ByteBuffer out = ByteBuffer.wrap(sha.digest());
      return new MessageId(out.getLong(), out.getLong());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Reads 32 hexadecimal digits. */
  public static MessageId parse(String s) {
    if (s.length() != 32) {
      throw new HostException(
          ErrorCode.INVALID_ARGUMENT, "message id \"" + AppId.abbreviate(s) + "\" is not valid");
    }
    try {
      return new MessageId(
          Long.parseUnsignedLong(s, 0, 16, 16), Long.parseUnsignedLong(s, 16, 32, 16));
    } catch (NumberFormatException e) {
      throw new HostException(ErrorCode.INVALID_ARGUMENT, "message id \"" + s + "\" is not valid");
    }
  }

  @Override
  public String toString() {
    HexFormat hex = HexFormat.of();
    return hex.toHexDigits(high) + hex.toHexDigits(low);
  }
}
