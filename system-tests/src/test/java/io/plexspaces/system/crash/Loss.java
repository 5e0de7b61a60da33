package io.plexspaces.system.crash;

import java.util.Random;

/**
 * What becomes, at a crash, of what was done and not synced. Seeded: the same mode and seed lose
 * the same of the same disk.
 */
final class Loss {
  /** A write reaches the disk in such pieces, each whole or not at all. */
  static final int SECTOR = 512;

  enum Mode {
    /** Nothing is lost, as at {@code kill -9}. */
    NOTHING,
    /** All that was not synced is lost. */
    EVERYTHING,
    /** The last write is torn, the rest is there. */
    TORN,
    /** All is there up to some moment, and nothing of what was done later. */
    LATEST,
    /** Of some files and names all is there, of the others nothing. */
    FILES,
    /** Each write and each name by itself; writes torn, or lost but for the file's new length. */
    SOME
  }

  private final Mode mode;
  private final long seed;
  private final Random random;
  private double kept;
  private long cut;
  private long last;

  Loss(Mode mode, long seed) {
    this.mode = mode;
    this.seed = seed;
    this.random = new Random(seed);
  }

  /**
   * Asked before anything else.
   *
   * @param from the number of the oldest change that is not synced
   * @param to the number of the latest
   */
  void begin(long from, long to) {
    last = to;
    cut = from + (long) (random.nextDouble() * (to - from + 1));
    kept = new double[] {0.1, 0.5, 0.9}[random.nextInt(3)];
  }

  /** Whether a change of names, or of a file's length, is on disk. */
  boolean keeps(long change, int file) {
    return switch (mode) {
      case NOTHING, TORN -> true;
      case EVERYTHING -> false;
      case LATEST -> change < cut;
      case FILES -> keepsFile(file);
      case SOME -> random.nextDouble() < kept;
    };
  }

  /** Puts on {@code content} what is on disk of a write. */
  void write(long change, int file, Content content, long offset, byte[] bytes, int length) {
    boolean tear =
        switch (mode) {
          case TORN -> change == last;
          case SOME -> random.nextInt(4) == 0;
          default -> false;
        };
    if (tear) {
      tear(content, offset, bytes, length);
    } else if (keeps(change, file)) {
      content.write(offset, bytes, 0, length);
    } else if (mode == Mode.SOME && random.nextInt(4) == 0) {
      content.extend(offset + length);
    }
  }

  private void tear(Content content, long offset, byte[] bytes, int length) {
    boolean front = random.nextBoolean(); // a first part, or any sectors
    boolean keeps = true;
    int at = 0;
    while (at < length) {
      int n = (int) Math.min(length - at, SECTOR - (offset + at) % SECTOR);
      keeps = front ? keeps && random.nextInt(4) != 0 : random.nextBoolean();
      if (keeps) {
        content.write(offset + at, bytes, at, n);
      }
      at += n;
    }
  }

  private boolean keepsFile(int file) {
    return (new Random(seed * 31 + file).nextInt() & 0x10000) != 0;
  }
}
