package io.plexspaces.engine.plan;

import io.plexspaces.api.journal.JournalOptions;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How an actor runs.
 *
 * @param durability null for an actor that keeps nothing over a restart
 * @param idleTimeout after which an idle actor leaves memory; null for never
 * @param lazy whether a supervised child is activated at its first message, not at the app's start
 *     (it still runs init at start)
 * @param delivery what a durable actor takes, and how often
 * @param timers that it has by configuration; durable ones only where it is durable
 */
public record ActorPlan(
    Restart restart,
    Duration shutdownTimeout,
    Backoff backoff,
    MailboxPlan mailbox,
    @Nullable JournalOptions durability,
    @Nullable Duration idleTimeout,
    boolean lazy,
    Delivery delivery,
    List<TimerFacet> timers) {

  public ActorPlan {
    timers = List.copyOf(timers);
  }

  /** An actor without timers of its own that takes messages as others do. */
  public ActorPlan(
      Restart restart,
      Duration shutdownTimeout,
      Backoff backoff,
      MailboxPlan mailbox,
      @Nullable JournalOptions durability,
      @Nullable Duration idleTimeout,
      boolean lazy) {
    this(
        restart,
        shutdownTimeout,
        backoff,
        mailbox,
        durability,
        idleTimeout,
        lazy,
        Delivery.DEFAULT,
        List.of());
  }

  public static final ActorPlan DEFAULT =
      new ActorPlan(
          Restart.PERMANENT,
          Duration.ofSeconds(5),
          Backoff.DEFAULT,
          MailboxPlan.DEFAULT,
          null,
          null,
          false);

  /** The wait before the second and later restarts in a row: doubles from min to max, jittered. */
  public record Backoff(long minMillis, long maxMillis) {
    public static final Backoff DEFAULT = new Backoff(200, 30_000);
  }

  /**
   * How messages reach a durable actor.
   *
   * @param maxDeliveries a message of a durable sender whose turn fails so many times is a dead
   *     letter
   * @param requireIdempotencyKey whether clients must name their changing requests
   */
  public record Delivery(int maxDeliveries, boolean requireIdempotencyKey) {
    public static final Delivery DEFAULT = new Delivery(5, false);
  }

  public record MailboxPlan(int capacity, Overflow overflow) {
    public static final MailboxPlan DEFAULT = new MailboxPlan(1000, Overflow.REJECT);
  }

  /** What becomes of a message to a full mailbox. */
  public enum Overflow {
    /** The sender gets RESOURCE_EXHAUSTED. */
    REJECT,
    DROP_OLDEST,
    DROP_NEWEST,
    /** The sender waits, until its deadline. */
    BLOCK
  }
}
