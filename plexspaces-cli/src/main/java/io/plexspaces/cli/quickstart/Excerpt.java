package io.plexspaces.cli.quickstart;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The few rows of a passage that speak most of what was asked.
 *
 * @param line how many lines below the passage's first it begins
 * @param rows none wider than asked for
 */
record Excerpt(int line, List<String> rows) {
  private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}\\p{M}]+");

  private record Row(int line, String text) {}

  /**
   * @param words those that matched, as they are written in {@code text}
   * @param width in characters, at least 20
   * @param most rows
   */
  static Excerpt of(String text, Set<String> words, int width, int most) {
    List<Row> rows = new ArrayList<>();
    int number = 0;
    for (String line : text.split("\\R", -1)) {
      wrap(Screen.plain(line.replace("\t", "    ")).stripTrailing(), number++, width, rows);
    }
    int best = 0;
    double bestScore = -1;
    for (int start = 0; start < rows.size(); start++) {
      double score = score(rows.subList(start, Math.min(rows.size(), start + most)), words);
      // A window that begins with an empty row shows less.
      if (score > bestScore && !rows.get(start).text().isBlank()) {
        best = start;
        bestScore = score;
      }
    }
    List<String> shown = new ArrayList<>();
    for (Row row : rows.subList(best, Math.min(rows.size(), best + most))) {
      shown.add(row.text());
    }
    while (!shown.isEmpty() && shown.getLast().isBlank()) {
      shown.removeLast();
    }
    return new Excerpt(rows.isEmpty() ? 0 : rows.get(best).line(), shown);
  }

  /** Different words count most, then how early they come and how often. */
  private static double score(List<Row> rows, Set<String> words) {
    Set<String> found = new HashSet<>();
    double score = 0;
    for (int i = 0; i < rows.size(); i++) {
      Matcher m = WORD.matcher(rows.get(i).text());
      while (m.find()) {
        if (words.contains(m.group())) {
          score += (found.add(m.group()) ? 1.0 : 0.1) * (1 - 0.02 * i);
        }
      }
    }
    return score;
  }

  private static void wrap(String line, int number, int width, List<Row> rows) {
    String rest = line;
    while (rest.length() > width) {
      int space = rest.lastIndexOf(' ', width);
      int at = space > width / 3 ? space : width;
      if (Character.isHighSurrogate(rest.charAt(at - 1))) {
        at--;
      }
      rows.add(new Row(number, rest.substring(0, at).stripTrailing()));
      rest = rest.substring(at).stripLeading();
    }
    rows.add(new Row(number, rest));
  }

  /** {@code row} with each of {@code words} between {@code on} and {@code off}. */
  static String mark(String row, Set<String> words, String on, String off) {
    Matcher m = WORD.matcher(row);
    return m.replaceAll(w ->
        Matcher.quoteReplacement(words.contains(w.group()) ? on + w.group() + off : w.group()));
  }
}
