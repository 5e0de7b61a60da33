package io.plexspaces.engine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A long-lived virtual thread that runs ready cells. Fields without a comment belong to its own
 * thread.
 */
final class Worker implements Runnable {
  /** How long a worker lets go of its carrier, so that other virtual threads get one. */
  static final long HOP_NANOS = 50_000;

  private static final long HOP_EVERY_NANOS = 5_000_000;
  private static final int HOP_CHECK_MASK = 63;
  private static final VarHandle NEXT;
  private static final VarHandle TURN;

  static {
    try {
      NEXT = MethodHandles.lookup().findVarHandle(Worker.class, "next", Ready.class);
      TURN = MethodHandles.lookup().findVarHandle(Worker.class, "turn", Turn.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Dispatcher dispatcher;

  /** A cell woken from inside a turn, to run next; the turn clock may move it to the queue. */
  private volatile @Nullable Ready next;

  /** The turn that runs now; read by the turn clock, which may see it late. */
  private volatile @Nullable Turn turn;

  /** When the last turn ended or paused, or the batch began. */
  long now;

  /** Set by whoever wakes this worker. */
  volatile boolean go;

  volatile @Nullable Thread thread;
  boolean searching;
  ReadyQueue.@Nullable Tenant tenant;
  int credit;
  int chain;
  private int runs;
  private long lastHop;

  Worker(Dispatcher dispatcher) {
    this.dispatcher = dispatcher;
    this.searching = true;
  }

  @Nullable Turn turn() {
    return turn;
  }

  void turn(@Nullable Turn t) {
    TURN.setOpaque(this, t);
  }

  @Nullable Ready takeNext() {
    return next == null ? null : (Ready) NEXT.getAndSet(this, (Ready) null);
  }

  /** Puts a cell into the slot and answers what was in it. */
  @Nullable Ready offerNext(Ready cell) {
    return (Ready) NEXT.getAndSet(this, cell);
  }

  @Override
  public void run() {
    thread = Thread.currentThread();
    lastHop = System.nanoTime();
    while (true) {
      Ready cell = dispatcher.take(this);
      if (cell == null) {
        return;
      }
      cell.runBatch(this);
      if ((++runs & HOP_CHECK_MASK) == 0) {
        long now = System.nanoTime();
        if (now - lastHop > HOP_EVERY_NANOS) {
          // Virtual threads are not time-sliced and Thread.yield() does not let others in:
          // a short timed park does.
          LockSupport.parkNanos(HOP_NANOS);
          lastHop = System.nanoTime();
        }
      }
    }
  }
}
