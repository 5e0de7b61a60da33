package io.plexspaces.engine;

import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import java.util.Optional;

/**
 * The reader's end of a stream that an actor produces. One thread reads; {@link #close} may come
 * from any thread and ends a read that waits. The producer runs a bounded number of values ahead of
 * the reader and rests while nobody takes them.
 */
public interface ValueStream extends AutoCloseable {
  /**
   * Waits for the next value, or for the end.
   *
   * @param deadlineNanos {@link System#nanoTime} until which to wait
   * @return empty at the end of the stream
   * @throws HostException the error that ended the stream; DEADLINE_EXCEEDED if nothing came in
   *     time, after which the stream is still open; CANCELLED if it was closed or the thread
   *     interrupted
   */
  Optional<Payload> next(long deadlineNanos);

  /**
   * Waits until {@link #next} would answer at once; false if the time passed before.
   *
   * @throws HostException CANCELLED if the thread is interrupted
   */
  boolean ready(long deadlineNanos);

  /** Tells the producer to end, which runs its cleanup in a turn of its own. Idempotent. */
  @Override
  void close();
}
