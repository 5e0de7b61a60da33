package io.plexspaces.tuplespace;

import io.plexspaces.api.HostException;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** One call that a turn makes and that may have to wait. Guarded by the space's lock. */
final class Waiter implements PatternIndex.Entry {
  /** What is asked for. */
  enum Kind {
    READ,
    TAKE,
    /** A take that gives up when no match is left, free or held. */
    TAKE_IF_EXISTS,
    WRITE_ONCE,
    /** The end of the same actor's earlier turns, whose commit is still on its way. */
    SETTLE
  }

  static final Pattern NOTHING = new Pattern(List.of());

  private final Kind kind;
  private final SpaceTransaction tx;
  private final Pattern pattern;
  private final @Nullable Tuple candidate;
  private final long order;
  private final long until;
  private final Condition condition;
  private boolean waiting;
  private boolean done;
  private @Nullable Tuple result;
  private @Nullable HostException failure;

  /**
   * @param candidate what a write-once would place
   * @param order its place in the queue, which it keeps while it looks again
   * @param until when it gives up, by the space's clock
   */
  Waiter(
      Kind kind,
      SpaceTransaction tx,
      Pattern pattern,
      @Nullable Tuple candidate,
      long order,
      long until,
      Condition condition) {
    this.kind = kind;
    this.tx = tx;
    this.pattern = pattern;
    this.candidate = candidate;
    this.order = order;
    this.until = until;
    this.condition = condition;
  }

  Kind kind() {
    return kind;
  }

  SpaceTransaction tx() {
    return tx;
  }

  @Override
  public Pattern pattern() {
    return pattern;
  }

  @Override
  public long order() {
    return order;
  }

  Tuple candidate() {
    Tuple t = candidate;
    if (t == null) {
      throw new IllegalStateException(kind + " places nothing");
    }
    return t;
  }

  /** Whether a tuple that becomes free may be handed to it. */
  boolean wantsTuples() {
    return takes() || kind == Kind.READ;
  }

  boolean takes() {
    return kind == Kind.TAKE || kind == Kind.TAKE_IF_EXISTS;
  }

  boolean isDone() {
    return done;
  }

  @Nullable Tuple result() {
    return result;
  }

  void finish(@Nullable Tuple t) {
    done = true;
    result = t;
    wake();
  }

  void fail(HostException e) {
    failure = e;
    wake();
  }

  void throwIfFailed() {
    if (failure != null) {
      throw failure;
    }
  }

  /** Ends {@link #sleep} without an answer: there is something new to look at. */
  void wake() {
    waiting = false;
    condition.signal();
  }

  boolean isWaiting() {
    return waiting;
  }

  boolean isLate(long now) {
    return until <= now;
  }

  /**
   * Sleeps until {@link #wake} or the end of its time; gives the lock away meanwhile.
   *
   * @param clock the space's clock
   */
  void sleep(LongSupplier clock) throws InterruptedException {
    waiting = true;
    try {
      while (waiting) {
        if (until == Tuple.NEVER) {
          condition.await();
        } else {
          long left = until - clock.getAsLong();
          if (left <= 0) {
            return;
          }
          long _ = condition.awaitNanos(left);
        }
      }
    } finally {
      waiting = false;
    }
  }
}
