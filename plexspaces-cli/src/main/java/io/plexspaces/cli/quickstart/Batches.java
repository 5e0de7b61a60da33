package io.plexspaces.cli.quickstart;

import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.util.ArrayList;
import java.util.List;

/** Cuts files into messages of a size that an actor handles in a second or so. */
final class Batches {
  /** Encoded bytes; a single part may be larger, but by far not a megabyte. */
  static final int BATCH_BYTES = 96 << 10;

  /** Characters; a longer file is sent in parts. */
  static final int PART_CHARS = 64 << 10;

  private Batches() {}

  /** The payloads of {@code index_documents}. */
  static List<Value.Obj> of(List<TextFile> files) {
    List<Value.Obj> batches = new ArrayList<>();
    List<Value> open = new ArrayList<>();
    int size = 0;
    for (TextFile file : files) {
      for (Value.Obj part : parts(file)) {
        int bytes = Json.write(part).length;
        if (size > 0 && size + bytes > BATCH_BYTES) {
          batches.add(batch(open));
          open = new ArrayList<>();
          size = 0;
        }
        open.add(part);
        size += bytes;
      }
    }
    if (!open.isEmpty()) {
      batches.add(batch(open));
    }
    return batches;
  }

  private static Value.Obj batch(List<Value> documents) {
    return Value.Obj.builder().put("documents", new Value.Arr(documents)).build();
  }

  /** Parts end with a line, so that each knows the number of its first. */
  private static List<Value.Obj> parts(TextFile file) {
    List<Value.Obj> parts = new ArrayList<>();
    String text = file.text();
    long line = 1;
    for (int from = 0; from < text.length(); ) {
      int to = Math.min(text.length(), from + PART_CHARS);
      if (to < text.length()) {
        int end = text.lastIndexOf('\n', to - 1);
        if (end < from) {
          end = text.indexOf('\n', to);
        }
        to = end < 0 ? text.length() : end + 1;
      }
      String part = text.substring(from, to);
      parts.add(
          Value.Obj.builder()
              .put("path", file.path())
              .put("text", part)
              .put("first_line", line)
              .build());
      line += part.chars().filter(c -> c == '\n').count();
      from = to;
    }
    return parts;
  }
}
