package io.plexspaces.store.log;

import io.plexspaces.api.HostException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * Files for segments: makes them ahead, on the thread of the housekeeping, from those that are not
 * needed any more where it can.
 */
final class SegmentPool {
  private static final System.Logger LOG = System.getLogger(SegmentPool.class.getName());
  private static final int CHUNK = 1 << 20;

  /** A file of zeros or of old records, with its name and length on disk. */
  record Prepared(long number, long bytes, LogFiles.LogFile file) {
    String name() {
      return SegmentHeader.name(number);
    }
  }

  private final LogFiles files;
  private final int segmentBytes;
  private final ExecutorService housekeeping;
  private final int spares;
  private final LogCounters counters;

  /** The writer's: the next file, ready or on its way. */
  private @Nullable CompletableFuture<Prepared> next;

  /** The housekeeping's. */
  private long nextNumber;

  private final Deque<String> free = new ArrayDeque<>();

  SegmentPool(
      LogFiles files,
      LogOptions options,
      ExecutorService housekeeping,
      Recovery found,
      LogCounters counters) {
    this.files = files;
    this.segmentBytes = options.segmentBytes();
    this.spares = (int) Math.max(1, options.maxLiveBytes() / options.segmentBytes() / 2);
    this.housekeeping = housekeeping;
    this.nextNumber = found.nextNumber();
    this.counters = counters;
    housekeeping.execute(() -> found.free().forEach(this::give));
  }

  /** Begins to make the next file, if that has not been done. */
  void prepare() {
    if (next == null) {
      next = submit(segmentBytes);
    }
  }

  /**
   * The next file, of at least one segment's size. Waits for it if need be.
   *
   * @throws HostException UNAVAILABLE naming the file; the next call tries again
   */
  Prepared take(long bytes) {
    if (bytes > segmentBytes && next != null) {
      // The file that is ready has a lower number than the one made now: it loses its turn.
      var _ = next.thenAcceptAsync(p -> discard(p, true), housekeeping);
      next = null;
    }
    // What failed ahead may have been long ago.
    CompletableFuture<Prepared> ready =
        next == null || next.isCompletedExceptionally() ? submit(bytes) : next;
    next = null;
    try {
      return ready.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof HostException h ? h : e;
    }
  }

  /** A file that could not be written is not used again. */
  void failed(Prepared file) {
    housekeeping.execute(() -> discard(file, false));
  }

  /** A file of which nothing is needed; on the thread of the housekeeping. */
  void give(String name) {
    try {
      long bytes;
      try (LogFiles.LogFile f = files.open(name)) {
        bytes = f.size();
      }
      if (bytes == segmentBytes && free.size() < spares) {
        free.add(name);
      } else {
        files.delete(name);
      }
    } catch (IOException e) {
      warn(name, e);
    }
  }

  /** When nothing is written any more; on the writer's thread, its last call. */
  void close() {
    if (next != null) {
      var _ = next.thenAcceptAsync(this::close, housekeeping);
    }
  }

  private CompletableFuture<Prepared> submit(long bytes) {
    return CompletableFuture.supplyAsync(
        () -> {
          long number = nextNumber++;
          try {
            return make(number, bytes);
          } catch (IOException e) {
            throw new CompletionException(
                LogErrors.unavailable(files.path(SegmentHeader.name(number)), e));
          }
        },
        housekeeping);
  }

  private Prepared make(long number, long bytes) throws IOException {
    String name = SegmentHeader.name(number);
    while (bytes == segmentBytes && !free.isEmpty()) {
      String old = free.remove();
      try {
        files.rename(old, name);
        files.syncDirectory();
        return new Prepared(number, bytes, files.open(name));
      } catch (IOException e) {
        warn(old, e);
      }
    }
    counters.segmentsMade.increment();
    LogFiles.LogFile file = files.create(name);
    try {
      ByteBuffer zeros = ByteBuffer.allocateDirect((int) Math.min(CHUNK, bytes));
      for (long at = 0; at < bytes; at += zeros.capacity()) {
        file.write(zeros.clear().limit((int) Math.min(zeros.capacity(), bytes - at)), at);
      }
      file.force();
      files.syncDirectory();
      return new Prepared(number, bytes, file);
    } catch (IOException e) {
      discard(new Prepared(number, bytes, file), false);
      throw e;
    }
  }

  private void discard(Prepared p, boolean reuse) {
    close(p);
    if (reuse) {
      give(p.name());
      return;
    }
    try {
      files.delete(p.name());
    } catch (IOException e) {
      warn(p.name(), e);
    }
  }

  private void close(Prepared p) {
    try {
      p.file().close();
    } catch (IOException e) {
      warn(p.name(), e);
    }
  }

  private void warn(String name, IOException e) {
    LOG.log(
        System.Logger.Level.WARNING,
        "a file of the commit log is left: {0}: {1}",
        files.path(name),
        e.getMessage());
  }
}
