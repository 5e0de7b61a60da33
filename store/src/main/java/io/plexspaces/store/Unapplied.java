package io.plexspaces.store;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.store.log.LogRecord;
import io.plexspaces.store.log.LogRecords;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Turns that a journal's file cannot take now, kept beside it ({@code <key>.db.unapplied}) so that
 * the log can be used again: the file is damaged, or another program holds it. Each record is its
 * length and its CRC-32C, four bytes each, big-endian, and what the log had of it.
 */
final class Unapplied {
  static final String SUFFIX = ".unapplied";
  private static final int HEADER = 8;

  private Unapplied() {}

  private static Path path(Path journal) {
    return journal.resolveSibling(journal.getFileName() + SUFFIX);
  }

  static boolean exists(Path journal) {
    return Files.exists(path(journal));
  }

  /** Replaces what is there; on return it is on disk, with its name. */
  static void write(Path journal, List<LogRecord.Turn> turns) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (LogRecord.Turn t : turns) {
      byte[] bytes = LogRecords.encode(t);
      out.writeBytes(ByteBuffer.allocate(HEADER).putInt(bytes.length).putInt(crc(bytes)).array());
      out.writeBytes(bytes);
    }
    Path file = path(journal);
    try {
      DurableFiles.write(
          file, journal.resolveSibling(file.getFileName() + ".new"), out.toByteArray());
      DurableFiles.syncDirectory(directory(file));
    } catch (IOException e) {
      throw new HostException(ErrorCode.UNAVAILABLE, file + " cannot be written: " + e, e);
    }
  }

  /**
   * @throws HostException DATA_LOSS naming the file if it is damaged
   */
  static List<LogRecord.Turn> read(Path journal) {
    Path file = path(journal);
    List<LogRecord.Turn> turns = new ArrayList<>();
    try {
      ByteBuffer b = ByteBuffer.wrap(Files.readAllBytes(file));
      while (b.hasRemaining()) {
        int length = b.remaining() < HEADER ? -1 : b.getInt();
        int crc = length < 0 ? 0 : b.getInt();
        if (length < 0 || length > b.remaining()) {
          throw damaged(file, b.position());
        }
        byte[] bytes = new byte[length];
        b.get(bytes);
        if (crc(bytes) != crc || !(LogRecords.decode(bytes) instanceof LogRecord.Turn t)) {
          throw damaged(file, b.position() - length);
        }
        turns.add(t);
      }
      return turns;
    } catch (IOException e) {
      throw new HostException(ErrorCode.UNAVAILABLE, file + " cannot be read: " + e, e);
    }
  }

  /** The journal's file has it all. */
  static void remove(Path journal) {
    Path file = path(journal);
    try {
      if (Files.deleteIfExists(file)) {
        DurableFiles.syncDirectory(directory(file));
      }
    } catch (IOException e) {
      throw new HostException(ErrorCode.UNAVAILABLE, file + " cannot be removed: " + e, e);
    }
  }

  private static Path directory(Path file) {
    Path parent = file.getParent();
    if (parent == null) {
      throw new IllegalArgumentException(file + " has no parent");
    }
    return parent;
  }

  private static int crc(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  private static HostException damaged(Path file, int at) {
    return new HostException(ErrorCode.DATA_LOSS, file + " is damaged at byte " + at);
  }
}
