package io.plexspaces.store.log;

import io.plexspaces.api.HostException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;

/**
 * The node's append-only log, the one place where things become durable: many records with one
 * force. It carries bytes and does not know what they mean. Format and promises are in {@code
 * docs/commit-log-format.md}. Thread-safe.
 *
 * <p>A <em>position</em> is a number that rises from record to record, for ever. Positions can be
 * compared; their differences mean nothing. 0 is below every position.
 */
public final class CommitLog implements AutoCloseable {
  /** The largest record: 512 MiB. */
  public static final int MAX_RECORD_BYTES = 512 << 20;

  private final LiveSegments live;
  private final LogCounters counters = new LogCounters();
  private final Housekeeping housekeeping;
  private final LogWriter writer;
  private final Notifier notifier;
  private final Thread writerThread;
  private final Thread notifierThread;

  private final ReentrantLock releasing = new ReentrantLock();
  private final AtomicBoolean closed = new AtomicBoolean();

  private CommitLog(
      LogFiles files, LogOptions options, InstantSource clock, LongConsumer wanted, Recovery found)
      throws IOException {
    Control control = found.control();
    // After a crash the place of the last write may be the one that is not whole.
    long epoch = control.epochs() + (control.clean() ? 0 : Epochs.ASIDE);
    this.live = new LiveSegments(found.live());
    this.housekeeping =
        new Housekeeping(
            files, options, found, live, counters, Math.max(epoch, clock.millis() - 1));
    this.notifier = new Notifier(wanted);
    this.writer = new LogWriter(files, options, housekeeping, live, notifier, counters, found);
    this.notifierThread = Thread.ofPlatform().name("commit-log-listeners").daemon().start(notifier);
    this.writerThread = Thread.ofPlatform().name("commit-log-writer").daemon().start(writer);
  }

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
    return open(new DiskFiles(directory), options, clock, wanted, replay);
  }

  /** Tests bring a disk of their own. */
  static CommitLog open(
      LogFiles files,
      LogOptions options,
      InstantSource clock,
      LongConsumer wanted,
      RecordConsumer replay) {
    try {
      return new CommitLog(files, options, clock, wanted, Recovery.run(files, true, replay));
    } catch (IOException e) {
      throw LogErrors.unavailable(files.path(""), e);
    }
  }

  /**
   * Hands every record that was not released to {@code replay}, as {@link #open} would, and changes
   * nothing. For a log that no node has open. Blocking.
   *
   * @return the position behind the last record, 0 if there is no log
   * @throws HostException as {@link #open}
   */
  public static long read(Path directory, RecordConsumer replay) {
    return read(new DiskFiles(directory), replay);
  }

  static long read(LogFiles files, RecordConsumer replay) {
    try {
      return Recovery.run(files, false, replay).end();
    } catch (IOException e) {
      throw LogErrors.unavailable(files.path(""), e);
    }
  }

  /**
   * A line of records of which none may be kept without those before it: one for each journal, say.
   */
  public Appender appender() {
    return new Line(writer);
  }

  /** Appends a record that depends on no other. As {@link Appender#append}. */
  public void append(byte[] record, LogListener listener) {
    writer.append(new Entry(record, listener, null, 0));
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
    releasing.lock();
    try {
      if (position <= writer.released()) {
        return;
      }
      if (position > writer.end()) {
        throw new IllegalArgumentException(
            "position " + position + " is behind the end of the log, " + writer.end());
      }
      writer.release(position);
    } finally {
      releasing.unlock();
    }
    if (!live.released(position).isEmpty()) {
      housekeeping.note(position, writer.end());
    }
  }

  /**
   * The owner cannot release anything for now. As long as this holds and the log is full, appends
   * fail with {@code failure} instead of waiting.
   */
  public void stalled(HostException failure) {
    writer.stalled(failure);
  }

  /** Ends {@link #stalled}. */
  public void resumed() {
    writer.stalled(null);
  }

  /**
   * Everything below it has been released. A record's position is never below it when {@link #open}
   * replays it.
   */
  public long oldest() {
    return writer.released();
  }

  /**
   * Above the position of every record of which a listener has been told that it is committed, and
   * not above that of any later one.
   */
  public long end() {
    return writer.end();
  }

  /**
   * A number that is higher than every one this log ever gave, also before a restart, and not lower
   * than the clock was in milliseconds when the log was opened. Once in thousands of calls it may
   * wait for a write.
   *
   * @throws HostException UNAVAILABLE naming the file if that write fails
   */
  public long nextEpoch() {
    return housekeeping.epochs().next();
  }

  public LogStats stats() {
    return counters.stats(live.bytes(writer.released(), writer.end()));
  }

  /**
   * Writes all that waits, tells the listeners, and closes the files. What waits for a release that
   * does not come fails with UNAVAILABLE, and so do later appends. Blocking.
   */
  @Override
  public void close() {
    Thread here = Thread.currentThread();
    if (here.equals(notifierThread) || here.equals(writerThread)) {
      throw new IllegalStateException("the commit log cannot be closed by a listener of its own");
    }
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    writer.close();
    join(writerThread);
    notifier.stop();
    join(notifierThread);
    housekeeping.close(writer.released(), writer.end());
  }

  private static void join(Thread t) {
    boolean interrupted = false;
    while (t.isAlive()) {
      try {
        t.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
