package io.plexspaces.store.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Reads the records of one segment. */
final class SegmentScan {
  private static final int WINDOW = 1 << 20;

  private final LogFiles.LogFile file;
  private final SegmentHeader header;
  private final long size;

  /** A part of the file, from {@link #windowAt} on. */
  private final ByteBuffer window = ByteBuffer.allocate(WINDOW).limit(0);

  private long windowAt;

  SegmentScan(LogFiles.LogFile file, SegmentHeader header) throws IOException {
    this.file = file;
    this.header = header;
    this.size = file.size();
  }

  /**
   * Hands on the intact records from the first one on, up to offset {@code limit}.
   *
   * @return the offset of the first that is not intact or not there
   */
  long walk(long limit, @Nullable RecordConsumer consumer) throws IOException {
    long at = SegmentHeader.BYTES;
    long to = Math.min(limit, size);
    while (true) {
      int length = intact(at, to, consumer);
      if (length < 0) {
        return at;
      }
      at += RecordFrame.BYTES + length;
    }
  }

  /**
   * Whether there is an intact record that was written when everything before it, the place {@code
   * broken} included, was on disk. Then {@code broken} was damaged since; else it is what a crash
   * left of the last write.
   */
  boolean wasWhole(long broken) throws IOException {
    long at = broken + 1;
    while (at + RecordFrame.BYTES <= size) {
      load(at, RecordFrame.BYTES);
      int i = (int) (at - windowAt);
      int last = window.limit() - RecordFrame.BYTES;
      while (i <= last
          && window.getLong(i + RecordFrame.POSITION)
              != Positions.of(header.number(), windowAt + i)) {
        i++;
      }
      at = windowAt + i;
      if (i <= last) {
        int batch = window.getInt(i + RecordFrame.BATCH);
        int length = intact(at, size, null);
        if (length >= 0 && batch > broken) {
          return true;
        }
        at += length < 0 ? 1 : RecordFrame.BYTES + length;
      }
    }
    return false;
  }

  /** The length of the record at {@code at}, or -1 if there is no intact one. */
  private int intact(long at, long limit, @Nullable RecordConsumer consumer) throws IOException {
    if (limit - at < RecordFrame.BYTES) {
      return -1;
    }
    load(at, RecordFrame.BYTES);
    int i = (int) (at - windowAt);
    int length = window.getInt(i + RecordFrame.LENGTH);
    long position = window.getLong(i + RecordFrame.POSITION);
    int batch = window.getInt(i + RecordFrame.BATCH);
    if (length < 0
        || length > limit - at - RecordFrame.BYTES
        || position != Positions.of(header.number(), at)
        || batch < SegmentHeader.BYTES
        || batch > at) {
      return -1;
    }
    int sum = window.getInt(i);
    if (RecordFrame.BYTES + length > WINDOW) {
      return large(at, length, sum, consumer);
    }
    load(at, RecordFrame.BYTES + length);
    i = (int) (at - windowAt);
    int end = i + RecordFrame.BYTES + length;
    CRC32C crc = new CRC32C();
    crc.update(window.duplicate().limit(end).position(i + RecordFrame.LENGTH));
    if (((int) crc.getValue() ^ header.salt()) != sum) {
      return -1;
    }
    if (consumer != null) {
      byte[] record = new byte[length];
      window.get(i + RecordFrame.BYTES, record);
      consumer.record(position, record);
    }
    return length;
  }

  private int large(long at, int length, int sum, @Nullable RecordConsumer consumer)
      throws IOException {
    int i = (int) (at - windowAt);
    byte[] record = new byte[length];
    file.read(ByteBuffer.wrap(record), at + RecordFrame.BYTES);
    if (RecordFrame.sum(window, i, record, header.salt()) != sum) {
      return -1;
    }
    if (consumer != null) {
      consumer.record(Positions.of(header.number(), at), record);
    }
    return length;
  }

  /** Sees to it that the window has {@code n} bytes from {@code at} on, which are in the file. */
  private void load(long at, int n) throws IOException {
    if (at >= windowAt && at + n <= windowAt + window.limit()) {
      return;
    }
    window.clear();
    window.limit((int) Math.min(WINDOW, size - at));
    windowAt = at;
    file.read(window, at);
    if (window.hasRemaining()) {
      throw new IOException("it has become shorter while it was read");
    }
    window.clear().limit((int) Math.min(WINDOW, size - at));
  }
}
