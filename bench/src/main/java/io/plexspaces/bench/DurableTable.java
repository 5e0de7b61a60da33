package io.plexspaces.bench;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Durable turns, as text in columns. */
final class DurableTable {
  private static final List<String> HEAD =
      List.of(
          "benchmark",
          "system",
          "turns/s",
          "min",
          "max",
          "p50 us",
          "p99 us",
          "x append",
          "x pekko");

  private DurableTable() {}

  /** A system under a load. */
  sealed interface Row {
    String benchmark();

    record Measured(
        String benchmark, String system, Samples rates, double p50Micros, double p99Micros)
        implements Row {}

    record Absent(String benchmark, String system, String why) implements Row {}

    static Row measured(String benchmark, String system, Samples rates, Latencies latencies) {
      return new Measured(
          benchmark, system, rates, latencies.quantile(0.5), latencies.quantile(0.99));
    }

    static Row absent(String benchmark, String system, String why) {
      return new Absent(benchmark, system, why);
    }
  }

  /** Empty where there are no rows. */
  static String of(List<Row> rows) {
    if (rows.isEmpty()) {
      return "";
    }
    Map<String, Double> medians = new HashMap<>();
    for (Row r : rows) {
      if (r instanceof Row.Measured m) {
        medians.put(m.benchmark() + " " + m.system(), m.rates().median());
      }
    }
    List<List<String>> cells = new ArrayList<>();
    StringBuilder notes = new StringBuilder();
    cells.add(HEAD);
    for (Row r : rows) {
      switch (r) {
        case Row.Measured m ->
            cells.add(
                List.of(
                    m.benchmark(),
                    m.system(),
                    Table.number(m.rates().median()),
                    Table.number(m.rates().min()),
                    Table.number(m.rates().max()),
                    Table.number(m.p50Micros()),
                    Table.number(m.p99Micros()),
                    ratio(m, medians.get(m.benchmark() + " " + DurableSuite.APPEND)),
                    ratio(m, medians.get(m.benchmark() + " " + Benchmark.PEKKO))));
        case Row.Absent a ->
            notes.append(a.benchmark() + ": no " + a.system() + ": " + a.why() + "\n");
      }
    }
    return Table.layOut(cells, Set.of(0, 1)) + notes;
  }

  private static String ratio(Row.Measured m, @org.jspecify.annotations.Nullable Double other) {
    return other == null ? "" : String.format(Locale.ROOT, "%.2f", m.rates().median() / other);
  }
}
