package io.plexspaces.api.guest;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The host of code that runs before there is an actor: start functions, {@code _initialize},
 * describe. There are no operations; the log goes to the system's; time is the machine's. The guest
 * is stopped when its time is up, and lets others run every few milliseconds until then.
 *
 * <p>Used by the loading thread. An engine has to say with {@link #watch} which guest it runs.
 */
public final class StartupHost implements GuestHost, AutoCloseable {
  private static final System.Logger LOG = System.getLogger(StartupHost.class.getName());
  private static final long SLICE_MILLIS = 5;
  private static final long HOP_NANOS = 50_000;

  /** A platform thread: guests that spin may hold all carriers of virtual threads. */
  private static final ScheduledThreadPoolExecutor WATCHDOG = watchdog();

  private final Duration timeout;
  private final long deadline;
  private volatile @Nullable Runnable watched;
  private final ScheduledFuture<?> ticks;

  /**
   * @param timeout from now on
   */
  public StartupHost(Duration timeout) {
    this.timeout = timeout;
    this.deadline = System.nanoTime() + timeout.toNanos();
    this.ticks =
        WATCHDOG.scheduleWithFixedDelay(
            this::tick, SLICE_MILLIS, SLICE_MILLIS, TimeUnit.MILLISECONDS);
  }

  private static ScheduledThreadPoolExecutor watchdog() {
    ScheduledThreadPoolExecutor e =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("guest-startup-watchdog").factory());
    e.setRemoveOnCancelPolicy(true);
    e.setKeepAliveTime(10, TimeUnit.SECONDS);
    e.allowCoreThreadTimeOut(true);
    return e;
  }

  /**
   * @param requestSafepoint asks the guest that runs from now on to come to a safepoint; called
   *     every few milliseconds, by a thread of this class
   */
  public void watch(Runnable requestSafepoint) {
    watched = requestSafepoint;
  }

  private void tick() {
    Runnable r = watched;
    if (r != null) {
      r.run();
    }
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

  /**
   * @throws TurnStopped with FAILED_PRECONDITION when the time is up
   */
  @Override
  public void safepoint() {
    if (System.nanoTime() - deadline >= 0) {
      throw new TurnStopped(
          HostError.of(
              ErrorCode.FAILED_PRECONDITION,
              "it did not end within " + timeout.toMillis() + " ms"));
    }
    LockSupport.parkNanos(HOP_NANOS);
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
    ticks.cancel(false);
    watched = null;
  }
}
