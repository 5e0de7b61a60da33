package io.plexspaces.api;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What a message or a reply carries: bytes and what they are. JSON unless said otherwise; never
 * decoded, trimmed or re-encoded on the way. The array is shared, not copied: nobody may change it.
 */
public final class Payload {
  public static final String JSON_TYPE = "application/json";
  private static final byte[] NO_BYTES = {};

  /** The JSON object without fields. */
  public static final Payload EMPTY_OBJECT = json("{}");

  /** JSON's null. */
  public static final Payload NULL = json("null");

  private final byte[] bytes;
  private final String contentType;

  public Payload(byte[] bytes, String contentType) {
    this.bytes = bytes;
    this.contentType = contentType;
  }

  public static Payload json(byte[] utf8) {
    return new Payload(utf8, JSON_TYPE);
  }

  public static Payload json(String text) {
    return json(text.getBytes(StandardCharsets.UTF_8));
  }

  public static Payload json(Value v) {
    return json(Json.write(v));
  }

  public static Payload empty() {
    return json(NO_BYTES);
  }

  public byte[] bytes() {
    return bytes;
  }

  public String contentType() {
    return contentType;
  }

  public int size() {
    return bytes.length;
  }

  public boolean isJson() {
    return contentType.equals(JSON_TYPE);
  }

  /**
   * The payload as a value; no bytes at all are null.
   *
   * @throws HostException INVALID_ARGUMENT if it is not JSON
   */
  public Value value() {
    return bytes.length == 0 ? Value.NULL : Json.read(bytes);
  }

  public String text() {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  @Override
  public boolean equals(@Nullable Object o) {
    return o instanceof Payload p
        && contentType.equals(p.contentType)
        && Arrays.equals(bytes, p.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return isJson() && bytes.length <= 200 ? text() : contentType + "[" + bytes.length + "]";
  }
}
