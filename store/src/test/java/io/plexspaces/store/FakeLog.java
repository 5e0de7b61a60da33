package io.plexspaces.store;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.store.log.LogListener;
import io.plexspaces.store.log.LogRecord;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A log in memory that keeps what is needed of it. What is appended is on disk at once. */
final class FakeLog implements SpaceLog {
  final TreeMap<Long, LogRecord> records = new TreeMap<>();
  final CopyOnWriteArrayList<String> events = new CopyOnWriteArrayList<>();
  private @Nullable SqliteSpaceStore follower;
  private @Nullable HostException broken;
  private long end = 1;

  /** The log as the next process finds it. */
  synchronized FakeLog reopened() {
    FakeLog next = new FakeLog();
    next.records.putAll(records);
    next.end = end;
    return next;
  }

  /** Gives the follower what is there, and from now on what comes. */
  synchronized void start(SqliteSpaceStore store) {
    follower = store;
    records.forEach(store::record);
    store.started();
  }

  synchronized void breakDown(@Nullable HostException failure) {
    broken = failure;
  }

  @Override
  public synchronized void append(LogRecord record, LogListener listener) {
    HostException failure = broken;
    if (failure != null) {
      listener.failed(failure);
      return;
    }
    end += 7;
    long position = end - 1;
    records.put(position, record);
    if (follower != null) {
      follower.record(position, record);
    }
    listener.committed(position);
  }

  /** As {@link #append}, and throws if it fails. */
  void append(LogRecord record) {
    append(
        record,
        new LogListener() {
          @Override
          public void committed(long position) {}

          @Override
          public void failed(HostException failure) {
            throw new HostException(ErrorCode.INTERNAL, "append failed", failure);
          }
        });
  }

  @Override
  public synchronized long end() {
    return end;
  }

  @Override
  public void released() {
    SqliteSpaceStore f;
    synchronized (this) {
      f = follower;
    }
    if (f != null) {
      long needed = f.needed();
      synchronized (this) {
        records.headMap(Math.min(needed, end)).clear();
      }
    }
    events.add("released");
  }

  /** Has everything released that can be, and waits for it. */
  void drain() throws InterruptedException {
    SqliteSpaceStore f;
    long to;
    synchronized (this) {
      f = follower;
      to = end;
    }
    if (f != null) {
      f.wanted(to);
      for (int i = 0; f.needed() < to; i++) {
        if (i > 20_000) {
          throw new AssertionError("the log was not released");
        }
        Thread.sleep(1); // between looks only: the condition decides
      }
    }
    released();
  }

  synchronized Map<Long, LogRecord> kept() {
    return new TreeMap<>(records);
  }

  @Override
  public void stalled(HostException failure) {
    events.add("stalled: " + failure.error().message());
  }

  @Override
  public void resumed() {
    events.add("resumed");
  }
}
