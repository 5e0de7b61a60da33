package io.plexspaces.engine;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.api.journal.TurnRecord.Outgoing;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Sends the committed effects of a durable actor, in order per receiver. An effect that a receiver
 * cannot take now (full, restarting) is tried again, and whatever comes for the same receiver
 * queues behind it; its row in the journal stays pending until the receiver has it.
 */
final class Outbox {
  private static final long RETRY_MILLIS = 100;
  private static final long MAX_RETRY_MILLIS = 5_000;
  private static final int MAX_UNACKNOWLEDGED = 10_000;

  private final ActorCell cell;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, ArrayDeque<Parcel>> stalled = new HashMap<>();
  private final AtomicInteger unacknowledged = new AtomicInteger();

  /** What is on its way: a reload of the actor must not send it beside itself. */
  private final Set<MessageId> underWay = ConcurrentHashMap.newKeySet();

  private final Set<Long> numbersUnderWay = ConcurrentHashMap.newKeySet();

  private long retryMillis = RETRY_MILLIS;
  private boolean retrying;

  private record Parcel(Outgoing effect, Ticket ticket, boolean redelivered) {
    Parcel again() {
      return new Parcel(effect, ticket, true);
    }
  }

  /** Joins the two things that must both have happened before a row is done. */
  static final class Ticket {
    private @Nullable Journal journal;
    private long number;
    private boolean acknowledged;

    synchronized void committed(Journal j, long effectNumber) {
      journal = j;
      number = effectNumber;
      if (acknowledged) {
        j.effectDone(effectNumber);
      }
    }

    synchronized void acknowledged() {
      if (!acknowledged) {
        acknowledged = true;
        if (journal != null) {
          journal.effectDone(number);
        }
      }
    }
  }

  Outbox(ActorCell cell) {
    this.cell = cell;
  }

  boolean isEmpty() {
    return unacknowledged.get() == 0;
  }

  /** Whether the receiver of a committed effect has not taken it yet. Any thread. */
  boolean isUnderWay(long number) {
    return numbersUnderWay.contains(number);
  }

  /** Whether something for {@code address} could not be delivered yet. */
  boolean isStalled(String address) {
    lock.lock();
    try {
      return stalled.containsKey(address);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Called before another effect is collected.
   *
   * @throws HostException RESOURCE_EXHAUSTED if too many wait for their receivers
   */
  void requireRoom() {
    if (unacknowledged.get() >= MAX_UNACKNOWLEDGED) {
      throw new HostException(
          ErrorCode.RESOURCE_EXHAUSTED,
          cell.id().address()
              + " has "
              + MAX_UNACKNOWLEDGED
              + " messages that their receivers have not taken yet");
    }
  }

  /** Sends what a turn left, after its commit. */
  void dispatch(Journal journal, List<Outgoing> effects, boolean again) {
    dispatch(journal, Map.of(), effects, again);
  }

  /**
   * @param early what has left already, by its number within the turn
   */
  void dispatch(
      Journal journal, Map<Integer, Ticket> early, List<Outgoing> effects, boolean again) {
    for (Outgoing e : effects) {
      Ticket released = early.get(e.n());
      if (released != null) {
        released.committed(journal, e.number());
        continue;
      }
      Ticket ticket = new Ticket();
      ticket.committed(journal, e.number());
      post(new Parcel(e, ticket, again));
    }
  }

  /** Sends what may not have arrived before a restart. */
  void redispatch(Journal journal, List<Outgoing> pending) {
    for (Outgoing e : pending) {
      if (underWay.contains(e.id())) {
        continue;
      }
      Ticket ticket = new Ticket();
      ticket.committed(journal, e.number());
      post(new Parcel(e, ticket, true));
    }
  }

  /** Sends what the running turn has for {@code address} so far, because it asks it now. */
  void releaseEarly(Turn turn, String address) {
    for (Outgoing e : turn.effects()) {
      if (e.target().equals(address) && !turn.releasedEarly().containsKey(e.n())) {
        Ticket ticket = new Ticket();
        turn.releasedEarly(e.n(), ticket);
        post(new Parcel(e, ticket, turn.again()));
      }
    }
  }

  private void post(Parcel p) {
    unacknowledged.incrementAndGet();
    underWay.add(p.effect.id());
    numbersUnderWay.add(p.effect.number());
    lock.lock();
    try {
      ArrayDeque<Parcel> queue = stalled.get(p.effect.target());
      if (queue != null) {
        queue.add(p);
      } else if (!deliver(p)) {
        queue = new ArrayDeque<>();
        queue.add(p);
        stalled.put(p.effect.target(), queue);
        retryLater();
      }
    } finally {
      lock.unlock();
    }
  }

  /** False if the receiver cannot take it now. */
  private boolean deliver(Parcel p) {
    try {
      cell.app().engine().deliverEffect(cell, p.effect, p.redelivered, receipt(p));
      return true;
    } catch (HostException e) {
      boolean full = e.code() == ErrorCode.RESOURCE_EXHAUSTED && e.error().retryable();
      if (full || e.code() == ErrorCode.UNAVAILABLE) {
        return false;
      }
      cell.app()
          .engine()
          .undeliverable(cell.id(), p.effect.op(), p.effect.target(), e.error().message());
      acknowledge(p);
      return true;
    }
  }

  private Message.Receipt receipt(Parcel p) {
    return new Message.Receipt() {
      @Override
      public void accepted() {
        acknowledge(p);
      }

      @Override
      public void returned() {
        giveBack(p);
      }
    };
  }

  /** The receiver had it and could not keep it: first in the queue again. */
  private void giveBack(Parcel p) {
    lock.lock();
    try {
      stalled.computeIfAbsent(p.effect.target(), t -> new ArrayDeque<>()).addFirst(p.again());
      retryLater();
    } finally {
      lock.unlock();
    }
  }

  private void acknowledge(Parcel p) {
    p.ticket.acknowledged();
    underWay.remove(p.effect.id());
    numbersUnderWay.remove(p.effect.number());
    unacknowledged.decrementAndGet();
  }

  private void retryLater() {
    if (!retrying) {
      retrying = true;
      var _ = cell.app().engine().timer().after(retryMillis, this::retry);
      retryMillis = Math.min(MAX_RETRY_MILLIS, retryMillis * 2);
    }
  }

  private void retry() {
    lock.lock();
    try {
      retrying = false;
      if (cell.isClosed()) {
        return; // what is pending stays in the journal
      }
      Iterator<ArrayDeque<Parcel>> queues = stalled.values().iterator();
      while (queues.hasNext()) {
        ArrayDeque<Parcel> queue = queues.next();
        Parcel head = queue.peek();
        while (head != null && deliver(head)) {
          queue.remove();
          head = queue.peek();
        }
        if (queue.isEmpty()) {
          queues.remove();
        }
      }
      if (stalled.isEmpty()) {
        retryMillis = RETRY_MILLIS;
      } else {
        retryLater();
      }
    } finally {
      lock.unlock();
    }
  }
}
