package io.plexspaces.bench;

/** Work that one system does; made, run many times by one thread, and closed. */
interface Workload extends AutoCloseable {
  /**
   * Does about so many operations and returns when the last of them is done.
   *
   * @return how many it did
   */
  long run(long operations) throws Exception;

  /** How many times as long as others it has to be warmed up. */
  default int warmUps() {
    return 1;
  }

  @Override
  void close();

  /** Makes a workload. */
  @FunctionalInterface
  interface Factory {
    Workload open() throws Exception;
  }
}
