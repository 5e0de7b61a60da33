package io.plexspaces.store.log;

import io.plexspaces.api.HostException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** An appender. What it appends belongs to a generation; one that has failed is never written. */
final class Line implements CommitLog.Appender {
  private final LogWriter writer;
  private final AtomicLong generation = new AtomicLong(1);

  /** The writer's. */
  private long failedGeneration;

  private @Nullable HostException failure;

  Line(LogWriter writer) {
    this.writer = writer;
  }

  @Override
  public void append(byte[] record, LogListener listener) {
    writer.append(new Entry(record, listener, this, generation.get()));
  }

  @Override
  public void reset() {
    generation.incrementAndGet();
  }

  @Nullable HostException failureOf(long ofGeneration) {
    return ofGeneration <= failedGeneration ? failure : null;
  }

  void failed(long ofGeneration, HostException why) {
    if (ofGeneration > failedGeneration) {
      failedGeneration = ofGeneration;
      failure = why;
    }
  }
}
