package io.plexspaces.engine;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
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

  Future<?> after(long millis, Runnable task) {
    try {
      return executor.schedule(
          () -> Thread.startVirtualThread(task), millis, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.completedFuture(null); // the engine is closing
    }
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
