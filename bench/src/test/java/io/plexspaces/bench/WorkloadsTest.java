package io.plexspaces.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Every workload runs to its end and says how much it did; how fast is nobody's business here. */
@Timeout(120)
class WorkloadsTest {
  @TempDir Path scratch;

  @Test
  void everyWorkloadOfBothEnginesDoesWhatItCounts() throws Exception {
    for (Benchmark b : Suite.of()) {
      for (Map.Entry<String, Workload.Factory> e : b.systems().entrySet()) {
        try (Workload w = e.getValue().open()) {
          assertThat(w.run(4000)).as(b.name() + " " + e.getKey()).isPositive();
          assertThat(w.run(1)).as(b.name() + " " + e.getKey()).isPositive();
        }
      }
    }
  }

  /** The guest is JavaScript where its engine is in the build, for it starts fastest of all. */
  @Test
  void everyBenchmarkOfLanguagesComparesThemWithTheNativeEngine() throws Exception {
    Path root = Path.of("..").toAbsolutePath();
    Measurement once = new Measurement(1, 1, 1, System::nanoTime, what -> {});
    try (Guests guests = new Guests(root, scratch)) {
      Set<Language> languages = EnumSet.of(Language.NATIVE, Language.TYPESCRIPT);
      List<Result> results =
          new LanguageSuite(guests, scratch, languages, 3)
              .measure(once, name -> true, 1, 20, what -> {});
      List<String> absent =
          results.stream()
              .flatMap(r -> r instanceof Result.Absent a ? Stream.of(a.why()) : Stream.empty())
              .distinct()
              .toList();
      String table = LanguageTable.of(results);
      assertThat(table)
          .contains("json-hot", "host-1k", "spawn", "app start, cold", "bytes used")
          .contains("blocked: all wait after", "blocked: bytes waiting");
      if (absent.isEmpty()) {
        assertThat(table).contains("native  typescript", "blocked: pages of it");
      } else {
        assertThat(absent).as("one reason, that says what to do").hasSize(1);
        assertThat(absent.getFirst()).containsAnyOf("esbuild", "npm");
      }
    }
  }

  @Test
  void anUnknownLanguageIsRefusedWithThoseThereAre() {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int status =
        Bench.run(
            new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            "--languages",
            "cobol");
    assertThat(status).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains("there is no language \"cobol\"")
        .contains("native, rust, go, python, typescript, graalpy, graaljs");
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
