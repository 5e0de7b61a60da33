package io.plexspaces.api;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The unit that crosses the guest ABI: {@code u32 header_len | header JSON | body}, the length in
 * little endian. The header holds named arguments, the body a payload in its own encoding. The
 * arrays are shared, not copied.
 */
public final class Frame {
  private static final byte[] NONE = {};
  private static final byte[] EMPTY_OBJECT = "{}".getBytes(StandardCharsets.UTF_8);

  public static final Frame EMPTY = new Frame(EMPTY_OBJECT, NONE);

  private final byte[] header;
  private final byte[] body;

  public Frame(byte[] header, byte[] body) {
    this.header = header;
    this.body = body;
  }

  public static Frame of(Value.Obj header) {
    return new Frame(Json.write(header), NONE);
  }

  public static Frame of(Value.Obj header, byte[] body) {
    return new Frame(Json.write(header), body);
  }

  public static Frame ofBody(byte[] body) {
    return new Frame(EMPTY_OBJECT, body);
  }

  public byte[] header() {
    return header;
  }

  public byte[] body() {
    return body;
  }

  /**
   * @throws HostException INVALID_ARGUMENT if the header is no JSON object
   */
  public Value.Obj headerObject() {
    return Json.readObject(header);
  }

  public int encodedSize() {
    return 4 + header.length + body.length;
  }

  public byte[] encode() {
    byte[] out = new byte[encodedSize()];
    ByteBuffer.wrap(out).order(ByteOrder.LITTLE_ENDIAN).putInt(header.length);
    System.arraycopy(header, 0, out, 4, header.length);
    System.arraycopy(body, 0, out, 4 + header.length, body.length);
    return out;
  }

  /**
   * @throws HostException INVALID_ARGUMENT if the length of the header does not fit
   */
  public static Frame decode(byte[] bytes) {
    if (bytes.length < 4) {
      throw new HostException(
          ErrorCode.INVALID_ARGUMENT,
          "frame of " + bytes.length + " bytes is too short for its header length");
    }
    int n = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt();
    if (n < 0 || n > bytes.length - 4) {
      throw new HostException(
          ErrorCode.INVALID_ARGUMENT,
          "frame of " + bytes.length + " bytes says its header has " + Integer.toUnsignedString(n));
    }
    byte[] header = new byte[n];
    byte[] body = new byte[bytes.length - 4 - n];
    System.arraycopy(bytes, 4, header, 0, n);
    System.arraycopy(bytes, 4 + n, body, 0, body.length);
    return new Frame(header, body);
  }
}
