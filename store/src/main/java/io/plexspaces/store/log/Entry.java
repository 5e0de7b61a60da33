package io.plexspaces.store.log;

import io.plexspaces.api.HostException;
import org.jspecify.annotations.Nullable;

/** An append on its way. Changed by the writer, then read by the notifier. */
final class Entry {
  final byte[] record;
  final LogListener listener;
  final @Nullable Line line;

  /** Of the line when this was appended. */
  final long generation;

  private long position;
  private @Nullable HostException failure;

  Entry(byte[] record, LogListener listener, @Nullable Line line, long generation) {
    this.record = record;
    this.listener = listener;
    this.line = line;
    this.generation = generation;
  }

  /** What it takes in a segment. */
  int bytes() {
    return RecordFrame.BYTES + record.length;
  }

  /** Why it cannot be written, whatever the disk does. */
  @Nullable HostException refusal() {
    if (record.length > CommitLog.MAX_RECORD_BYTES) {
      return LogErrors.tooLarge(record.length);
    }
    return line == null ? null : line.failureOf(generation);
  }

  void committed(long at) {
    position = at;
  }

  void fail(HostException why) {
    failure = why;
    if (line != null) {
      line.failed(generation, why);
    }
  }

  boolean hasFailed() {
    return failure != null;
  }

  void tell() {
    if (failure == null) {
      listener.committed(position);
    } else {
      listener.failed(failure);
    }
  }
}
