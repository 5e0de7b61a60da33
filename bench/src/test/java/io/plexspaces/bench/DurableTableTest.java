package io.plexspaces.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DurableTableTest {
  @TempDir static Path directory;

  @Test
  void quantilesAreWithinThreePercent() {
    Latencies l = new Latencies();
    for (int micros = 1; micros <= 1000; micros++) {
      l.add(micros * 1000L);
    }
    assertThat(l.count()).isEqualTo(1000);
    assertThat(l.quantile(0.5)).isBetween(500.0, 516.0);
    assertThat(l.quantile(0.99)).isBetween(990.0, 1022.0);
    assertThat(new Latencies().quantile(0.5)).isZero();
    Latencies tiny = new Latencies();
    tiny.add(7);
    assertThat(tiny.quantile(1)).isEqualTo(0.007);
  }

  @Test
  void showsRatesBesideTheLimitAndWhatIsMissing() {
    Latencies l = new Latencies();
    l.add(1_000_000);
    String table =
        DurableTable.of(
            List.of(
                DurableTable.Row.measured("d", DurableSuite.APPEND, new Samples(2000), l),
                DurableTable.Row.measured("d", "native", new Samples(1000), l),
                DurableTable.Row.absent("d", "rust", "no compiler")));
    assertThat(table.lines().toList())
        .hasSize(4)
        .anySatisfy(row -> assertThat(row).contains("native", "1,000", "0.50"))
        .last()
        .isEqualTo("d: no rust: no compiler");
    assertThat(DurableTable.of(List.of())).isEmpty();
  }

  /** Every system that needs no compiler does what it is measured for. */
  @Test
  void systemsKeepWhatTheyAreTold() throws Exception {
    Map<String, DurableSystem.Factory> systems =
        new DurableSuite(new Guests(Path.of(""), directory), directory, line -> {}).systems();
    for (String name : List.of(DurableSuite.APPEND, "sqlite", Benchmark.PEKKO, Benchmark.NATIVE)) {
      Path own = java.nio.file.Files.createDirectories(directory.resolve(name));
      try (DurableSystem s = java.util.Objects.requireNonNull(systems.get(name)).open(own, 2)) {
        s.turn(0);
        s.turn(1);
        s.turn(0);
      }
    }
  }

  @Test
  void aCrashIsMeasuredToItsFirstAnswer() throws Exception {
    Path own = java.nio.file.Files.createDirectories(directory.resolve("recovery"));
    List<Result> results = new Recovery(own, line -> {}).measure("test", 3, 9);
    assertThat(results)
        .extracting(Result::benchmark)
        .containsExactly("test, opened", "test, first answer", "test, all answered");
  }
}
