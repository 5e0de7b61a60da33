package io.plexspaces.api.guest;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the lines of a generated script come from: a source map of version 3, as bundlers write it
 * (ECMA-426). Immutable.
 */
final class SourceMap {
  private static final String DIGITS =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  private static final int CONTINUES = 32;
  private static final int FIELDS = 4;

  private final List<String> sources;

  /** For each generated line its segments: column, source, line, column, all from 0. */
  private final int[][] lines;

  private SourceMap(List<String> sources, int[][] lines) {
    this.sources = sources;
    this.lines = lines;
  }

  /**
   * @throws HostException INVALID_ARGUMENT if it is no source map
   */
  static SourceMap parse(byte[] json) {
    Value.Obj map = Json.readObject(json);
    List<String> sources = new ArrayList<>();
    for (Value v : map.array("sources")) {
      sources.add(v instanceof Value.Str s ? s.value() : "unknown");
    }
    return new SourceMap(sources, decode(map.string("mappings", "")));
  }

  /**
   * @param line from 1
   * @param column from 1
   * @return {@code source:line:column}, or null if nothing is known of the place
   */
  @Nullable String original(int line, int column) {
    if (line < 1 || line > lines.length) {
      return null;
    }
    int[] segments = lines[line - 1];
    int found = -1;
    for (int i = 0; i < segments.length && segments[i] < column; i += FIELDS) {
      found = i;
    }
    int source = found < 0 ? -1 : segments[found + 1];
    return source < 0 || source >= sources.size()
        ? null
        : sources.get(source) + ":" + (segments[found + 2] + 1) + ":" + (segments[found + 3] + 1);
  }

  private static int[][] decode(String mappings) {
    List<int[]> lines = new ArrayList<>();
    int source = 0;
    int line = 0;
    int column = 0;
    for (String text : mappings.split(";", -1)) {
      int[] segments = new int[0];
      int used = 0;
      int generated = 0;
      for (String segment : text.isEmpty() ? new String[0] : text.split(",", -1)) {
        int[] n = numbers(segment);
        generated += n[0];
        segments = used == segments.length ? Arrays.copyOf(segments, 16 + used * 2) : segments;
        segments[used] = generated;
        if (n.length >= FIELDS) {
          source += n[1];
          line += n[2];
          column += n[3];
          segments[used + 1] = source;
          segments[used + 2] = line;
          segments[used + 3] = column;
        } else {
          segments[used + 1] = -1;
        }
        used += FIELDS;
      }
      lines.add(Arrays.copyOf(segments, used));
    }
    return lines.toArray(new int[0][]);
  }

  /** Numbers in base 64, five bits a digit, the lowest first; the lowest bit of all is the sign. */
  private static int[] numbers(String segment) {
    int[] out = new int[5];
    int count = 0;
    int value = 0;
    int shift = 0;
    for (int i = 0; i < segment.length(); i++) {
      int digit = DIGITS.indexOf(segment.charAt(i));
      if (digit < 0 || shift > 30 || count == out.length) {
        throw refused("its source map has the segment \"" + segment + "\"");
      }
      value |= (digit & (CONTINUES - 1)) << shift;
      if ((digit & CONTINUES) != 0) {
        shift += 5;
      } else {
        out[count++] = (value & 1) == 0 ? value >>> 1 : -(value >>> 1);
        value = 0;
        shift = 0;
      }
    }
    if (count == 0 || shift != 0) {
      throw refused("its source map has the segment \"" + segment + "\"");
    }
    return Arrays.copyOf(out, count);
  }

  private static HostException refused(String why) {
    return new HostException(ErrorCode.INVALID_ARGUMENT, "the module is not valid: " + why);
  }
}
