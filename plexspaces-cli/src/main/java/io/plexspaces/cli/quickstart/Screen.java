package io.plexspaces.cli.quickstart;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** What the user sees of a run. Colours and progress that is overwritten are for terminals only. */
final class Screen {
  /** Who reads a pipe hears at least so often that something goes on. */
  private static final Duration QUIET = Duration.ofSeconds(10);

  private static final int LABEL = 8;
  private static final int TEXT = 66;
  private static final int WIDEST = 92;
  private static final int NARROWEST = 40;
  private static final Pattern CONTROL = Pattern.compile("[\\p{Cc}\\p{Cf}\u2028\u2029]");
  private static final String OFF = "\u001b[0m";

  private final PrintStream out;
  private final boolean colours;
  private final boolean interactive;
  private final int width;
  private long lastLine = System.nanoTime();

  /**
   * @param interactive whether {@code out} is a terminal
   */
  Screen(PrintStream out, boolean colours, boolean interactive, Map<String, String> environment) {
    this.out = out;
    this.colours = colours;
    this.interactive = interactive;
    this.width = width(environment.getOrDefault("COLUMNS", ""));
  }

  private static int width(String columns) {
    try {
      return Math.clamp(Integer.parseInt(columns), NARROWEST, WIDEST);
    } catch (NumberFormatException e) {
      return WIDEST;
    }
  }

  /** The columns that text may use. */
  int width() {
    return width;
  }

  /** Text of others, with nothing in it that a terminal would obey. */
  static String plain(String s) {
    return CONTROL.matcher(s).replaceAll(" ");
  }

  void line(String text) {
    clear();
    out.println(text);
    out.flush();
    lastLine = System.nanoTime();
  }

  void title(String text) {
    line(bold(text));
  }

  /** A step that is done. */
  void step(String label, String text, long nanos) {
    String time = time(nanos);
    String pad = " ".repeat(Math.max(1, TEXT + 8 - text.length() - time.length()));
    line("  " + dim(padded(label)) + text + dim(pad + time));
  }

  /** More about the step before. */
  void note(String text) {
    line("  " + " ".repeat(LABEL) + dim(text));
  }

  /** What is going on: overwritten by the next line; in a pipe only what takes long. */
  void progress(String label, String text) {
    if (!interactive) {
      if (System.nanoTime() - lastLine > QUIET.toNanos()) {
        line("  " + padded(label) + plain(text));
      }
    } else {
      String shown = "  " + padded(label) + plain(text);
      out.print("\r\u001b[K" + shown.substring(0, Math.min(shown.length(), width - 1)));
      out.flush();
    }
  }

  void clear() {
    if (interactive) {
      out.print("\r\u001b[K");
    }
  }

  String bold(String s) {
    return colours ? "\u001b[1m" + s + OFF : s;
  }

  String dim(String s) {
    return colours ? "\u001b[2m" + s + OFF : s;
  }

  String place(String s) {
    return colours ? "\u001b[36m" + s + OFF : s;
  }

  /** The words that matched stand out. */
  String marked(String row, Set<String> words) {
    return colours ? Excerpt.mark(row, words, "\u001b[1;33m", OFF) : row;
  }

  private static String padded(String label) {
    return label + " ".repeat(Math.max(1, LABEL - label.length()));
  }

  static String time(long nanos) {
    long millis = nanos / 1_000_000;
    return millis < 1000 ? millis + " ms" : String.format(Locale.ROOT, "%.1f s", millis / 1000.0);
  }
}
