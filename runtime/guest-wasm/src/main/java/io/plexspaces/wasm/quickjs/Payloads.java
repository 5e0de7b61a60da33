package io.plexspaces.wasm.quickjs;

import io.plexspaces.api.Frame;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Payloads on their way into JavaScript, which knows JSON only. */
final class Payloads {
  /** As the host writes it; inside of a JSON string its quotes would be escaped. */
  private static final byte[] JSON =
      ("\"content_type\":\"" + Payload.JSON_TYPE + "\"").getBytes(StandardCharsets.UTF_8);

  private static final byte[] NAME = "\"content_type\"".getBytes(StandardCharsets.UTF_8);

  private Payloads() {}

  /** The frame's body as JSON: what is not JSON becomes {@code {"$bytes": base64}}. */
  static byte[] json(Frame frame) {
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

  private static boolean contains(byte[] text, byte[] part) {
    for (int i = 0; i <= text.length - part.length; i++) {
      if (text[i] == part[0] && Arrays.equals(text, i, i + part.length, part, 0, part.length)) {
        return true;
      }
    }
    return false;
  }
}
