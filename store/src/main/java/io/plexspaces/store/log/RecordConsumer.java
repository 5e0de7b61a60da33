package io.plexspaces.store.log;

/** Takes the records of a log, in order. */
@FunctionalInterface
public interface RecordConsumer {
  /**
   * @param position rises from record to record; differences mean nothing
   * @param record the consumer's own from here on
   */
  void record(long position, byte[] record);
}
