package io.plexspaces.store;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * The platform threads on which SQLite runs: a JNI call on a virtual thread would block its
 * carrier.
 */
final class IoPool implements Executor, AutoCloseable {
  private final String name;
  private final ExecutorService threads;

  IoPool(String name, int size) {
    this.name = name;
    AtomicInteger n = new AtomicInteger();
    this.threads =
        Executors.newFixedThreadPool(
            size, body -> new IoThread(body, name + "-" + n.incrementAndGet()));
  }

  private static final class IoThread extends Thread {
    IoThread(Runnable body, String name) {
      super(body, name);
      setDaemon(true);
    }
  }

  /**
   * @throws HostException UNAVAILABLE if the pool is closed
   */
  @Override
  public void execute(Runnable body) {
    try {
      threads.execute(body);
    } catch (RejectedExecutionException e) {
      throw new HostException(ErrorCode.UNAVAILABLE, name + " is closed", e);
    }
  }

  /** Runs {@code body} on a thread of the pool and parks the caller until it is done. */
  <T> T call(Supplier<T> body) {
    refuseIoThread();
    return await(CompletableFuture.supplyAsync(body, this));
  }

  /** Such a thread that waits for another may wait for itself. */
  static void refuseIoThread() {
    if (Thread.currentThread() instanceof IoThread) {
      throw new IllegalStateException("a blocking call of the store on one of its own threads");
    }
  }

  /**
   * Waits without heeding interrupts: I/O is short, and a half-awaited journal would be worse. The
   * interrupt status stays set.
   */
  static <T> T await(CompletableFuture<T> result) {
    try {
      return result.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof HostException h) {
        throw h;
      }
      throw e;
    }
  }

  /** Ends the threads when what was submitted has run. */
  @Override
  public void close() {
    threads.shutdown();
    boolean interrupted = false;
    while (true) {
      try {
        if (threads.awaitTermination(1, TimeUnit.MINUTES)) {
          break;
        }
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
