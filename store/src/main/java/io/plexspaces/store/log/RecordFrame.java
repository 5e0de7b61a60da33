package io.plexspaces.store.log;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * What stands before a record in a segment:
 *
 * <pre>
 *  0  4  check sum: CRC-32C of all that follows, the record included, XOR the segment's salt
 *  4  4  length of the record
 *  8  8  its position
 * 16  4  offset in the file at which the write began that this record was part of
 * 20     the record
 * </pre>
 */
final class RecordFrame {
  static final int BYTES = 20;

  static final int LENGTH = 4;
  static final int POSITION = 8;
  static final int BATCH = 16;

  private RecordFrame() {}

  /** Writes the frame's fields but the check sum at {@code at}. */
  static void put(ByteBuffer b, int at, int length, long position, int batch) {
    b.putInt(at + LENGTH, length).putLong(at + POSITION, position).putInt(at + BATCH, batch);
  }

  /** The check sum of a frame and of its record, which may stand elsewhere. */
  static int sum(ByteBuffer frame, int at, byte[] record, int salt) {
    CRC32C crc = new CRC32C();
    crc.update(frame.duplicate().limit(at + BYTES).position(at + LENGTH));
    crc.update(record, 0, record.length);
    return (int) crc.getValue() ^ salt;
  }
}
