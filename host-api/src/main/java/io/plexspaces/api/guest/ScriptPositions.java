package io.plexspaces.api.guest;

import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Value;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
  private static final Pattern POSITION =
      Pattern.compile("([\\w@$./-]*[\\w$-]\\.[cm]?js):(\\d{1,9})(?::(\\d{1,9}))?");

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

  /** The error with the positions in its message and stack translated, and the SDK's frames cut. */
  public HostError original(HostError e) {
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
    return new HostError(e.code(), original(e.message()), e.retryable(), details, e.business());
  }

  /** The text with each known position in it translated. */
  public String original(String text) {
    if (!mapped || !text.contains("js:")) {
      return text;
    }
    Matcher m = POSITION.matcher(text);
    StringBuilder out = new StringBuilder();
    while (m.find()) {
      String place = place(m);
      m.appendReplacement(out, Matcher.quoteReplacement(place == null ? m.group() : place));
    }
    return m.appendTail(out).toString();
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

  private @Nullable String place(Matcher m) {
    SourceMap map = map(m.group(1));
    int column = m.group(3) == null ? 1 : Integer.parseInt(m.group(3));
    return map == null ? null : map.original(Integer.parseInt(m.group(2)), column);
  }

  private @Nullable SourceMap map(String path) {
    // Some engines name files from a root.
    String file = path.startsWith("/") ? path.substring(1) : path;
    byte[] json = sources.get(file + MAP);
    if (json == null) {
      return null;
    }
    synchronized (maps) {
      SourceMap map = maps.get(file);
      if (map == null) {
        try {
          map = SourceMap.parse(json);
        } catch (HostException e) {
          return null;
        }
        maps.put(file, map);
      }
      return map;
    }
  }
}
