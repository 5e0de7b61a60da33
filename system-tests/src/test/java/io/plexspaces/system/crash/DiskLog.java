package io.plexspaces.system.crash;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Reads what {@code disk_log.c} has recorded, one event after the other. Not thread-safe. */
final class DiskLog implements AutoCloseable {
  private static final int HEADER = 24;

  private final InputStream in;

  private DiskLog(InputStream in) {
    this.in = in;
  }

  static DiskLog open(Path file) throws IOException {
    return new DiskLog(new BufferedInputStream(Files.newInputStream(file), 1 << 20));
  }

  /**
   * The next event, or null at the end; a record that a kill has cut off is the end.
   *
   * @throws IllegalStateException if the process changed its files in a way that is not recorded:
   *     then nothing can be said of them
   */
  @Nullable DiskEvent next() throws IOException {
    byte[] header = in.readNBytes(HEADER);
    if (header.length < HEADER) {
      return null;
    }
    ByteBuffer b = ByteBuffer.wrap(header).order(ByteOrder.nativeOrder());
    int type = b.getInt();
    int fd = b.getInt();
    long a = b.getLong();
    int textLength = b.getInt();
    int dataLength = b.getInt();
    byte[] text = in.readNBytes(textLength);
    byte[] data = in.readNBytes(dataLength);
    if (text.length < textLength || data.length < dataLength) {
      return null;
    }
    String t = utf8(text);
    return switch (type) {
      case 1 -> new DiskEvent.Started();
      case 2 -> new DiskEvent.Opened(fd, t, (a & 1) != 0, (a & 2) != 0, (a & 4) != 0, (a & 8) != 0);
      case 3 -> new DiskEvent.Closed(fd);
      case 4 -> new DiskEvent.Duplicated(fd, Math.toIntExact(a));
      case 5 -> new DiskEvent.Wrote(fd, a, data);
      case 6 -> new DiskEvent.Truncated(fd, a);
      case 7 -> new DiskEvent.Extended(fd, a);
      case 8 -> new DiskEvent.SyncBegun(fd, a);
      case 9 -> new DiskEvent.SyncEnded(fd, a);
      case 10 -> new DiskEvent.Renamed(t, utf8(data));
      case 11, 13 -> new DiskEvent.Removed(t);
      case 12 -> new DiskEvent.MadeDirectory(t);
      case 14 -> new DiskEvent.Marked(utf8(data));
      case 15 -> throw new IllegalStateException("disk_log.c does not record this: " + t);
      default -> throw new IllegalStateException("a record of type " + type);
    };
  }

  private static String utf8(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
