package io.plexspaces.store;

import io.plexspaces.api.Payload;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The CRC-32C of a row's columns, for SQLite has none: {@code pragma integrity_check} looks at the
 * structure of a file, and a bit that tips over in a payload is none of that. A number is eight
 * bytes, big-endian; a text or blob its length as a number, then its bytes; null the length -1. Not
 * thread-safe.
 */
final class RowCrc {
  private final CRC32C crc = new CRC32C();
  private final ByteBuffer eight = ByteBuffer.allocate(8);

  RowCrc add(long number) {
    eight.clear().putLong(number).flip();
    crc.update(eight);
    return this;
  }

  RowCrc add(boolean flag) {
    return add(flag ? 1 : 0);
  }

  RowCrc add(@Nullable String text) {
    return text == null ? add(-1) : add(text.getBytes(StandardCharsets.UTF_8));
  }

  RowCrc add(byte[] bytes) {
    add((long) bytes.length);
    crc.update(bytes);
    return this;
  }

  /** Content type, then bytes. */
  RowCrc add(Payload p) {
    return add(p.contentType()).add(p.bytes());
  }

  /** From 0 to 2^32 - 1. */
  long value() {
    return crc.getValue();
  }
}
