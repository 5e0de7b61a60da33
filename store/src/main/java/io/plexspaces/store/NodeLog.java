package io.plexspaces.store;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.store.log.CommitLog;
import io.plexspaces.store.log.LogListener;
import io.plexspaces.store.log.LogOptions;
import io.plexspaces.store.log.LogRecord;
import io.plexspaces.store.log.LogRecords;
import io.plexspaces.store.log.LogStats;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The node's commit log as its stores share it: each appends its records and {@linkplain
 * LogFollower follows}; what all have in their files is released. Make it, make the stores on it,
 * {@link #start} it; close it after them. Thread-safe.
 */
public final class NodeLog implements AutoCloseable {
  private final DataDirectory data;
  private final LogOptions options;
  private final InstantSource clock;
  private final List<LogFollower> followers = new CopyOnWriteArrayList<>();
  private @Nullable volatile CommitLog log;

  /** The thread that tells listeners, once it has. */
  private @Nullable volatile Thread listening;

  /** All followers have been given what lies below. */
  private volatile long told;

  /** Nobody joins or leaves the followers while they are given a record. */
  private final ReentrantLock giving = new ReentrantLock();

  private final ReentrantLock releasing = new ReentrantLock();
  private long releasedTo;

  public NodeLog(DataDirectory data, LogOptions options, InstantSource clock) {
    this.data = data;
    this.options = options;
    this.clock = clock;
  }

  /** Before {@link #start}. */
  void follow(LogFollower follower) {
    followers.add(follower);
  }

  /**
   * Opens the log and gives its followers what it holds. Blocking: call it on a platform thread,
   * once.
   *
   * @throws HostException as {@link CommitLog#open}
   */
  public void start() {
    log =
        CommitLog.open(
            data.log(),
            options,
            clock,
            position -> followers.forEach(f -> f.wanted(position)),
            (position, bytes) -> give(position, LogRecords.decode(bytes)));
    followers.forEach(LogFollower::started);
  }

  private void give(long position, LogRecord record) {
    giving.lock();
    try {
      for (LogFollower f : followers) {
        f.record(position, record);
      }
      told = position + 1;
    } finally {
      giving.unlock();
    }
  }

  /**
   * From here on {@code tail} is given every record, as a follower that needs nothing of the log.
   *
   * @return every record below was given before
   */
  long attach(LogFollower tail) {
    giving.lock();
    try {
      followers.add(tail);
      return told;
    } finally {
      giving.unlock();
    }
  }

  /**
   * {@code tail} is given nothing more.
   *
   * @return it was given everything below, from where it was attached
   */
  long detach(LogFollower tail) {
    giving.lock();
    try {
      followers.remove(tail);
      return told;
    } finally {
      giving.unlock();
    }
  }

  /** Has all followers write and sync what they have been given, some time soon. */
  void want() {
    followers.forEach(f -> f.wanted(Long.MAX_VALUE));
  }

  /** What all followers have in their files, synced: everything below. */
  long followed() {
    long to = told;
    for (LogFollower f : followers) {
      to = Math.min(to, f.needed());
    }
    return to;
  }

  /** One that throws must not silence the log: its records would never be released. */
  private void giveCommitted(long position, LogRecord record) {
    listening = Thread.currentThread();
    try {
      give(position, record);
    } catch (RuntimeException e) {
      System.getLogger(NodeLog.class.getName())
          .log(System.Logger.Level.ERROR, "a record of the log could not be taken", e);
    }
  }

  /** Appends a record that depends on no other; the followers have it before the listener. */
  void append(LogRecord record, LogListener listener) {
    open().append(encode(record), listener(record, listener));
  }

  /** As {@link #append}; returns the record's position when it is on disk. */
  long appendAndWait(LogRecord record) {
    CompletableFuture<Long> done = new CompletableFuture<>();
    append(record, LogListener.completing(done));
    return IoPool.await(done);
  }

  static byte[] encode(LogRecord record) {
    return LogRecords.encode(record);
  }

  /** A line of records, as {@link CommitLog.Appender}. */
  Line line() {
    return new Line();
  }

  /** Records of which none may be kept without those before it. */
  final class Line {
    /** Made at the first use: a journal is also made for what the log gives before it is open. */
    private CommitLog.@Nullable Appender appender;

    private synchronized CommitLog.Appender appender() {
      CommitLog.Appender a = appender;
      if (a == null) {
        a = open().appender();
        appender = a;
      }
      return a;
    }

    /**
     * @param bytes the record, {@linkplain #encode encoded}
     */
    void append(LogRecord record, byte[] bytes, LogListener listener) {
      appender().append(bytes, listener(record, listener));
    }

    void reset() {
      appender().reset();
    }
  }

  private LogListener listener(LogRecord record, LogListener told) {
    return new LogListener() {
      @Override
      public void committed(long position) {
        giveCommitted(position, record);
        told.committed(position);
      }

      @Override
      public void failed(HostException failure) {
        listening = Thread.currentThread();
        told.failed(failure);
      }
    };
  }

  /** What a follower needs has become less: gives room back to the log. */
  void released() {
    releasing.lock();
    try {
      // In this order: what is told later may be needed and is not below.
      long to = told;
      for (LogFollower f : followers) {
        to = Math.min(to, f.needed());
      }
      if (to > releasedTo) {
        releasedTo = to;
        open().release(to);
      }
    } finally {
      releasing.unlock();
    }
  }

  /** Everything below was given to the followers. */
  long told() {
    return told;
  }

  /** Above the position of every record that was committed. */
  long end() {
    return open().end();
  }

  void stalled(HostException failure) {
    open().stalled(failure);
  }

  void resumed() {
    open().resumed();
  }

  /** Higher than every epoch before, also before a restart. May wait for the disk. */
  long nextEpoch() {
    return open().nextEpoch();
  }

  /** Whether the calling thread tells listeners: it must not wait for anything. */
  boolean isListening() {
    return Thread.currentThread().equals(listening);
  }

  public LogStats stats() {
    return open().stats();
  }

  private CommitLog open() {
    CommitLog l = log;
    if (l == null) {
      throw new HostException(ErrorCode.FAILED_PRECONDITION, "the node's log is not started");
    }
    return l;
  }

  @Override
  public void close() {
    CommitLog l = log;
    if (l != null) {
      l.close();
    }
  }
}
