package io.plexspaces.cli.quickstart;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
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

  /** What a list, a table, a heading, code begins with: such lines stay apart. */
  private static final Pattern APART = Pattern.compile("\\s*(?:[-*+|#>`~=]|\\d+[.)] )|\\s{4}");

  /** How much worse it is to begin in the middle of a sentence: half a word that matched. */
  private static final double MIDWAY = 0.5;

  private static final int ROOT = 4;

  private record Row(int line, String text) {}

  /**
   * @param words those that matched, as they are written in {@code text}
   * @param width in characters, at least 20
   * @param most rows
   */
  static Excerpt of(String text, Set<String> words, int width, int most) {
    List<Row> rows = rows(text, width);
    int best = 0;
    double bestScore = -1;
    for (int start = 0; start < rows.size(); start++) {
      double score = score(rows.subList(start, Math.min(rows.size(), start + most)), words);
      if (start > 0 && score > 0 && !begins(rows.get(start - 1), rows.get(start))) {
        score -= MIDWAY;
      }
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
          score += (found.add(root(m.group())) ? 1.0 : 0.1) * (1 - 0.02 * i);
        }
      }
    }
    return score;
  }

  /** "fails" and "failed" are one word for this purpose. */
  private static String root(String word) {
    return word.substring(0, Math.min(ROOT, word.length())).toLowerCase(Locale.ROOT);
  }

  private static boolean begins(Row before, Row row) {
    String end = before.text();
    return end.isBlank()
        || end.endsWith(".")
        || end.endsWith(":")
        || end.endsWith("?")
        || APART.matcher(row.text()).lookingAt();
  }

  /** The text in rows; what does not fit into one flows into the next line of the paragraph. */
  private static List<Row> rows(String text, int width) {
    List<Row> rows = new ArrayList<>();
    int number = 0;
    String rest = "";
    int restLine = 0;
    for (String raw : text.split("\\R", -1)) {
      String line = Screen.plain(raw.replace("\t", "    ").replace("**", "")).stripTrailing();
      if (!rest.isEmpty() && (line.isBlank() || APART.matcher(line).lookingAt())) {
        rows.add(new Row(restLine, rest));
        rest = "";
      }
      boolean flows = !rest.isEmpty();
      String joined = flows ? rest + " " + line.strip() : line;
      int at = flows ? restLine : number;
      int wrapped = 0;
      while (joined.length() > width) {
        int cut = cut(joined, width);
        rows.add(new Row(wrapped == 0 ? at : number, joined.substring(0, cut).stripTrailing()));
        joined = joined.substring(cut).stripLeading();
        wrapped++;
      }
      if (flows || wrapped > 0) {
        rest = joined;
        restLine = wrapped == 0 ? at : number;
      } else {
        rows.add(new Row(number, joined));
      }
      number++;
    }
    if (!rest.isEmpty()) {
      rows.add(new Row(restLine, rest));
    }
    return rows;
  }

  private static int cut(String line, int width) {
    int space = line.lastIndexOf(' ', width);
    int at = space > width / 3 ? space : width;
    return Character.isHighSurrogate(line.charAt(at - 1)) ? at - 1 : at;
  }

  /** {@code row} with each of {@code words} between {@code on} and {@code off}. */
  static String mark(String row, Set<String> words, String on, String off) {
    Matcher m = WORD.matcher(row);
    return m.replaceAll(w ->
        Matcher.quoteReplacement(words.contains(w.group()) ? on + w.group() + off : w.group()));
  }
}
