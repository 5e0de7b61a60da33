package io.plexspaces.bench;

import java.util.Arrays;

/** Measured numbers, at least one: windows in operations a second, or times, or sizes. */
final class Samples {
  private final double[] inOrder;
  private final double[] sorted;

  /**
   * @param measured in the order in which it was measured
   */
  Samples(double... measured) {
    if (measured.length == 0) {
      throw new IllegalArgumentException("nothing was measured");
    }
    inOrder = measured.clone();
    sorted = measured.clone();
    Arrays.sort(sorted);
  }

  double min() {
    return sorted[0];
  }

  double max() {
    return sorted[sorted.length - 1];
  }

  /** The least number that {@code share} of all are not above, such as 0.99 of them. */
  double quantile(double share) {
    int rank = (int) Math.ceil(share * sorted.length);
    return sorted[Math.clamp(rank - 1, 0, sorted.length - 1)];
  }

  /**
   * The median of the later half by that of the earlier, 1 if they are too few to say: above 1 in
   * the rates of something that still becomes faster.
   */
  double trend() {
    int half = inOrder.length / 2;
    if (half < 2) {
      return 1;
    }
    return new Samples(Arrays.copyOfRange(inOrder, inOrder.length - half, inOrder.length)).median()
        / new Samples(Arrays.copyOf(inOrder, half)).median();
  }

  /** Of an even number of them, the mean of the middle two. */
  double median() {
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }
}
