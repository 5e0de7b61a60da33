package io.plexspaces.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntConsumer;

/** Virtual threads outside any actor system. */
final class Clients {
  private Clients() {}

  /** Runs the work with the numbers 0 to {@code count - 1}, each on a thread of its own. */
  static void run(int count, IntConsumer work) throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        int client = i;
        running.add(threads.submit(() -> work.accept(client)));
      }
      for (Future<?> f : running) {
        var _ = f.get();
      }
    }
  }
}
