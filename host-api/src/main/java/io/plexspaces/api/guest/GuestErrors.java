package io.plexspaces.api.guest;

import io.plexspaces.api.HostError;
import io.plexspaces.api.Value;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Bounds for what guests say of their failures: it is kept in the host's memory, logged and sent to
 * callers.
 */
public final class GuestErrors {
  /** What is kept of a message and of a stack each, in bytes of UTF-8. */
  public static final int MAX_TEXT = 8 << 10;

  private static final String STACK = "stack";
  private static final String CUT = "…";

  private GuestErrors() {}

  /** The error with its message, and the stack in its details, cut to {@link #MAX_TEXT}. */
  public static HostError cut(HostError e) {
    String message = cut(e.message());
    Value details = e.details();
    if (details instanceof Value.Obj o) {
      String stack = o.string(STACK, "");
      if (stack.length() > MAX_TEXT / 3) {
        Value.Obj.Builder b = Value.Obj.builder();
        for (Map.Entry<String, Value> f : o.fields().entrySet()) {
          if (!f.getKey().equals(STACK)) {
            b.put(f.getKey(), f.getValue());
          }
        }
        details = b.put(STACK, cut(stack)).build();
      }
    }
    return new HostError(e.code(), message, e.retryable(), details, e.business());
  }

  /** The text, or its first {@link #MAX_TEXT} bytes and a sign that more followed. */
  public static String cut(String text) {
    if (text.length() <= MAX_TEXT / 3) {
      return text;
    }
    // Of no more characters than can matter, for the text may be many times what is kept.
    byte[] utf8 =
        text.substring(0, Math.min(text.length(), MAX_TEXT + 1)).getBytes(StandardCharsets.UTF_8);
    return utf8.length <= MAX_TEXT ? text : whole(utf8, MAX_TEXT) + CUT;
  }

  /**
   * The beginning of a text of which {@code utf8} was read, with a sign that more followed.
   *
   * @param utf8 may end within a character
   */
  public static String beginning(byte[] utf8) {
    return whole(utf8, utf8.length) + CUT;
  }

  /** The characters that end within the first {@code size} bytes. */
  private static String whole(byte[] utf8, int size) {
    int start = size;
    // Back to the lead byte of the last character, which has three bytes behind it at most.
    while (start > 0 && size - start < 4 && (utf8[start - 1] & 0xC0) == 0x80) {
      start--;
    }
    int end = size;
    if (start > 0) {
      int lead = utf8[start - 1] & 0xFF;
      int needs = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
      if (size - start + 1 < needs) {
        end = start - 1;
      }
    }
    return new String(utf8, 0, end, StandardCharsets.UTF_8);
  }
}
