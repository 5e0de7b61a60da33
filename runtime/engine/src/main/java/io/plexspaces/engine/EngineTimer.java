package io.plexspaces.engine;

import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Runs things later, each on a virtual thread of its own. One sleeping thread for all of them. */
final class EngineTimer implements AutoCloseable {
  private final ScheduledThreadPoolExecutor executor;

  EngineTimer() {
    executor =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("engine-timer").factory());
    executor.setRemoveOnCancelPolicy(true);
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  void after(long millis, Runnable task) {
    if (executor.isShutdown()) {
      return;
    }
    var _ = executor.schedule(() -> Thread.startVirtualThread(task), millis, TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
