package io.plexspaces.store.log;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** What a log counts. */
final class LogCounters {
  final LongAdder records = new LongAdder();
  final LongAdder bytes = new LongAdder();
  final LongAdder commits = new LongAdder();
  final LongAdder failed = new LongAdder();
  final LongAdder forceNanos = new LongAdder();
  final LongAdder segmentsBegun = new LongAdder();
  final LongAdder segmentsMade = new LongAdder();
  final AtomicLong queuedRecords = new AtomicLong();
  final AtomicLong queuedBytes = new AtomicLong();

  void committed(long howMany, long size, long nanos) {
    records.add(howMany);
    bytes.add(size);
    commits.increment();
    forceNanos.add(nanos);
  }

  LogStats stats(long liveBytes) {
    return new LogStats(
        records.sum(),
        bytes.sum(),
        commits.sum(),
        failed.sum(),
        forceNanos.sum(),
        segmentsBegun.sum(),
        segmentsMade.sum(),
        liveBytes,
        queuedRecords.get(),
        queuedBytes.get());
  }
}
