package io.plexspaces.gateway;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The target of a request, split before it is decoded, so that a key may contain any character and
 * each segment is decoded exactly once.
 *
 * @param segments raw, without the empty one before the first slash
 * @param query decoded; a name may be there more than once
 */
record Uri(List<String> segments, Map<String, List<String>> query) {
  private static final int MAX_PARAMETERS = 256;

  Uri {
    segments = List.copyOf(segments);
  }

  /**
   * @throws Refusal 400 for anything but an absolute path of printable ASCII
   */
  static Uri parse(String target) {
    if (!target.startsWith("/")) {
      throw Refusal.badRequest("the request target must be a path that starts with \"/\"");
    }
    for (int i = 0; i < target.length(); i++) {
      char c = target.charAt(i);
      if (c <= ' ' || c >= 0x7f || c == '#') {
        throw Refusal.badRequest(
            "the request target has a character at position " + i + " that must be encoded");
      }
    }
    int q = target.indexOf('?');
    String path = q < 0 ? target : target.substring(0, q);
    List<String> segments = List.of(path.substring(1).split("/", -1));
    for (String s : segments) {
      // Intermediaries resolve these and we would not: one request, two meanings.
      if (s.equals(".") || s.equals("..")) {
        throw Refusal.badRequest("the path has the segment \"" + s + "\"; encode it as %2E");
      }
    }
    return new Uri(segments, q < 0 ? Map.of() : query(target.substring(q + 1)));
  }

  private static Map<String, List<String>> query(String raw) {
    Map<String, List<String>> out = new LinkedHashMap<>();
    int count = 0;
    for (String pair : raw.split("&", -1)) {
      if (pair.isEmpty()) {
        continue;
      }
      if (++count > MAX_PARAMETERS) {
        throw Refusal.badRequest("more than " + MAX_PARAMETERS + " query parameters");
      }
      int eq = pair.indexOf('=');
      String name = decode((eq < 0 ? pair : pair.substring(0, eq)).replace('+', ' '));
      String value = eq < 0 ? "" : decode(pair.substring(eq + 1).replace('+', ' '));
      out.computeIfAbsent(name, n -> new ArrayList<>()).add(value);
    }
    return out;
  }

  /**
   * Percent-decodes once.
   *
   * @throws Refusal 400 if an escape is cut off or the bytes are not UTF-8
   */
  static String decode(String raw) {
    if (raw.indexOf('%') < 0) {
      return raw;
    }
    ByteBuffer bytes = ByteBuffer.allocate(raw.length());
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (c != '%') {
        bytes.put((byte) c);
        continue;
      }
      int high = i + 2 < raw.length() ? Character.digit(raw.charAt(i + 1), 16) : -1;
      int low = i + 2 < raw.length() ? Character.digit(raw.charAt(i + 2), 16) : -1;
      if (high < 0 || low < 0) {
        throw Refusal.badRequest("\"" + abbreviate(raw) + "\" has a broken percent escape");
      }
      bytes.put((byte) (high << 4 | low));
      i += 2;
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT)
          .decode(bytes.flip())
          .toString();
    } catch (CharacterCodingException e) {
      throw Refusal.badRequest("\"" + abbreviate(raw) + "\" does not decode to UTF-8");
    }
  }

  static String abbreviate(String s) {
    return s.length() <= 80 ? s : s.substring(0, 77) + "...";
  }
}
