package io.plexspaces.api.guest;

import io.plexspaces.api.Frame;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import io.plexspaces.api.op.Catalogue;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Payloads on their way into a guest whose calls are text, which knows JSON only, and out of it.
 */
public final class JsonBodies {
  /** As the host writes it; inside of a JSON string its quotes would be escaped. */
  private static final byte[] JSON =
      ("\"content_type\":\"" + Payload.JSON_TYPE + "\"").getBytes(StandardCharsets.UTF_8);

  private static final byte[] STREAM = "\"stream\":true".getBytes(StandardCharsets.UTF_8);
  private static final Frame END = new Frame(bytes("{\"more\":false}"), new byte[0]);
  private static final byte[] MORE = bytes("{\"more\":true}");
  private static final byte VALUE = '1';

  private static final byte[] NAME = "\"content_type\"".getBytes(StandardCharsets.UTF_8);

  private JsonBodies() {}

  /** The frame's body as JSON: what is not JSON becomes {@code {"$bytes": base64}}. */
  public static byte[] json(Frame frame) {
    byte[] header = frame.header();
    if (contains(header, JSON) || !contains(header, NAME)) {
      return frame.body();
    }
    try {
      String type = frame.headerObject().string("content_type", Payload.JSON_TYPE);
      return type.equals(Payload.JSON_TYPE)
          ? frame.body()
          : Json.write(new Value.Bytes(frame.body()));
    } catch (HostException e) {
      return frame.body();
    }
  }

  /** Whether a call with this header is answered with a value of a stream. */
  public static boolean streams(GuestOp op, byte[] header) {
    return op == GuestOp.RESUME_STREAM || (op == GuestOp.HANDLE && contains(header, STREAM));
  }

  /**
   * What a guest says of a stream: {@code 1} and a value, or {@code 0} at its end.
   *
   * @return null if it is neither
   */
  public static @Nullable Frame step(byte[] text) {
    if (text.length == 0) {
      return null;
    }
    if (text[0] == VALUE) {
      return new Frame(MORE, Arrays.copyOfRange(text, 1, text.length));
    }
    return text.length == 1 ? END : null;
  }

  /** The other way round: what the host says of a stream, for a guest. */
  public static byte[] stepText(Frame reply) {
    if (!reply.headerObject().bool("more", false)) {
      return bytes("0");
    }
    byte[] json = json(reply);
    byte[] out = new byte[json.length + 1];
    out[0] = VALUE;
    System.arraycopy(json, 0, out, 1, json.length);
    return out;
  }

  /**
   * A request of a guest. Bytes are {@code {"$bytes": base64}} in its JSON; they leave as they are
   * where the operation takes bytes, or where the header names a content type for them.
   */
  public static Frame request(String operation, byte[] header, byte[] body) {
    boolean bytes = body.length > 0 && (isTyped(header) || "bytes".equals(bodyOf(operation)));
    return new Frame(header, bytes && Json.read(body) instanceof Value.Bytes b ? b.value() : body);
  }

  private static boolean isTyped(byte[] header) {
    return contains(header, NAME) && !contains(header, JSON);
  }

  private static @Nullable String bodyOf(String operation) {
    Catalogue.Entry e = Catalogue.get().find(operation);
    return e == null ? null : e.body();
  }

  private static byte[] bytes(String s) {
    return s.getBytes(StandardCharsets.UTF_8);
  }

  private static boolean contains(byte[] text, byte[] part) {
    for (int i = 0; i <= text.length - part.length; i++) {
      if (text[i] == part[0] && Arrays.equals(text, i, i + part.length, part, 0, part.length)) {
        return true;
      }
    }
    return false;
  }
}
