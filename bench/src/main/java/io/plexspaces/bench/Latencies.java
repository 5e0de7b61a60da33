package io.plexspaces.bench;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Durations of many threads in buckets of at most 3 % width, as HdrHistogram has them: 32 to each
 * power of two of nanoseconds. Thread-safe.
 */
final class Latencies {
  private static final int SUB_BITS = 5;
  private static final int SUB = 1 << SUB_BITS;

  private final AtomicLongArray buckets = new AtomicLongArray(64 * SUB);

  void add(long nanos) {
    buckets.incrementAndGet(bucket(Math.max(1, nanos)));
  }

  long count() {
    long n = 0;
    for (int i = 0; i < buckets.length(); i++) {
      n += buckets.get(i);
    }
    return n;
  }

  /** In microseconds, the upper end of the bucket; 0 if there is none. */
  double quantile(double share) {
    long rank = (long) Math.ceil(share * count());
    long seen = 0;
    for (int i = 0; i < buckets.length(); i++) {
      seen += buckets.get(i);
      if (seen >= rank && seen > 0) {
        return upperEnd(i) / 1e3;
      }
    }
    return 0;
  }

  private static int bucket(long nanos) {
    int exponent = 63 - Long.numberOfLeadingZeros(nanos);
    if (exponent < SUB_BITS) {
      return (int) nanos;
    }
    int shift = exponent - SUB_BITS;
    return (shift + 1) * SUB + (int) ((nanos >>> shift) - SUB);
  }

  private static long upperEnd(int bucket) {
    if (bucket < SUB) {
      return bucket;
    }
    int shift = bucket / SUB - 1;
    return (((long) (bucket % SUB) + SUB + 1) << shift) - 1;
  }
}
