package io.plexspaces.api.guest;

import io.plexspaces.api.HostError;
import io.plexspaces.api.Value;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns positions in a JavaScript app's built files into those of the sources they were built from:
 * {@code main.js:812:7} becomes {@code src/bank.ts:12:7}. A file {@code x.js} has a source map if
 * the module has a source {@code x.js.map}; a map is read when the first error needs it.
 * Thread-safe.
 */
public final class ScriptPositions {
  private static final String MAP = ".map";
  private static final String STACK = "stack";
  private static final String SDK = "@plexspaces/sdk/";
  private static final String COLON = "js:";

  /** Before this comes what cannot be the path of a module's file. */
  private static final int MAX_PATH = 512;

  private static final int MAX_DIGITS = 9;

  private final Map<String, byte[]> sources;
  private final boolean mapped;
  private final Map<String, SourceMap> maps = new HashMap<>();

  /**
   * @param sources of the module, by path
   */
  public ScriptPositions(Map<String, byte[]> sources) {
    this.sources = sources;
    this.mapped = sources.keySet().stream().anyMatch(p -> p.endsWith(MAP));
  }

  /**
   * The error with the positions in its message and stack translated, and the SDK's frames cut;
   * both bounded as {@link GuestErrors#cut(HostError)} says.
   */
  public HostError original(HostError guests) {
    HostError e = GuestErrors.cut(guests);
    if (e.business() && !mapped) {
      return e;
    }
    Value details = e.details();
    if (details instanceof Value.Obj o && o.get(STACK) instanceof Value.Str stack) {
      Value.Obj.Builder b = Value.Obj.builder();
      o.fields()
          .forEach((name, v) ->
              b.put(name, name.equals(STACK) ? new Value.Str(stack(stack.value())) : v));
      details = b.build();
    }
    return GuestErrors.cut(
        new HostError(e.code(), original(e.message()), e.retryable(), details, e.business()));
  }

  /** The text with each known position in it translated. */
  public String original(String text) {
    if (!mapped || !text.contains("js:")) {
      return text;
    }
    StringBuilder out = new StringBuilder();
    int copied = 0;
    int at = text.indexOf(COLON);
    while (at >= 0) {
      int line = at + COLON.length();
      int end = afterDigits(text, line);
      if (end > line) {
        int column = end < text.length() && text.charAt(end) == ':' ? end + 1 : end;
        int columnEnd = column == end ? end : afterDigits(text, column);
        boolean hasColumn = columnEnd > column;
        int from = pathStart(text, at, copied);
        String place =
            place(
                text.substring(from, line - 1),
                Integer.parseInt(text, line, end, 10),
                hasColumn ? Integer.parseInt(text, column, columnEnd, 10) : 1);
        if (place != null) {
          out.append(text, copied, from).append(place);
          copied = hasColumn ? columnEnd : end;
        }
      }
      at = text.indexOf(COLON, line);
    }
    return copied == 0 ? text : out.append(text, copied, text.length()).toString();
  }

  private static int afterDigits(String text, int from) {
    int end = from;
    while (end < text.length() && end - from < MAX_DIGITS && isDigit(text.charAt(end))) {
      end++;
    }
    return end;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  /** Where the path begins that goes on at {@code at}; it looks back a bounded way. */
  private static int pathStart(String text, int at, int least) {
    int from = at;
    int last = Math.max(least, at - MAX_PATH);
    while (from > last && isOfPath(text.charAt(from - 1))) {
      from--;
    }
    return from;
  }

  private static boolean isOfPath(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || isDigit(c)
        || "_@$./-".indexOf(c) >= 0;
  }

  /** The text in UTF-8, as {@link #original(String)}; the same array if there is nothing to do. */
  public byte[] original(byte[] utf8) {
    if (!mapped) {
      return utf8;
    }
    String text = new String(utf8, StandardCharsets.UTF_8);
    String translated = original(text);
    return translated.equals(text) ? utf8 : translated.getBytes(StandardCharsets.UTF_8);
  }

  /** A stack, without the frames of the SDK that called the handler. */
  private String stack(String stack) {
    String[] lines = stack.split("\n", -1);
    int end = lines.length;
    while (end > 1 && (lines[end - 1].isBlank() || lines[end - 1].contains(SDK))) {
      end--;
    }
    return original(String.join("\n", java.util.Arrays.asList(lines).subList(0, end)));
  }

  private @Nullable String place(String path, int line, int column) {
    // Some engines name files from a root.
    String file = path.startsWith("/") ? path.substring(1) : path;
    byte[] json = sources.get(file + MAP);
    if (json == null) {
      return null;
    }
    // Kept as well if it is none: each error would read it anew.
    SourceMap map;
    synchronized (maps) {
      map = maps.computeIfAbsent(file, f -> SourceMap.parseOrNone(json));
    }
    return map.original(line, column);
  }
}
