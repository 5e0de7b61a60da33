package io.plexspaces.gateway;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The {@code Idempotency-Key} header (draft-ietf-httpapi-idempotency-key-header-07) or the query
 * parameter of that name: a quoted structured-field string (RFC 8941); bare visible ASCII is taken
 * as well, for clients that do not quote.
 */
final class IdempotencyKey {
  static final String NAME = "Idempotency-Key";
  static final int MAX_LENGTH = 255;

  private IdempotencyKey() {}

  /**
   * @return null where there is none
   * @throws Refusal 400 if it is malformed, or given twice with different values
   */
  static @Nullable String of(List<String> headers, List<String> parameters) {
    String found = null;
    for (List<String> source : List.of(headers, parameters)) {
      if (source.size() > 1) {
        throw Refusal.badRequest(NAME + " is there " + source.size() + " times");
      }
      for (String text : source) {
        String key = parse(text);
        if (found != null && !found.equals(key)) {
          throw Refusal.badRequest(NAME + " differs between header and query");
        }
        found = key;
      }
    }
    return found;
  }

  static String parse(String text) {
    String s = text.strip();
    String key = s.startsWith("\"") ? quoted(s) : bare(s);
    if (key.isEmpty() || key.length() > MAX_LENGTH) {
      throw Refusal.badRequest(NAME + " must have 1 to " + MAX_LENGTH + " characters");
    }
    return key;
  }

  private static String quoted(String s) {
    StringBuilder out = new StringBuilder(s.length());
    for (int i = 1; i < s.length(); i++) {
      char c = s.charAt(i);
      if (c == '"') {
        if (i != s.length() - 1) {
          throw Refusal.badRequest(NAME + " goes on after its closing quote");
        }
        return out.toString();
      }
      if (c == '\\') {
        i++;
        if (i == s.length() || (s.charAt(i) != '"' && s.charAt(i) != '\\')) {
          throw Refusal.badRequest(NAME + " has a backslash that escapes neither \\ nor \"");
        }
        c = s.charAt(i);
      } else if (c < ' ' || c > '~') {
        throw Refusal.badRequest(NAME + " has a character that is not printable ASCII");
      }
      out.append(c);
    }
    throw Refusal.badRequest(NAME + " has no closing quote");
  }

  private static String bare(String s) {
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      if (c <= ' ' || c > '~' || c == '"' || c == '\\' || c == ',' || c == ';') {
        throw Refusal.badRequest(
            NAME + " is malformed: put it in quotes, or use visible ASCII without \" \\ , ;");
      }
    }
    return s;
  }
}
