package io.plexspaces.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class LanguageTableTest {
  @Test
  void costsOfAllLanguagesAreMultiplesOfTheNativeOnes() {
    String table =
        LanguageTable.of(
            List.of(
                new Result.Rate("json-hot", "native", true, new Samples(250_000)),
                new Result.Rate("json-hot", "python", true, new Samples(5000, 5000, 8000)),
                new Result.Figure("bytes used", "native", new Samples(1024), "B"),
                new Result.Figure("bytes used", "python", new Samples(307_200), "B"),
                new Result.Figure("bytes used", "rust", new Samples(20_480), "B"),
                new Result.Figure("pages", "rust", new Samples(4096), "B"),
                new Result.Absent("json-hot", "rust", "no compiler")));
    assertThat(table.lines().toList())
        .containsExactly(
            "native = 1  unit  native  python  rust",
            "json-hot    us      4.00     200",
            "                    x1.0     x50",
            "bytes used  KiB     1.00     300  20.0",
            "                    x1.0    x300   x20",
            "pages       KiB                   4.00");
  }

  @Test
  void withoutLanguagesThereIsNoTable() {
    assertThat(LanguageTable.of(List.of())).isEmpty();
  }
}
