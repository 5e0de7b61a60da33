package io.plexspaces.store.log;

/** A position is the number of a segment and the offset of a record in its file. */
final class Positions {
  /** A file has at most 1 GiB. */
  private static final int OFFSET_BITS = 30;

  private static final long OFFSET = (1L << OFFSET_BITS) - 1;

  private Positions() {}

  static long of(long segment, long offset) {
    return (segment << OFFSET_BITS) | offset;
  }

  static long segment(long position) {
    return position >>> OFFSET_BITS;
  }

  static long offset(long position) {
    return position & OFFSET;
  }
}
