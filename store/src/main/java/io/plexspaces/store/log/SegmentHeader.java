package io.plexspaces.store.log;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * What a segment says of itself, and of the one before it. It is on disk before the segment's first
 * record is written, and it is never changed.
 *
 * @param number 1, 2, 3, .. never used twice
 * @param previousEnd the records before this segment end here: what the segment before holds from
 *     there on does not count. 0 if the log begins with this segment
 * @param oldest live position when the segment was begun
 * @param salt goes into the check sum of its records
 */
record SegmentHeader(long number, long previousEnd, long oldest, int salt) {
  static final int FORMAT = 1;

  /** The first record is here: a write of records never touches the page of the header. */
  static final int BYTES = 4096;

  private static final long MAGIC = 0x506c784c6f670d0aL; // PlxLog, CR, LF
  private static final int USED = 48;
  private static final Pattern NAME = Pattern.compile("([0-9]{12})\\.log");

  static String name(long number) {
    return String.format("%012d.log", number);
  }

  /** The number in a file's name, 0 if it is not the name of a segment. */
  static long number(String name) {
    Matcher m = NAME.matcher(name);
    return m.matches() ? Long.parseLong(m.group(1)) : 0;
  }

  /** Where the segment's first record is. */
  long begin() {
    return Positions.of(number, BYTES);
  }

  ByteBuffer encode() {
    ByteBuffer b = ByteBuffer.allocate(BYTES);
    b.putLong(MAGIC).putInt(FORMAT).putInt(BYTES);
    b.putLong(number).putLong(previousEnd).putLong(oldest).putInt(salt);
    b.putInt(sum(b, USED - 4)).clear();
    return b;
  }

  /** Of the first {@code to} bytes. */
  static int sum(ByteBuffer b, int to) {
    CRC32C crc = new CRC32C();
    crc.update(b.duplicate().limit(to).position(0));
    return (int) crc.getValue();
  }

  /**
   * The format that the header names if its check sum is right, else 0: of a later format nothing
   * but that may be known.
   */
  static int format(ByteBuffer b) {
    return b.limit() >= USED && b.getLong(0) == MAGIC && b.getInt(USED - 4) == sum(b, USED - 4)
        ? b.getInt(8)
        : 0;
  }

  /** Empty unless it is the header of segment {@code number}. */
  static Optional<SegmentHeader> decode(ByteBuffer b, long number) {
    if (format(b) != FORMAT || b.getInt(12) != BYTES || b.getLong(16) != number) {
      return Optional.empty();
    }
    return Optional.of(new SegmentHeader(number, b.getLong(24), b.getLong(32), b.getInt(40)));
  }
}
