package io.plexspaces.store.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What is to be known of a log besides its segments: a small file with two places that are written
 * in turn, so that one of them is whole whenever the power goes.
 *
 * @param generation 1, 2, 3, ..; the place is generation modulo 2
 * @param oldest nothing below it is needed
 * @param durable records are on disk up to here, at least
 * @param clean whether the log was closed and ends at {@code durable}
 * @param epochs no higher epoch was given
 */
record Control(long generation, long oldest, long durable, boolean clean, long epochs) {
  static final String NAME = "control";
  static final String NEW_NAME = "control.new";

  private static final long MAGIC = 0x506c784c6f674374L; // PlxLogCt
  private static final int PLACE = 4096;
  private static final int USED = 56;

  /**
   * @throws IOException if nothing can be read
   * @throws io.plexspaces.api.HostException DATA_LOSS if no place is whole
   */
  static Control read(LogFiles files) throws IOException {
    ByteBuffer b = ByteBuffer.allocate(2 * PLACE);
    try (LogFiles.LogFile f = files.open(NAME)) {
      f.read(b, 0);
    }
    b.clear();
    Optional<Control> first = decode(files, b.slice(0, PLACE));
    Optional<Control> second = decode(files, b.slice(PLACE, PLACE));
    if (first.isEmpty() && second.isEmpty()) {
      throw LogErrors.dataLoss(files.path(NAME), 0, "neither of its two places is whole");
    }
    return Stream.of(first, second)
        .flatMap(Optional::stream)
        .max(Comparator.comparingLong(Control::generation))
        .orElseThrow();
  }

  /** Makes the file; on return it is on disk. */
  void create(LogFiles files) throws IOException {
    try (LogFiles.LogFile f = files.create(NEW_NAME)) {
      f.write(ByteBuffer.allocate(2 * PLACE), 0);
      write(f);
    }
    files.rename(NEW_NAME, NAME);
    files.syncDirectory();
  }

  /** On return it is on disk. */
  void write(LogFiles.LogFile f) throws IOException {
    ByteBuffer b = ByteBuffer.allocate(USED);
    b.putLong(MAGIC).putInt(SegmentHeader.FORMAT).putInt(clean ? 1 : 0);
    b.putLong(generation).putLong(oldest).putLong(durable).putLong(epochs).putInt(0);
    b.putInt(SegmentHeader.sum(b, USED - 4)).clear();
    f.write(b, generation % 2 * PLACE);
    f.force();
  }

  private static Optional<Control> decode(LogFiles files, ByteBuffer b) {
    if (b.getLong(0) != MAGIC || b.getInt(USED - 4) != SegmentHeader.sum(b, USED - 4)) {
      return Optional.empty();
    }
    if (b.getInt(8) != SegmentHeader.FORMAT) {
      throw LogErrors.later(files.path(NAME), b.getInt(8));
    }
    return Optional.of(
        new Control(b.getLong(16), b.getLong(24), b.getLong(32), b.getInt(12) == 1, b.getLong(40)));
  }
}
