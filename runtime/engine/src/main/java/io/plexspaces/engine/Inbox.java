package io.plexspaces.engine;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.guest.ModuleDescription.Kind;
import io.plexspaces.api.guest.ModuleDescription.Operation;
import io.plexspaces.engine.plan.ActorPlan.Overflow;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * What lets messages in to one actor: its mailbox with the rule for a full one, the node's memory
 * budget, and the idempotency keys that are under way. Any thread puts in; the worker that runs the
 * actor takes out.
 */
final class Inbox {
  private static final int SMALL_BYTES = 1024;

  private final ActorCell cell;
  private final Mailbox mailbox;

  /** Digests of the requests that are queued or running, by key; null where nothing is durable. */
  private final @Nullable ConcurrentMap<String, String> keysInFlight;

  private final boolean keyRequired;

  Inbox(ActorCell cell) {
    this.cell = cell;
    this.mailbox = Mailbox.of(cell.plan().mailbox());
    this.keysInFlight = cell.plan().durability() != null ? new ConcurrentHashMap<>() : null;
    this.keyRequired = keysInFlight != null && cell.plan().delivery().requireIdempotencyKey();
  }

  int size() {
    return mailbox.size();
  }

  /** Lets nothing in any more, unless something waits already: then false, and nothing changes. */
  boolean close() {
    return mailbox.close();
  }

  /**
   * Queues a message, or drops one as the mailbox's rule says.
   *
   * @param waker the turn that sends it, or null
   * @return false if the mailbox is closed
   * @throws HostException RESOURCE_EXHAUSTED if there is no room; what is wrong with its key
   */
  boolean admit(Message m, @Nullable Turn waker) {
    claimKey(m);
    boolean kept = false;
    try {
      kept = offer(m, waker);
    } finally {
      if (!kept) {
        releaseKey(m);
      }
    }
    return kept;
  }

  /** Queues a message whatever the capacity; false if the mailbox is closed. */
  boolean force(Message m) {
    return mailbox.force(m) != Mailbox.Offer.CLOSED;
  }

  /** Only large payloads are charged: small ones are bounded by the mailbox's capacity. */
  private static long charged(Message m) {
    return m.payload().size() > SMALL_BYTES ? m.payload().size() : 0;
  }

  /** The next message, or null. */
  @Nullable Message take() {
    Message m = mailbox.poll();
    if (m != null && charged(m) > 0) {
      cell.app().engine().budget().release(charged(m));
    }
    return m;
  }

  /** False if this cell has left memory meanwhile. */
  private boolean offer(Message m, @Nullable Turn waker) {
    if (charged(m) > 0) {
      cell.app().engine().relieveMemory();
      cell.app().engine().budget().charge(charged(m));
    }
    Mailbox.Offer outcome = Mailbox.Offer.CLOSED;
    try {
      outcome = tryOffer(m, waker);
    } finally {
      if (outcome != Mailbox.Offer.QUEUED && charged(m) > 0) {
        cell.app().engine().budget().release(charged(m));
      }
    }
    return outcome != Mailbox.Offer.CLOSED;
  }

  /** QUEUED, DROPPED_NEWEST or CLOSED. */
  private Mailbox.Offer tryOffer(Message m, @Nullable Turn waker) {
    while (true) {
      switch (mailbox.offer(m)) {
        case QUEUED -> {
          Message dropped = mailbox.pollDropped();
          while (dropped != null) {
            if (charged(dropped) > 0) {
              cell.app().engine().budget().release(charged(dropped));
            }
            drop(dropped, "pushed out of a full mailbox");
            dropped = mailbox.pollDropped();
          }
          return Mailbox.Offer.QUEUED;
        }
        case DROPPED_NEWEST -> {
          drop(m, "the mailbox is full");
          return Mailbox.Offer.DROPPED_NEWEST;
        }
        case CLOSED -> {
          return Mailbox.Offer.CLOSED;
        }
        case FULL -> {
          boolean mayWait = waker != null || m.from() == null;
          if (cell.plan().mailbox().overflow() != Overflow.BLOCK
              || m.receipt() != null
              || !mayWait) {
            throw full();
          }
          awaitRoom(m, waker);
        }
      }
    }
  }

  private HostException full() {
    cell.app().engine().telemetry().message(cell.id(), "ask", "rejected", 0);
    return new HostException(
        ErrorCode.RESOURCE_EXHAUSTED,
        "the mailbox of "
            + cell.id().address()
            + " is full ("
            + cell.plan().mailbox().capacity()
            + " messages)");
  }

  private void awaitRoom(Message m, @Nullable Turn waker) {
    long deadline = m.context().deadlineNanos();
    if (System.nanoTime() - deadline >= 0 && m.context().hasDeadline()) {
      throw full();
    }
    try {
      if (waker != null) {
        waker.await(
            new ActorCell[] {cell},
            () -> {
              mailbox.awaitRoom(deadline);
              return Boolean.TRUE;
            });
      } else {
        mailbox.awaitRoom(deadline);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HostException(ErrorCode.CANCELLED, "interrupted while waiting for room");
    }
  }

  /**
   * Refuses a client's message that would find no room, as {@link #admit} would, without queueing
   * it.
   */
  void requireRoom(Message m) {
    while (mailbox.size() >= cell.plan().mailbox().capacity()) {
      switch (cell.plan().mailbox().overflow()) {
        case REJECT -> throw full();
        case BLOCK -> awaitRoom(m, null);
        case DROP_OLDEST, DROP_NEWEST -> {
          return;
        }
      }
    }
  }

  /**
   * Notes that a request with its key is under way, if it has one.
   *
   * @throws HostException ABORTED if another one is, INVALID_ARGUMENT for a key that stands for
   *     another request, or where there should be one or none
   */
  void claimKey(Message m) {
    String key = m.idempotencyKey();
    if (key == null) {
      if (keyRequired && isChangingRequest(m)) {
        throw IdempotencyErrors.required(cell.id().address(), m.op());
      }
      return;
    }
    if (keysInFlight == null) {
      throw new HostException(
          ErrorCode.INVALID_ARGUMENT,
          "an idempotency key needs a durable actor; "
              + cell.id().address()
              + " has no durability facet (docs/configuration.md, facets)");
    }
    String digest = m.digest();
    String other = keysInFlight.putIfAbsent(keyOf(m, key), digest);
    if (other != null) {
      throw other.equals(digest)
          ? IdempotencyErrors.inProgress(key)
          : IdempotencyErrors.mismatch(key);
    }
  }

  private boolean isChangingRequest(Message m) {
    if (m.from() != null || m.receipt() != null) {
      return false; // not a client's own
    }
    if (m.kind() != Message.Kind.ASK && m.kind() != Message.Kind.SEND) {
      return false;
    }
    Operation op = cell.type().operation(m.op());
    return op != null && op.kind() != Kind.QUERY;
  }

  void releaseKey(Message m) {
    String key = m.idempotencyKey();
    if (key != null && keysInFlight != null) {
      keysInFlight.remove(keyOf(m, key));
    }
  }

  /** Keys are scoped by operation; tenant and actor are the journal's own. */
  static String keyOf(Message m, String key) {
    return m.op() + "\n" + key;
  }

  private void drop(Message m, String why) {
    if (m.receipt() == null) { // else its sender counts it
      cell.app().engine().telemetry().deadLetter(cell.id(), why);
    }
    releaseKey(m);
    m.reply(Reply.failed(ErrorCode.RESOURCE_EXHAUSTED, cell.id().address() + ": " + why));
    Message.Receipt receipt = m.receipt();
    if (receipt != null) {
      receipt.rejected(why);
    }
  }
}
