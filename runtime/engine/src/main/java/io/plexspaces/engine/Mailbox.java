package io.plexspaces.engine;

import io.plexspaces.engine.plan.ActorPlan.MailboxPlan;
import io.plexspaces.engine.plan.ActorPlan.Overflow;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jctools.queues.unpadded.MpscLinkedUnpaddedQueue;
import org.jspecify.annotations.Nullable;

/** A bounded queue of messages: any thread offers, one thread at a time polls. */
sealed interface Mailbox {
  /** What became of an offer. */
  enum Offer {
    QUEUED,
    FULL,
    DROPPED_NEWEST,
    CLOSED
  }

  Offer offer(Message m);

  /** As {@link #offer}, beside the capacity: for a stream that goes on. */
  Offer force(Message m);

  @Nullable Message poll();

  /** Closes the mailbox for good, unless something is queued; false if so. */
  boolean close();

  /** Messages queued now; may lag behind concurrent offers and polls by a moment. */
  int size();

  /** The message that the last offer pushed out, if the policy is to drop the oldest. */
  default @Nullable Message pollDropped() {
    return null;
  }

  /** Waits until there may be room, for the policy that blocks. */
  default void awaitRoom(long deadlineNanos) throws InterruptedException {}

  static Mailbox of(MailboxPlan plan) {
    return plan.overflow() == Overflow.DROP_OLDEST
        ? new DroppingOldest(plan.capacity())
        : new Linked(plan.capacity(), plan.overflow() == Overflow.DROP_NEWEST);
  }

  /** Lock-free; refuses what does not fit. */
  final class Linked implements Mailbox {
    /** So low that offers to a closed mailbox never make it positive. */
    private static final int CLOSED_SIZE = Integer.MIN_VALUE / 2;

    private final Queue<Message> queue = new MpscLinkedUnpaddedQueue<>();
    private final AtomicInteger size = new AtomicInteger();

    /** How many of them take no place of the capacity. */
    private final AtomicInteger forced = new AtomicInteger();

    private final int capacity;
    private final boolean dropNewest;
    private final Queue<Thread> waiters = new ConcurrentLinkedQueue<>();

    Linked(int capacity, boolean dropNewest) {
      this.capacity = capacity;
      this.dropNewest = dropNewest;
    }

    @Override
    public Offer offer(Message m) {
      int n = size.incrementAndGet();
      if (n > capacity && n > capacity + forced.get()) {
        size.decrementAndGet();
        return dropNewest ? Offer.DROPPED_NEWEST : Offer.FULL;
      }
      if (n <= 0) {
        return Offer.CLOSED;
      }
      queue.add(m);
      return Offer.QUEUED;
    }

    @Override
    public Offer force(Message m) {
      forced.incrementAndGet();
      if (size.incrementAndGet() <= 0) {
        return Offer.CLOSED;
      }
      queue.add(m);
      return Offer.QUEUED;
    }

    @Override
    public @Nullable Message poll() {
      Message m = queue.poll();
      if (m != null) {
        // In this order: between the two there is room too much for a moment, never too little.
        size.decrementAndGet();
        if (m.kind() == Message.Kind.RESUME) {
          forced.decrementAndGet(); // it took no place, so none is free now
        } else {
          Thread waiter = waiters.poll();
          if (waiter != null) {
            LockSupport.unpark(waiter);
          }
        }
      }
      return m;
    }

    @Override
    public boolean close() {
      return size.compareAndSet(0, CLOSED_SIZE);
    }

    @Override
    public int size() {
      return Math.max(0, size.get());
    }

    @Override
    public void awaitRoom(long deadlineNanos) throws InterruptedException {
      Thread me = Thread.currentThread();
      waiters.add(me);
      try {
        while (size.get() >= capacity + forced.get() && waiters.contains(me)) {
          long left =
              deadlineNanos == Long.MAX_VALUE ? Long.MAX_VALUE : deadlineNanos - System.nanoTime();
          if (left <= 0) {
            return;
          }
          LockSupport.parkNanos(this, left);
          if (Thread.interrupted()) {
            throw new InterruptedException();
          }
        }
      } finally {
        if (!waiters.remove(me) && size.get() < capacity + forced.get()) {
          // Somebody handed this thread a place; if it does not use it, the next one may.
          Thread next = waiters.peek();
          if (next != null) {
            LockSupport.unpark(next);
          }
        }
      }
    }
  }

  /** Makes room by pushing out the oldest message. */
  final class DroppingOldest implements Mailbox {
    private final ReentrantLock lock = new ReentrantLock();
    private final ArrayDeque<Message> queue = new ArrayDeque<>();
    private final ArrayDeque<Message> dropped = new ArrayDeque<>();
    private boolean closed;
    private int forced;
    private final int capacity;

    DroppingOldest(int capacity) {
      this.capacity = capacity;
    }

    @Override
    public Offer offer(Message m) {
      lock.lock();
      try {
        if (closed) {
          return Offer.CLOSED;
        }
        if (queue.size() - forced >= capacity) {
          dropOldest();
        }
        queue.add(m);
        return Offer.QUEUED;
      } finally {
        lock.unlock();
      }
    }

    /** A stream that goes on is not a message that could be lost. */
    private void dropOldest() {
      Iterator<Message> oldest = queue.iterator();
      while (oldest.hasNext()) {
        Message m = oldest.next();
        if (m.kind() != Message.Kind.RESUME) {
          oldest.remove();
          dropped.add(m);
          return;
        }
      }
    }

    @Override
    public Offer force(Message m) {
      lock.lock();
      try {
        if (closed) {
          return Offer.CLOSED;
        }
        queue.add(m);
        forced++;
        return Offer.QUEUED;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public @Nullable Message poll() {
      lock.lock();
      try {
        Message m = queue.poll();
        if (m != null && m.kind() == Message.Kind.RESUME) {
          forced--;
        }
        return m;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public boolean close() {
      lock.lock();
      try {
        closed = queue.isEmpty();
        return closed;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public @Nullable Message pollDropped() {
      lock.lock();
      try {
        return dropped.poll();
      } finally {
        lock.unlock();
      }
    }

    @Override
    public int size() {
      lock.lock();
      try {
        return queue.size();
      } finally {
        lock.unlock();
      }
    }
  }
}
