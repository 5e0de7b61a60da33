package io.plexspaces.engine;

/**
 * What guests say, made fit for a log that others read: it cannot look like somebody else's line.
 */
final class GuestText {
  private GuestText() {}

  /** Line breaks and control characters as escapes. */
  static String oneLine(String s) {
    StringBuilder out = new StringBuilder(s.length());
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      if (c == '\n') {
        out.append("\\n");
      } else if (Character.isISOControl(c) && c != '\t') {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }

  /** Several lines, each indented, so that none begins as the log's own do. */
  static String indented(String s) {
    StringBuilder out = new StringBuilder();
    s.lines().forEach(line -> out.append("\n    ").append(oneLine(line)));
    return out.toString();
  }
}
