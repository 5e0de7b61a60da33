package io.plexspaces.cli;

import java.util.Locale;

/** Text of others for a terminal, where a control character could move, colour and forge lines. */
final class Printable {
  private Printable() {}

  /** In one line: control characters, line breaks among them, become escapes; tabs stay. */
  static String line(String s) {
    return escaped(s, "\t");
  }

  /** As {@link #line}, but what has several lines keeps them. */
  static String text(String s) {
    return escaped(s, "\t\n");
  }

  /** JSON stays the same JSON: beyond its own escapes, such characters are in strings only. */
  static String json(String s) {
    return escaped(s, "\n");
  }

  private static String escaped(String s, String kept) {
    if (s.chars().noneMatch(c -> isControl((char) c) && kept.indexOf(c) < 0)) {
      return s;
    }
    StringBuilder out = new StringBuilder(s.length() + 16);
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      if (!isControl(c) || kept.indexOf(c) >= 0) {
        out.append(c);
      } else if (c == '\n') {
        out.append("\\n");
      } else {
        out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      }
    }
    return out.toString();
  }

  /** Also what breaks lines or turns the direction of writing, which hides as well. */
  private static boolean isControl(char c) {
    return Character.isISOControl(c)
        || (c >= '\u2028' && c <= '\u202e')
        || (c >= '\u2066' && c <= '\u2069');
  }
}
