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
  /** Reading a larger one would take many times its size of the node's heap. */
  static final int MAX_BYTES = 8 << 20;

  static final int MAX_LINES = 200_000;

  /** Of 16 bytes each. */
  static final int MAX_SEGMENTS = 500_000;

  private static final int MAX_NAME = 512;

  private static final SourceMap NONE = new SourceMap(List.of(), new int[1], new int[0]);

  private static final String DIGITS =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  private static final int CONTINUES = 32;
  private static final int FIELDS = 4;

  private final List<String> sources;

  /** Where in {@link #segments} those of each generated line begin, and the end of the last. */
  private final int[] starts;

  /** Column, source, line and column of each, all from 0; source -1 is nowhere. */
  private final int[] segments;

  private SourceMap(List<String> sources, int[] starts, int[] segments) {
    this.sources = sources;
    this.starts = starts;
    this.segments = segments;
  }

  /**
   * @throws HostException INVALID_ARGUMENT if it is no source map; RESOURCE_EXHAUSTED if it is
   *     larger than one may be
   */
  static SourceMap parse(byte[] json) {
    if (json.length > MAX_BYTES) {
      throw tooLarge(MAX_BYTES + " bytes");
    }
    Value.Obj map = Json.readObject(json);
    List<String> sources = new ArrayList<>();
    for (Value v : map.array("sources")) {
      sources.add(v instanceof Value.Str s ? ending(s.value()) : "unknown");
    }
    return decode(sources, map.string("mappings", ""));
  }

  /** A name may stand many times in a text. */
  private static String ending(String name) {
    return name.length() <= MAX_NAME ? name : name.substring(name.length() - MAX_NAME);
  }

  /** As {@link #parse}, but a map that knows no place where there is none to use. */
  static SourceMap parseOrNone(byte[] json) {
    try {
      return parse(json);
    } catch (HostException e) {
      System.getLogger(SourceMap.class.getName())
          .log(
              System.Logger.Level.WARNING,
              "positions in errors stay those of the built files: {0}",
              e.error().message());
      return NONE;
    }
  }

  /**
   * @param line from 1
   * @param column from 1
   * @return {@code source:line:column}, or null if nothing is known of the place
   */
  @Nullable String original(int line, int column) {
    if (line < 1 || line >= starts.length) {
      return null;
    }
    int found = -1;
    for (int i = starts[line - 1]; i < starts[line] && segments[i] < column; i += FIELDS) {
      found = i;
    }
    int source = found < 0 ? -1 : segments[found + 1];
    return source < 0 || source >= sources.size()
        ? null
        : sources.get(source) + ":" + (segments[found + 2] + 1) + ":" + (segments[found + 3] + 1);
  }

  private static SourceMap decode(List<String> sources, String mappings) {
    int lines = 1;
    int most = 1;
    for (int i = 0; i < mappings.length(); i++) {
      char c = mappings.charAt(i);
      lines += c == ';' ? 1 : 0;
      most += c == ';' || c == ',' ? 1 : 0;
    }
    if (lines > MAX_LINES || most - lines > MAX_SEGMENTS) {
      throw tooLarge(MAX_LINES + " lines and " + MAX_SEGMENTS + " positions");
    }
    int[] starts = new int[lines + 1];
    int[] segments = new int[most * FIELDS];
    int used = 0;
    int source = 0;
    int line = 0;
    int column = 0;
    int at = 0;
    for (int l = 0; l < lines; l++) {
      starts[l] = used;
      int next = mappings.indexOf(';', at);
      int end = next < 0 ? mappings.length() : next;
      int generated = 0;
      while (at < end) {
        int comma = mappings.indexOf(',', at);
        int segmentEnd = comma < 0 || comma > end ? end : comma;
        int[] n = numbers(mappings.substring(at, segmentEnd));
        generated += n[0];
        segments[used] = generated;
        segments[used + 1] = -1;
        if (n.length >= FIELDS) {
          source += n[1];
          line += n[2];
          column += n[3];
          segments[used + 1] = source;
          segments[used + 2] = line;
          segments[used + 3] = column;
        }
        used += FIELDS;
        at = segmentEnd + 1;
      }
      at = end + 1;
    }
    starts[lines] = used;
    return new SourceMap(sources, starts, Arrays.copyOf(segments, used));
  }

  /** How much of the heap its numbers take, in bytes. */
  long bytes() {
    return 4L * (starts.length + segments.length);
  }

  private static HostException tooLarge(String limit) {
    return new HostException(
        ErrorCode.RESOURCE_EXHAUSTED, "a source map is too large: it may have " + limit);
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
        throw refused("its source map has the segment \"" + GuestErrors.cut(segment) + "\"");
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
      throw refused("its source map has the segment \"" + GuestErrors.cut(segment) + "\"");
    }
    return Arrays.copyOf(out, count);
  }

  private static HostException refused(String why) {
    return new HostException(ErrorCode.INVALID_ARGUMENT, "the module is not valid: " + why);
  }
}
