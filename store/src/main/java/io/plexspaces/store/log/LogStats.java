package io.plexspaces.store.log;

/**
 * Counters of a log since it was opened, and its sizes now.
 *
 * @param records that were committed
 * @param bytes of these records, without what the log adds
 * @param commits how often they were forced to disk; {@code records / commits} went with one
 * @param failed records
 * @param forceNanos spent in writing and forcing
 * @param segmentsBegun files that were begun, new or recycled
 * @param segmentsMade of these, files that had to be made because none was there to recycle
 * @param liveBytes of the files that hold something not released yet
 * @param queuedRecords not written yet
 * @param queuedBytes of these
 */
public record LogStats(
    long records,
    long bytes,
    long commits,
    long failed,
    long forceNanos,
    long segmentsBegun,
    long segmentsMade,
    long liveBytes,
    long queuedRecords,
    long queuedBytes) {}
