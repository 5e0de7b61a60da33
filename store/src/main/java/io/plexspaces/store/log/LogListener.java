package io.plexspaces.store.log;

import io.plexspaces.api.HostException;
import java.util.concurrent.CompletableFuture;

/**
 * Told once how an append ended, on a thread of the log, in the order of the appends. It must not
 * block: it holds up the listeners behind it.
 */
public interface LogListener {
  /** The record is on disk, and so is every one before it that did not fail. */
  void committed(long position);

  /**
   * The record was not written, or nobody knows. It is never seen again once any later record is
   * committed.
   *
   * @param failure UNAVAILABLE naming the file for a fault of the disk; INVALID_ARGUMENT for a
   *     record that is too large; what the owner gave to {@link CommitLog#stalled}; or the failure
   *     of an earlier record of the same {@link CommitLog.Appender}
   */
  void failed(HostException failure);

  /** Completes {@code result} with the record's position, or with why it was not written. */
  static LogListener completing(CompletableFuture<Long> result) {
    return new LogListener() {
      @Override
      public void committed(long position) {
        result.complete(position);
      }

      @Override
      public void failed(HostException failure) {
        result.completeExceptionally(failure);
      }
    };
  }
}
