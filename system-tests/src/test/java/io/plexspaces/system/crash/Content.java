package io.plexspaces.system.crash;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;

/**
 * The bytes of a file. Copies share what they do not change, and what was never written takes no
 * room. Not thread-safe; different copies may be used by different threads.
 */
final class Content {
  private static final int CHUNK = 4096;

  /** Where nothing was ever written. */
  private static final byte[] ZEROS = new byte[CHUNK];

  /** Chunks are never changed once they are here. */
  private byte[][] chunks = new byte[0][];

  private long size;

  Content copy() {
    Content c = new Content();
    c.chunks = chunks.clone();
    c.size = size;
    return c;
  }

  long size() {
    return size;
  }

  void write(long offset, byte[] bytes, int from, int length) {
    extend(offset + length);
    int done = 0;
    while (done < length) {
      int chunk = Math.toIntExact((offset + done) / CHUNK);
      int at = (int) ((offset + done) % CHUNK);
      int n = Math.min(length - done, CHUNK - at);
      byte[] changed = chunks[chunk].clone();
      System.arraycopy(bytes, from + done, changed, at, n);
      chunks[chunk] = changed;
      done += n;
    }
  }

  /** At least that long. */
  void extend(long length) {
    if (length > size) {
      size = length;
      int needed = Math.toIntExact((length + CHUNK - 1) / CHUNK);
      if (needed > chunks.length) {
        int before = chunks.length;
        chunks = Arrays.copyOf(chunks, needed);
        Arrays.fill(chunks, before, needed, ZEROS);
      }
    }
  }

  void truncate(long length) {
    if (length >= size) {
      extend(length);
      return;
    }
    size = length;
    chunks = Arrays.copyOf(chunks, Math.toIntExact((length + CHUNK - 1) / CHUNK));
    int tail = (int) (length % CHUNK);
    if (tail > 0) {
      byte[] cut = chunks[chunks.length - 1].clone();
      Arrays.fill(cut, tail, CHUNK, (byte) 0);
      chunks[chunks.length - 1] = cut;
    }
  }

  byte[] bytes() {
    byte[] all = new byte[Math.toIntExact(size)];
    for (int i = 0; i < chunks.length; i++) {
      int at = i * CHUNK;
      System.arraycopy(chunks[i], 0, all, at, Math.min(CHUNK, all.length - at));
    }
    return all;
  }

  @SuppressWarnings("ReferenceEquality") // the very array
  private boolean isHole(int chunk) {
    return chunks[chunk] == ZEROS;
  }

  /** Into a new file; what was never written is a hole. */
  void writeTo(FileChannel file) throws IOException {
    int i = 0;
    while (i < chunks.length) {
      int run = i;
      while (run < chunks.length && !isHole(run)) {
        run++;
      }
      if (run == i) {
        i++;
        continue;
      }
      long at = (long) i * CHUNK;
      ByteBuffer b = ByteBuffer.allocate((int) Math.min((long) (run - i) * CHUNK, size - at));
      for (; i < run; i++) {
        b.put(chunks[i], 0, Math.min(CHUNK, b.remaining()));
      }
      b.flip();
      while (b.hasRemaining()) {
        at += file.write(b, at);
      }
    }
    if (file.size() < size && size > 0) {
      file.write(ByteBuffer.wrap(new byte[1]), size - 1);
    }
  }
}
