package io.plexspaces.bench;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** All results, as text in columns. */
final class Table {
  private static final List<String> HEAD =
      List.of("benchmark", "system", "median", "min", "max", "unit", "x pekko", "x native");

  private Table() {}

  static String of(List<Result> results) {
    Map<String, Double> medians = new HashMap<>();
    for (Result r : results) {
      if (r instanceof Result.Rate(String b, String system, boolean _, Samples s)) {
        medians.put(b + " " + system, s.median());
      }
    }
    List<List<String>> rows = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    rows.add(HEAD);
    for (Result r : results) {
      switch (r) {
        case Result.Rate rate -> rows.add(row(rate, medians));
        case Result.Duration(String b, String system, Samples s) ->
            rows.add(
                List.of(
                    b, system, number(s.median()), number(s.min()), number(s.max()), "ms", "", ""));
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

  private static String micros(double rate) {
    return number(1e6 / rate);
  }

  private static String number(double n) {
    return n >= 1000
        ? String.format(Locale.ROOT, "%,.0f", n)
        : String.format(Locale.ROOT, n >= 100 ? "%.0f" : n >= 10 ? "%.1f" : "%.2f", n);
  }

  /** How many times as fast as the other, whatever the unit. */
  private static String ratio(double rate, @org.jspecify.annotations.Nullable Double other) {
    return other == null ? "" : String.format(Locale.ROOT, "%.2f", rate / other);
  }

  private static String layOut(List<List<String>> rows) {
    int[] widths = new int[HEAD.size()];
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
        boolean text = i < 2 || i == 5;
        line.append(text ? row.get(i) + pad : pad + row.get(i)).append("  ");
      }
      out.append(line.toString().stripTrailing()).append('\n');
    }
    return out.toString();
  }
}
