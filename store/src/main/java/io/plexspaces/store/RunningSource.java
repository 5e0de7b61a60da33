package io.plexspaces.store;

import io.plexspaces.store.log.LogRecord;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A node's own files and log. */
final class RunningSource implements BackupWriter.Source {
  private final DataDirectory data;
  private final NodeLog log;
  private final Map<BackupTail, LogFollower> attached = new ConcurrentHashMap<>();

  RunningSource(DataDirectory data, NodeLog log) {
    this.data = data;
    this.log = log;
  }

  @Override
  public DataDirectory data() {
    return data;
  }

  @Override
  public long attach(BackupTail tail) {
    LogFollower follower =
        new LogFollower() {
          @Override
          public void record(long position, LogRecord record) {
            tail.record(NodeLog.encode(record));
          }

          @Override
          public void wanted(long position) {}

          @Override
          public long needed() {
            return Long.MAX_VALUE;
          }
        };
    attached.put(tail, follower);
    return log.attach(follower);
  }

  @Override
  public long detach(BackupTail tail) {
    LogFollower follower = attached.remove(tail);
    if (follower == null) {
      throw new IllegalStateException("it is not attached");
    }
    return log.detach(follower);
  }

  @Override
  public long settle() {
    log.want();
    return log.followed();
  }
}
