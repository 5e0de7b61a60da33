package io.plexspaces.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Measures the systems of a benchmark side by side: all of them are open at once and take turns,
 * window by window and in alternating order, so that whatever else the machine does hits all alike.
 * A window is as many operations as took about its length during the warm-up. One thread.
 *
 * @param warmUpMillis of each system, before its first window
 * @param windowMillis how long a window should last
 */
record Measurement(
    int windows,
    long warmUpMillis,
    long windowMillis,
    LongSupplier nanoTime,
    Consumer<String> progress) {
  private static final long FIRST = 64;
  private static final double NANOS = 1e9;

  /** A system that takes part. */
  private static final class Contestant {
    final String system;
    final Workload workload;
    final double[] rates;
    long operations = FIRST;

    Contestant(String system, Workload workload, int windows) {
      this.system = system;
      this.workload = workload;
      this.rates = new double[windows];
    }
  }

  /** A system is absent if its workload cannot be made: {@link Unavailable}. */
  List<Result> measure(Benchmark b) throws Exception {
    List<Result> results = new ArrayList<>();
    List<Contestant> contestants = new ArrayList<>();
    try {
      for (Map.Entry<String, Workload.Factory> e : b.systems().entrySet()) {
        try {
          contestants.add(new Contestant(e.getKey(), e.getValue().open(), windows));
        } catch (Unavailable why) {
          results.add(new Result.Absent(b.name(), e.getKey(), why.why()));
        }
      }
      for (Contestant c : contestants) {
        progress.accept(b.name() + ": warming up " + c.system);
        warmUp(c, b.warmUps() * c.workload.warmUps());
      }
      for (int w = 0; w < windows; w++) {
        progress.accept(b.name() + ": window " + (w + 1) + " of " + windows);
        for (Contestant c : w % 2 == 0 ? contestants : contestants.reversed()) {
          c.rates[w] = window(c);
        }
      }
      for (Contestant c : contestants) {
        results.add(new Result.Rate(b.name(), c.system, b.roundTrip(), new Samples(c.rates)));
      }
      return results;
    } finally {
      contestants.forEach(c -> c.workload.close());
    }
  }

  private void warmUp(Contestant c, int times) throws Exception {
    long end = nanoTime.getAsLong() + times * warmUpMillis * 1_000_000;
    do {
      double rate = window(c);
      // At most four times more at once: the first windows run in the interpreter.
      long wanted = (long) (rate * windowMillis / 1000);
      c.operations = Math.max(1, Math.min(wanted, c.operations * 4));
    } while (nanoTime.getAsLong() - end < 0);
  }

  /** Operations a second. */
  private double window(Contestant c) throws Exception {
    long start = nanoTime.getAsLong();
    long done = c.workload.run(c.operations);
    return done * NANOS / Math.max(1, nanoTime.getAsLong() - start);
  }
}
