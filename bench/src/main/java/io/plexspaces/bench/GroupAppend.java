package io.plexspaces.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The limit: records of a turn's size, appended to one preallocated file by one thread that writes
 * and forces whatever waits. It does nothing else, so no log can be faster on this disk.
 */
final class GroupAppend implements DurableSystem {
  /** What a turn with 300 bytes of state takes in the commit log, about. */
  private static final int RECORD_BYTES = 640;

  private static final int FILE_BYTES = 64 << 20;
  private static final int MAX_BATCH = FILE_BYTES / RECORD_BYTES / 4;

  /**
   * @param last whether nothing comes after it
   */
  private record Waiting(CompletableFuture<Void> done, boolean last) {}

  private final LinkedBlockingQueue<Waiting> queue = new LinkedBlockingQueue<>();
  private final FileChannel file;
  private final Thread writer;

  GroupAppend(Path directory) throws IOException {
    file =
        FileChannel.open(
            directory.resolve("append.log"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    ByteBuffer zeros = ByteBuffer.allocateDirect(FILE_BYTES);
    file.write(zeros, 0);
    file.force(true);
    writer = Thread.ofPlatform().name("group-append").start(this::write);
  }

  @Override
  public void turn(int actor) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    queue.add(new Waiting(done, false));
    done.join();
  }

  private void write() {
    ByteBuffer buffer = ByteBuffer.allocateDirect(MAX_BATCH * RECORD_BYTES);
    List<Waiting> batch = new ArrayList<>();
    long position = 0;
    try {
      while (true) {
        batch.clear();
        batch.add(queue.take());
        queue.drainTo(batch, MAX_BATCH - 1);
        if (batch.getLast().last()) {
          return;
        }
        buffer.clear().limit(batch.size() * RECORD_BYTES);
        if (position + buffer.limit() > FILE_BYTES) {
          position = 0;
        }
        position += file.write(buffer, position);
        file.force(false);
        batch.forEach(f -> f.done().complete(null));
      }
    } catch (IOException e) {
      batch.forEach(f -> f.done().completeExceptionally(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    queue.add(new Waiting(new CompletableFuture<>(), true));
    try {
      writer.join();
      file.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
