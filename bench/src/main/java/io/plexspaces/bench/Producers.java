package io.plexspaces.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Platform threads outside any actor system. One thread uses it. */
final class Producers implements AutoCloseable {
  private final ExecutorService threads;
  private final int count;

  Producers(int count) {
    this.count = count;
    this.threads =
        Executors.newFixedThreadPool(
            count, Thread.ofPlatform().daemon().name("producer-", 0).factory());
  }

  /** Runs the work on each of them and waits. */
  void run(Runnable work) throws Exception {
    List<Future<?>> running = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      running.add(threads.submit(work));
    }
    for (Future<?> f : running) {
      var _ = f.get();
    }
  }

  @Override
  public void close() {
    threads.shutdown();
  }
}
