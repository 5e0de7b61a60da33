package io.plexspaces.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Every workload runs to its end and says how much it did; how fast is nobody's business here. */
@Timeout(120)
class WorkloadsTest {
  @TempDir Path scratch;

  @Test
  void everyWorkloadOfBothEnginesDoesWhatItCounts() throws Exception {
    try (GuestCounters guests = new GuestCounters(Path.of("..").toAbsolutePath(), scratch)) {
      for (Benchmark b : Suite.of(guests)) {
        for (Map.Entry<String, Workload.Factory> e : b.systems().entrySet()) {
          boolean inJava =
              e.getKey().equals(Benchmark.PEKKO) || e.getKey().equals(Benchmark.NATIVE);
          if (inJava) {
            try (Workload w = e.getValue().open()) {
              assertThat(w.run(4000)).as(b.name() + " " + e.getKey()).isPositive();
              assertThat(w.run(1)).as(b.name() + " " + e.getKey()).isPositive();
            }
          }
        }
      }
    }
  }

  @Test
  void anUnknownBenchmarkIsRefusedWithTheNamesThereAre() {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int status =
        Bench.run(
            new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            "--only",
            "ping-pung");
    assertThat(status).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains("there is no benchmark \"ping-pung\"")
        .contains("ping-pong-64");
  }
}
