package io.plexspaces.store.log;

import io.plexspaces.api.Payload;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Collects the bytes of a record. Not thread-safe. */
final class RecordWriter {
  /** The content type that nearly every payload has takes one byte. */
  static final int TYPE_JSON = 1;

  static final int TYPE_OTHER = 0;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private byte[] buffer;
  private int size;

  RecordWriter(int expected) {
    buffer = new byte[expected];
  }

  byte[] toBytes() {
    return size == buffer.length ? buffer : Arrays.copyOf(buffer, size);
  }

  void oneByte(int b) {
    room(1);
    buffer[size++] = (byte) b;
  }

  /** Unsigned, seven bits a byte, low ones first; a negative number takes ten. */
  void number(long n) {
    room(10);
    byte[] b = buffer;
    int at = size;
    long rest = n;
    while ((rest & ~0x7fL) != 0) {
      b[at++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    b[at++] = (byte) rest;
    size = at;
  }

  void fixed(long n) {
    room(8);
    LONG.set(buffer, size, n);
    size += 8;
  }

  void bytes(byte[] b) {
    number(b.length);
    room(b.length);
    System.arraycopy(b, 0, buffer, size, b.length);
    size += b.length;
  }

  void payload(Payload p) {
    if (p.isJson()) {
      oneByte(TYPE_JSON);
    } else {
      oneByte(TYPE_OTHER);
      string(p.contentType());
    }
    bytes(p.bytes());
  }

  void optional(@Nullable String s) {
    if (s != null) {
      string(s);
    }
  }

  /** Length in bytes, then UTF-8; a surrogate that is alone is written like any other character. */
  void string(String s) {
    int n = s.length();
    int utf8 = utf8Length(s);
    number(utf8);
    room(utf8);
    byte[] b = buffer;
    int at = size;
    if (utf8 == n) {
      for (int i = 0; i < n; i++) {
        b[at + i] = (byte) s.charAt(i);
      }
      size = at + n;
      return;
    }
    for (int i = 0; i < n; ) {
      int c = s.codePointAt(i);
      i += Character.charCount(c);
      if (c < 0x80) {
        b[at++] = (byte) c;
      } else if (c < 0x800) {
        b[at++] = (byte) (0xc0 | (c >> 6));
        b[at++] = (byte) (0x80 | (c & 0x3f));
      } else if (c < 0x10000) {
        b[at++] = (byte) (0xe0 | (c >> 12));
        b[at++] = (byte) (0x80 | ((c >> 6) & 0x3f));
        b[at++] = (byte) (0x80 | (c & 0x3f));
      } else {
        b[at++] = (byte) (0xf0 | (c >> 18));
        b[at++] = (byte) (0x80 | ((c >> 12) & 0x3f));
        b[at++] = (byte) (0x80 | ((c >> 6) & 0x3f));
        b[at++] = (byte) (0x80 | (c & 0x3f));
      }
    }
    size = at;
  }

  private static int utf8Length(String s) {
    int n = s.length();
    int ascii = 0;
    while (ascii < n && s.charAt(ascii) < 0x80) {
      ascii++;
    }
    int bytes = ascii;
    for (int i = ascii; i < n; ) {
      int c = s.codePointAt(i);
      i += Character.charCount(c);
      bytes = Math.addExact(bytes, c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4);
    }
    return bytes;
  }

  private void room(int more) {
    int wanted = Math.addExact(size, more);
    if (wanted > buffer.length) {
      int doubled = (int) Math.min(Integer.MAX_VALUE - 16L, buffer.length * 2L);
      buffer = Arrays.copyOf(buffer, Math.max(wanted, doubled));
    }
  }
}
