package io.plexspaces.store.log;

import io.plexspaces.api.HostException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.function.LongConsumer;

/**
 * The node's append-only log, the one place where things become durable: many records with one
 * force. It carries bytes and does not know what they mean. Format and promises are in {@code
 * docs/commit-log-format.md}. Thread-safe.
 *
 * <p>A <em>position</em> is a number that rises from record to record, for ever. Positions can be
 * compared; their differences mean nothing. 0 is below every position.
 */
@SuppressWarnings("DoNotCallSuggester") // shape only, for now
public final class CommitLog implements AutoCloseable {
  /** The largest record: 512 MiB. */
  public static final int MAX_RECORD_BYTES = 512 << 20;

  private CommitLog() {}

  /**
   * Opens the log, making it if there is none, and hands every record that was not released to
   * {@code replay}, in order, on the calling thread; all of them are on disk by then. What a crash
   * has left of appends that were never acknowledged is there up to some record or not at all.
   * Blocking: call it on a platform thread.
   *
   * @param clock for {@link #nextEpoch}
   * @param wanted asked to see to it that everything below a position is released soon, early
   *     enough to keep appends from waiting. Called on the thread of the listeners, when those of
   *     all records below the position have been called; must not block
   * @throws HostException DATA_LOSS naming file and offset if acknowledged records are damaged or
   *     missing; FAILED_PRECONDITION if a later version wrote the log; UNAVAILABLE naming the file
   *     if it cannot be read or written; and what {@code replay} throws
   */
  public static CommitLog open(
      Path directory,
      LogOptions options,
      InstantSource clock,
      LongConsumer wanted,
      RecordConsumer replay) {
    throw new UnsupportedOperationException(directory + "" + options + clock + wanted + replay);
  }

  /**
   * Hands every record that was not released to {@code replay}, as {@link #open} would, and changes
   * nothing. For a log that no node has open. Blocking.
   *
   * @return the position behind the last record, 0 if there is no log
   * @throws HostException as {@link #open}
   */
  public static long read(Path directory, RecordConsumer replay) {
    throw new UnsupportedOperationException(directory + "" + replay);
  }

  /**
   * A line of records of which none may be kept without those before it: one for each journal, say.
   */
  public Appender appender() {
    throw new UnsupportedOperationException();
  }

  /** Appends a record that depends on no other. As {@link Appender#append}. */
  public void append(byte[] record, LogListener listener) {
    throw new UnsupportedOperationException("" + record.length + listener);
  }

  /**
   * A line of records of which none may be kept without those before it. When one fails, all behind
   * it fail too, those that were appended before the failure was known included, until {@link
   * #reset}. Thread-safe; cheap, needs no closing.
   */
  public interface Appender {
    /**
     * Appends a record. Returns at once, whatever the state of the disk; never throws. The order of
     * the calls, over all appenders, is the order on disk and that of the listeners.
     *
     * @param record must not be changed afterwards
     */
    void append(byte[] record, LogListener listener);

    /**
     * After a failure: what is appended from here on is tried again. What was appended before this
     * call and not written by the time of the failure fails in any case.
     */
    void reset();
  }

  /**
   * Nothing below {@code position} is needed any more. Whole files below it are used again. What is
   * below it is not replayed by a later {@link #open}, but for records that shared a file with
   * younger ones when the process was killed. Returns at once.
   */
  public void release(long position) {
    throw new UnsupportedOperationException(Long.toString(position));
  }

  /**
   * The owner cannot release anything for now. As long as this holds and the log is full, appends
   * fail with {@code failure} instead of waiting.
   */
  public void stalled(HostException failure) {
    throw new UnsupportedOperationException(failure);
  }

  /** Ends {@link #stalled}. */
  public void resumed() {
    throw new UnsupportedOperationException();
  }

  /**
   * Everything below it has been released. A record's position is never below it when {@link #open}
   * replays it.
   */
  public long oldest() {
    throw new UnsupportedOperationException();
  }

  /**
   * Above the position of every record of which a listener has been told that it is committed, and
   * not above that of any later one.
   */
  public long end() {
    throw new UnsupportedOperationException();
  }

  /**
   * A number that is higher than every one this log ever gave, also before a restart, and not lower
   * than the clock was in milliseconds when the log was opened. Once in thousands of calls it may
   * wait for a write.
   *
   * @throws HostException UNAVAILABLE naming the file if that write fails
   */
  public long nextEpoch() {
    throw new UnsupportedOperationException();
  }

  public LogStats stats() {
    throw new UnsupportedOperationException();
  }

  /**
   * Writes all that waits, tells the listeners, and closes the files. What waits for a release that
   * does not come fails with UNAVAILABLE, and so do later appends. Blocking.
   */
  @Override
  public void close() {
    throw new UnsupportedOperationException();
  }
}
