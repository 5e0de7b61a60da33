package io.plexspaces.store.log;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/**
 * Reads what {@link RecordWriter} wrote; whatever it meets, it fails with DATA_LOSS or not at all.
 */
final class RecordReader {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private final byte[] buffer;
  private int at;

  RecordReader(byte[] bytes) {
    buffer = bytes;
  }

  /** The record is not what it should be. */
  HostException bad(String what) {
    return new HostException(
        ErrorCode.DATA_LOSS,
        "a record of the commit log is not readable: " + what + " at byte " + at);
  }

  void end() {
    if (at != buffer.length) {
      throw bad((buffer.length - at) + " bytes too many");
    }
  }

  int oneByte(String what) {
    need(1, what);
    return buffer[at++] & 0xff;
  }

  boolean bool(String what) {
    int b = oneByte(what);
    if (b > 1) {
      throw bad(what + " is neither 0 nor 1");
    }
    return b == 1;
  }

  long number(String what) {
    long n = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      int b = oneByte(what);
      if (shift == 63 && b > 1) {
        break;
      }
      n |= (long) (b & 0x7f) << shift;
      if (b < 0x80) {
        return n;
      }
    }
    throw bad(what + " is a number of more than 64 bits");
  }

  int small(String what) {
    long n = number(what);
    if (n != (int) n) {
      throw bad(what + " is out of range");
    }
    return (int) n;
  }

  long fixed(String what) {
    need(8, what);
    long n = (long) LONG.get(buffer, at);
    at += 8;
    return n;
  }

  byte[] bytes(String what) {
    int n = length(what);
    byte[] b = Arrays.copyOfRange(buffer, at, at + n);
    at += n;
    return b;
  }

  Payload payload(String what) {
    int type = oneByte(what);
    if (type > RecordWriter.TYPE_JSON) {
      throw bad(what + " has a content type of unknown form");
    }
    String contentType = type == RecordWriter.TYPE_JSON ? Payload.JSON_TYPE : string(what);
    return new Payload(bytes(what), contentType);
  }

  String string(String what) {
    int n = length(what);
    String s = new String(buffer, at, n, StandardCharsets.UTF_8);
    if (s.indexOf('\ufffd') >= 0) {
      s = unusual(what, at, at + n);
    }
    at += n;
    return s;
  }

  /** As many as the record says, but never more than could be in it. */
  <T> List<T> list(String what, Supplier<T> item) {
    int n = small(what);
    if (n < 0 || n > buffer.length - at) {
      throw bad(what + " has more items than the record has bytes");
    }
    if (n == 0) {
      return List.of();
    }
    List<T> items = new ArrayList<>(Math.min(n, 1024));
    for (int i = 0; i < n; i++) {
      items.add(item.get());
    }
    return items;
  }

  /** Text in which the JDK's decoder finds fault: surrogates that are alone, or no text at all. */
  private String unusual(String what, int from, int to) {
    StringBuilder s = new StringBuilder(to - from);
    for (int i = from; i < to; ) {
      int lead = buffer[i++] & 0xff;
      int more = lead < 0x80 ? 0 : lead < 0xc2 ? -1 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
      int c = more == 0 ? lead : lead & (0x3f >> more);
      if (more < 0 || lead > 0xf4 || i + more > to) {
        throw bad(what + " is not text");
      }
      for (int k = 0; k < more; k++) {
        int next = buffer[i++] & 0xff;
        if (next >> 6 != 2) {
          throw bad(what + " is not text");
        }
        c = (c << 6) | (next & 0x3f);
      }
      if ((more == 2 && c < 0x800) || (more == 3 && (c < 0x10000 || c > 0x10ffff))) {
        throw bad(what + " is not text");
      }
      s.appendCodePoint(c);
    }
    return s.toString();
  }

  private int length(String what) {
    long n = number(what);
    if (n < 0 || n > buffer.length - at) {
      throw bad(what + " is longer than the record");
    }
    return (int) n;
  }

  private void need(int n, String what) {
    if (buffer.length - at < n) {
      throw bad("it ends within " + what);
    }
  }
}
