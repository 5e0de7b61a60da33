package io.plexspaces.store;

import io.plexspaces.api.HostException;
import io.plexspaces.store.log.CommitLog;
import io.plexspaces.store.log.LogListener;
import io.plexspaces.store.log.LogOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The records that the commit log gets while files are copied, as a log of the backup's own. Taking
 * one does not wait.
 */
final class BackupTail implements AutoCloseable {
  /**
   * Nothing is ever released, so there must be room for everything. The smallest files: the node
   * that starts on them goes on in the last one, which must not be all that its own log may have.
   */
  private static final LogOptions OPTIONS = new LogOptions(64 << 10, Long.MAX_VALUE / 4);

  private final CommitLog log;
  private final Semaphore written = new Semaphore(0);
  private final AtomicReference<@Nullable HostException> failure = new AtomicReference<>();
  private int taken;

  BackupTail(Path directory) {
    log =
        CommitLog.open(
            directory, OPTIONS, InstantSource.system(), position -> {}, (position, bytes) -> {});
  }

  /** Calls come one at a time. */
  void record(byte[] record) {
    taken++;
    log.append(
        record,
        new LogListener() {
          @Override
          public void committed(long at) {
            written.release();
          }

          @Override
          public void failed(HostException why) {
            failure.compareAndSet(null, why);
            written.release();
          }
        });
  }

  /**
   * Returns when all that was taken is on disk. After it no record may come.
   *
   * @throws IOException if it could not be written
   */
  void finish() throws IOException {
    written.acquireUninterruptibly(taken);
    HostException why = failure.get();
    if (why != null) {
      throw new IOException(why.error().message(), why);
    }
  }

  @Override
  public void close() {
    log.close();
  }
}
