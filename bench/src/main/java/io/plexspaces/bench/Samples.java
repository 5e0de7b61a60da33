package io.plexspaces.bench;

import java.util.Arrays;

/** What the windows of one system showed, in operations a second; at least one. */
final class Samples {
  private final double[] sorted;

  Samples(double[] rates) {
    if (rates.length == 0) {
      throw new IllegalArgumentException("no windows were measured");
    }
    sorted = rates.clone();
    Arrays.sort(sorted);
  }

  double min() {
    return sorted[0];
  }

  double max() {
    return sorted[sorted.length - 1];
  }

  /** Of an even number of windows, the mean of the middle two. */
  double median() {
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }
}
