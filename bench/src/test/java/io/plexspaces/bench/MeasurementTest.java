package io.plexspaces.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The harness on a clock of its own: workloads say how long they take. */
class MeasurementTest {
  private long now;
  private final List<String> order = new ArrayList<>();

  /** Takes so many nanoseconds an operation; opened and closed once. */
  private Workload taking(String name, long nanos) {
    return new Workload() {
      @Override
      public long run(long operations) {
        now += nanos * operations;
        order.add(name);
        return operations;
      }

      @Override
      public void close() {
        order.add("close " + name);
      }
    };
  }

  private Measurement measurement(int windows) {
    return new Measurement(windows, 100, 10, () -> now, what -> order.add(what));
  }

  private static Benchmark benchmark(Map<String, Workload.Factory> systems) {
    return new Benchmark("b", "things", 1, false, systems);
  }

  @Test
  void systemsTakeTurnsInAlternatingOrderAndAreClosed() throws Exception {
    Map<String, Workload.Factory> systems = new LinkedHashMap<>();
    systems.put("one", () -> taking("one", 1000));
    systems.put("two", () -> taking("two", 2000));

    List<Result> results = measurement(3).measure(benchmark(systems));

    int first = order.indexOf("b: window 1 of 3");
    assertThat(order.subList(first, order.size()))
        .containsExactly(
            "b: window 1 of 3",
            "one",
            "two",
            "b: window 2 of 3",
            "two",
            "one",
            "b: window 3 of 3",
            "one",
            "two",
            "close one",
            "close two");
    assertThat(results).hasSize(2);
    assertThat(((Result.Rate) results.get(0)).samples().median()).isEqualTo(1e6);
    assertThat(((Result.Rate) results.get(1)).samples().median()).isEqualTo(5e5);
  }

  @Test
  void windowsAreAsLongAsWasAskedForWhateverTheSpeed() throws Exception {
    List<Long> operations = new ArrayList<>();
    Map<String, Workload.Factory> systems = new LinkedHashMap<>();
    systems.put(
        "fast",
        () ->
            new Workload() {
              @Override
              public long run(long n) {
                now += 10 * n;
                operations.add(n);
                return n;
              }

              @Override
              public void close() {}
            });
    var _ = measurement(2).measure(benchmark(systems));
    assertThat(operations.getLast() * 10).isEqualTo(10_000_000); // 10 ms
  }

  @Test
  void whatThisMachineLacksIsSaidAndTheOthersAreMeasured() throws Exception {
    Map<String, Workload.Factory> systems = new LinkedHashMap<>();
    systems.put("here", () -> taking("here", 1000));
    systems.put(
        "away",
        () -> {
          throw new Unavailable("no compiler");
        });
    List<Result> results = measurement(1).measure(benchmark(systems));
    assertThat(results).contains(new Result.Absent("b", "away", "no compiler")).hasSize(2);
    assertThat(Table.of(results)).contains("b: no away: no compiler");
  }

  @Test
  void aFailingWorkloadEndsTheMeasurementAndClosesTheOthers() {
    Map<String, Workload.Factory> systems = new LinkedHashMap<>();
    systems.put("good", () -> taking("good", 1000));
    systems.put(
        "bad",
        () -> {
          throw new IllegalStateException("broken");
        });
    assertThatThrownBy(() -> measurement(1).measure(benchmark(systems))).hasMessage("broken");
    assertThat(order).contains("close good");
  }
}
