package io.plexspaces.bench;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** All results, as text in columns. */
final class Table {
  /** Windows that became so many times as fast are no steady state. */
  private static final double YOUNG = 1.1;

  private static final List<String> HEAD =
      List.of("benchmark", "system", "median", "min", "max", "unit", "x pekko", "x native");

  private Table() {}

  static String of(List<Result> results) {
    Map<String, Double> medians = new HashMap<>();
    for (Result r : results) {
      if (r instanceof Result.Rate(String b, String system, boolean _, Samples s)) {
        medians.put(b + " " + system, s.median());
      } else if (r instanceof Result.Figure(String b, String system, Samples s, String _)) {
        medians.put(b + " " + system, 1 / s.median());
      }
    }
    List<List<String>> rows = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    rows.add(HEAD);
    for (Result r : results) {
      switch (r) {
        case Result.Rate rate -> {
          rows.add(row(rate, medians));
          if (rate.samples().trend() > YOUNG) {
            notes.add(young(rate));
          }
        }
        case Result.Figure f -> rows.add(row(f, medians));
        case Result.Absent(String b, String system, String why) ->
            notes.add(b + ": no " + system + ": " + why);
      }
    }
    return layOut(rows) + String.join("", notes.stream().distinct().map(n -> n + "\n").toList());
  }

  private static List<String> row(Result.Rate r, Map<String, Double> medians) {
    Samples s = r.samples();
    List<String> cells = new ArrayList<>(List.of(r.benchmark(), r.system()));
    if (r.roundTrip()) {
      // Slow windows have long round trips: the least rate is the longest time.
      cells.addAll(List.of(micros(s.median()), micros(s.max()), micros(s.min()), "us"));
    } else {
      cells.addAll(List.of(number(s.median()), number(s.min()), number(s.max()), "/s"));
    }
    cells.add(ratio(s.median(), medians.get(r.benchmark() + " " + Benchmark.PEKKO)));
    cells.add(ratio(s.median(), medians.get(r.benchmark() + " " + Benchmark.NATIVE)));
    return cells;
  }

  private static List<String> row(Result.Figure f, Map<String, Double> medians) {
    Samples s = f.samples();
    double speed = 1 / s.median();
    return List.of(
        f.benchmark(),
        f.system(),
        number(s.median()),
        number(s.min()),
        number(s.max()),
        f.unit(),
        ratio(speed, medians.get(f.benchmark() + " " + Benchmark.PEKKO)),
        ratio(speed, medians.get(f.benchmark() + " " + Benchmark.NATIVE)));
  }

  private static String young(Result.Rate r) {
    return String.format(
        Locale.ROOT,
        "%s: %s was %.0f%% faster in its last windows than in its first: a longer --warm-up-ms says"
            + " more",
        r.benchmark(),
        r.system(),
        (r.samples().trend() - 1) * 100);
  }

  private static String micros(double rate) {
    return number(1e6 / rate);
  }

  static String number(double n) {
    return n >= 1000
        ? String.format(Locale.ROOT, "%,.0f", n)
        : String.format(Locale.ROOT, n >= 100 ? "%.0f" : n >= 10 ? "%.1f" : "%.2f", n);
  }

  /** How many times as fast as the other, whatever the unit. */
  private static String ratio(double rate, @org.jspecify.annotations.Nullable Double other) {
    return other == null ? "" : String.format(Locale.ROOT, "%.2f", rate / other);
  }

  private static String layOut(List<List<String>> rows) {
    return layOut(rows, Set.of(0, 1, 5));
  }

  /**
   * @param text columns that begin at the left
   */
  static String layOut(List<List<String>> rows, Set<Integer> text) {
    int[] widths = new int[rows.getFirst().size()];
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    StringBuilder out = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        String pad = " ".repeat(widths[i] - row.get(i).length());
        line.append(text.contains(i) ? row.get(i) + pad : pad + row.get(i)).append("  ");
      }
      out.append(line.toString().stripTrailing()).append('\n');
    }
    return out.toString();
  }
}
