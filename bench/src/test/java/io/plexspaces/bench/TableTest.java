package io.plexspaces.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TableTest {
  @Test
  void ratiosAreOfSpeedsAlsoWhereTimesAreShown() {
    String table =
        Table.of(
            List.of(
                new Result.Rate("ask", "pekko", true, new Samples(new double[] {100_000})),
                new Result.Rate(
                    "ask", "native", true, new Samples(new double[] {200_000, 250_000, 100_000})),
                new Result.Figure("start", "warm", new Samples(new double[] {900, 1100}), "ms")));
    assertThat(table.lines().toList())
        .containsExactly(
            "benchmark  system  median   min    max  unit  x pekko  x native",
            "ask        pekko     10.0  10.0   10.0  us       1.00      0.50",
            "ask        native    5.00  4.00   10.0  us       2.00      1.00",
            "start      warm     1,000   900  1,100  ms");
  }

  @Test
  void whatStillBecomesFasterIsSaid() {
    String table =
        Table.of(
            List.of(
                new Result.Rate("ask", "steady", false, new Samples(100, 101, 99, 105)),
                new Result.Rate("ask", "young", false, new Samples(100, 100, 120, 130))));
    assertThat(table)
        .contains("ask: young was 25% faster in its last windows than in its first")
        .doesNotContain("steady was");
  }
}
