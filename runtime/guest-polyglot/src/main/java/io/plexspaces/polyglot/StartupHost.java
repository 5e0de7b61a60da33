package io.plexspaces.polyglot;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.guest.GuestHost;
import io.plexspaces.api.guest.TurnStopped;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * The host of an app that is being loaded: no operations, the system's log, and an end when the
 * time is up. A thread of its own, which ends with the loading, asks for the safepoints.
 */
final class StartupHost implements GuestHost, AutoCloseable {
  private static final System.Logger LOG = System.getLogger(StartupHost.class.getName());
  private static final long TICK_NANOS = 5_000_000;

  private final Duration timeout;
  private final long deadline;
  private final Thread ticker;
  private volatile boolean closed;

  StartupHost(Duration timeout, HostCalls calls) {
    this.timeout = timeout;
    this.deadline = System.nanoTime() + timeout.toNanos();
    // A platform thread: guests that spin may hold all carriers of virtual threads.
    this.ticker =
        Thread.ofPlatform()
            .daemon()
            .name("polyglot-startup")
            .start(() -> {
              while (!closed) {
                LockSupport.parkNanos(this, TICK_NANOS);
                calls.requestSafepoint();
              }
            });
  }

  @Override
  public Frame call(String operation, Frame request) {
    throw new HostException(
        ErrorCode.FAILED_PRECONDITION,
        operation + " is not possible while the module starts: there is no actor yet");
  }

  @Override
  public void log(int level, String message) {
    LOG.log(
        switch (level) {
          case 0 -> System.Logger.Level.TRACE;
          case 1 -> System.Logger.Level.DEBUG;
          case 2 -> System.Logger.Level.INFO;
          case 3 -> System.Logger.Level.WARNING;
          default -> System.Logger.Level.ERROR;
        },
        () -> "starting module: " + message);
  }

  @Override
  public void safepoint() {
    if (System.nanoTime() - deadline >= 0) {
      throw new TurnStopped(
          HostError.of(
              ErrorCode.FAILED_PRECONDITION,
              "it did not end within " + timeout.toMillis() + " ms"));
    }
    LockSupport.parkNanos(50_000);
  }

  @Override
  public long nowMillis() {
    return System.currentTimeMillis();
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(ticker);
  }
}
