package io.plexspaces.bench;

/** Counters in some language. Thread-safe. */
interface Counters extends AutoCloseable {
  /** Sends a message, and does not wait. */
  void send(int counter);

  /** Asks and waits for the answer; everything sent to it before has then been done. */
  void ask(int counter);

  @Override
  void close();

  /** One thread sends to {@code counters} of them in turn, and in the end waits for each. */
  static Workload messages(Counters c, int counters) {
    return new Workload() {
      @Override
      public long run(long operations) throws Exception {
        long rounds = Math.max(1, operations / counters);
        for (long r = 1; r < rounds; r++) {
          for (int i = 0; i < counters; i++) {
            c.send(i);
          }
        }
        Clients.run(
            1,
            client -> {
              for (int i = 0; i < counters; i++) {
                c.ask(i);
              }
            });
        return rounds * counters;
      }

      @Override
      public void close() {
        c.close();
      }
    };
  }

  /** One virtual thread asks {@code counters} of them in turn. */
  static Workload asks(Counters c, int counters) {
    return new Workload() {
      private int next;

      @Override
      public long run(long operations) throws Exception {
        Clients.run(
            1,
            client -> {
              for (long i = 0; i < operations; i++) {
                c.ask(next);
                next = next + 1 == counters ? 0 : next + 1;
              }
            });
        return operations;
      }

      @Override
      public void close() {
        c.close();
      }
    };
  }
}
