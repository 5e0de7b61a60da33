package io.plexspaces.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The languages side by side: a column each, a time or a size for each benchmark, and below it how
 * many times that of the native engine it is.
 */
final class LanguageTable {
  private static final double KILO = 1024;

  private record Cost(double amount, String unit) {}

  private LanguageTable() {}

  /** Empty if no language was measured. */
  static String of(List<Result> results) {
    Map<String, Map<String, Cost>> rows = new LinkedHashMap<>();
    Set<String> systems = new LinkedHashSet<>();
    for (Result r : results) {
      Cost cost = cost(r);
      if (cost != null) {
        systems.add(r.system());
        rows.computeIfAbsent(r.benchmark(), b -> new LinkedHashMap<>()).put(r.system(), cost);
      }
    }
    if (rows.isEmpty()) {
      return "";
    }
    List<List<String>> table = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of("native = 1", "unit"));
    head.addAll(systems);
    table.add(head);
    rows.forEach((benchmark, costs) -> {
      table.add(amounts(benchmark, costs, systems));
      Cost one = costs.get(Benchmark.NATIVE);
      if (one != null && one.amount() > 0) {
        table.add(ratios(one, costs, systems));
      }
    });
    return Table.layOut(table, Set.of(0, 1));
  }

  private static @Nullable Cost cost(Result r) {
    return switch (r) {
      case Result.Rate rate -> new Cost(1e6 / rate.samples().median(), "us");
      case Result.Figure f when f.unit().equals("B") ->
          new Cost(f.samples().median() / KILO, "KiB");
      case Result.Figure f -> new Cost(f.samples().median(), f.unit());
      case Result.Absent _ -> null;
    };
  }

  private static List<String> amounts(
      String benchmark, Map<String, Cost> costs, Set<String> systems) {
    List<String> cells = new ArrayList<>(List.of(benchmark));
    cells.add(costs.values().iterator().next().unit());
    for (String system : systems) {
      Cost c = costs.get(system);
      cells.add(c == null ? "" : Table.number(c.amount()));
    }
    return cells;
  }

  private static List<String> ratios(Cost one, Map<String, Cost> costs, Set<String> systems) {
    List<String> cells = new ArrayList<>(List.of("", ""));
    for (String system : systems) {
      Cost c = costs.get(system);
      double times = c == null ? 0 : c.amount() / one.amount();
      cells.add(
          c == null ? "" : "x" + String.format(Locale.ROOT, times >= 10 ? "%,.0f" : "%.1f", times));
    }
    return cells;
  }
}
