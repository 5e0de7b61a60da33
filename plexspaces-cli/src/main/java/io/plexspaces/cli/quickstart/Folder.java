package io.plexspaces.cli.quickstart;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What was found in a folder.
 *
 * @param files in the order of their paths
 * @param bytes of these files on disk
 * @param skipped what was left out, and why
 */
record Folder(List<TextFile> files, long bytes, Map<Reason, Skipped> skipped) {

  /** Why something was left out. */
  enum Reason {
    BINARY("binary"),
    NOT_UTF8("not UTF-8"),
    EMPTY("empty"),
    TOO_LARGE("larger than 2 MiB"),
    ENDLESS_LINES("endless lines"),
    UNREADABLE("unreadable"),
    BROKEN_LINK("broken link"),
    LINKED_FOLDER("link to a folder"),
    SPECIAL("pipe, socket or device"),
    HIDDEN("hidden or generated"),
    BEYOND_TOTAL("beyond the first 64 MiB"),
    BEYOND_COUNT("beyond the first 50,000 files");

    private final String words;

    Reason(String words) {
      this.words = words;
    }

    String words() {
      return words;
    }
  }

  /**
   * @param examples the first few, by path
   */
  record Skipped(int count, List<String> examples) {
    private static final int MOST_EXAMPLES = 2;

    Skipped and(String path) {
      List<String> more = new ArrayList<>(examples);
      if (more.size() < MOST_EXAMPLES) {
        more.add(path);
      }
      return new Skipped(count + 1, more);
    }
  }

  /** Collects what is left out. */
  static final class Leftovers {
    private final Map<Reason, Skipped> skipped = new EnumMap<>(Reason.class);

    void add(Reason reason, String path) {
      skipped.merge(reason, new Skipped(1, List.of(path)), (a, _) -> a.and(path));
    }

    Map<Reason, Skipped> all() {
      return new EnumMap<>(skipped);
    }
  }

  /** One line for each reason: {@code 2 (binary): data.bin, logo.png}. */
  List<String> leftOut() {
    List<String> lines = new ArrayList<>();
    skipped.forEach((reason, s) ->
        lines.add(
            s.count()
                + " ("
                + reason.words()
                + "): "
                + Screen.plain(String.join(", ", s.examples()))
                + (s.count() > s.examples().size() ? ", .." : "")));
    return lines;
  }
}
