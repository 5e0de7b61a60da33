package io.plexspaces.engine;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.api.journal.TurnRecord.DeadLetter;
import io.plexspaces.api.journal.TurnRecord.Outgoing;
import io.plexspaces.api.journal.TurnRecord.Received;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Sends the committed effects of a durable actor, in order per receiver. An effect that a receiver
 * cannot take now (full, restarting, its turn failed) is tried again, and whatever comes for the
 * same receiver queues behind it; its row in the journal stays pending until the receiver has it,
 * or until it is a dead letter. With each message goes the lowest number for that receiver that has
 * not been acknowledged, so that the receiver knows what never comes again. Thread-safe.
 */
final class Outbox {
  private static final long RETRY_MILLIS = 100;
  private static final long MAX_RETRY_MILLIS = 5_000;
  private static final int MAX_UNACKNOWLEDGED = 10_000;

  private final ActorCell cell;
  private final ReentrantLock lock = new ReentrantLock();

  /** By the receiver's address. Guarded by the lock, as what is in them. */
  private final Map<String, Lane> lanes = new HashMap<>();

  /** What receivers have taken: they must not wait for this outbox's lock. */
  private final Queue<Parcel> taken = new ConcurrentLinkedQueue<>();

  private final AtomicInteger unacknowledged = new AtomicInteger();

  /** Numbers that are on their way: a reload of the actor must not send them beside themselves. */
  private final Set<Long> underWay = ConcurrentHashMap.newKeySet();

  private volatile boolean closed;

  /** The way to one receiver. */
  private static final class Lane {
    /** All that is not acknowledged, by number. */
    final TreeMap<Long, Parcel> open = new TreeMap<>();

    /** What waits to be tried again, and what came after it. */
    final ArrayDeque<Parcel> stalled = new ArrayDeque<>();

    long retryMillis = RETRY_MILLIS;
    boolean retrying;

    /** Whether its actor is being deleted: what comes after that waits. */
    boolean deleting;
  }

  Outbox(ActorCell cell) {
    this.cell = cell;
  }

  boolean isEmpty() {
    return unacknowledged.get() == 0;
  }

  /** Whether the receiver of a committed effect has not taken it yet. Any thread. */
  boolean isUnderWay(long number) {
    return underWay.contains(number);
  }

  /** The actor begins anew, or leaves memory: what happens to its messages is nothing to it. */
  void close() {
    closed = true;
  }

  /** Whether something for {@code address} could not be delivered yet. */
  boolean isStalled(String address) {
    lock.lock();
    try {
      Lane lane = lanes.get(address);
      return lane != null && (lane.deleting || !lane.stalled.isEmpty());
    } finally {
      unlock();
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

  /**
   * Sends what a turn left, after its commit.
   *
   * @param epoch of the journal
   */
  void dispatch(Journal journal, long epoch, List<Outgoing> effects) {
    for (Outgoing e : effects) {
      post(new Parcel(journal, epoch, e, false));
    }
  }

  /** Sends what may not have arrived before a restart. */
  void redispatch(Journal journal, long epoch, List<Outgoing> pending) {
    for (Outgoing e : pending) {
      if (!underWay.contains(e.number())) {
        post(new Parcel(journal, epoch, e, true));
      }
    }
  }

  private void post(Parcel p) {
    unacknowledged.incrementAndGet();
    underWay.add(p.effect.number());
    lock.lock();
    try {
      Lane lane = lanes.computeIfAbsent(p.effect.target(), t -> new Lane());
      lane.open.put(p.effect.number(), p);
      if (lane.deleting || !lane.stalled.isEmpty() || !deliver(lane, p)) {
        lane.stalled.add(p);
        retryLater(p.effect.target(), lane);
      }
    } finally {
      unlock();
    }
  }

  /** False if the receiver cannot take it now. With the lock held. */
  private boolean deliver(Lane lane, Parcel p) {
    sortTaken();
    p.low = Math.min(lane.open.firstKey(), p.effect.number());
    try {
      if (p.effect.op().equals(Deletion.OPERATION) && Deletion.isOwn(cell, p.effect.target())) {
        lane.deleting = true;
        Deletion.start(cell, p.effect.target(), new Deleting(lane, p));
        return true;
      }
      cell.app().engine().deliverEffect(cell, p.effect, p.redelivered, p);
      return true;
    } catch (HostException e) {
      boolean full = e.code() == ErrorCode.RESOURCE_EXHAUSTED && e.error().retryable();
      if (full || e.code() == ErrorCode.UNAVAILABLE || e.code() == ErrorCode.DATA_LOSS) {
        return false;
      }
      p.rejected(e.error().message());
      return true;
    }
  }

  /** Lets go of what was acknowledged meanwhile. With the lock held. */
  private void sortTaken() {
    Parcel p = taken.poll();
    while (p != null) {
      Lane lane = lanes.get(p.effect.target());
      if (lane != null) {
        lane.open.remove(p.effect.number());
        lane.retryMillis = RETRY_MILLIS;
        forgetIfIdle(p.effect.target(), lane);
      }
      p = taken.poll();
    }
  }

  private void unlock() {
    if (lock.getHoldCount() == 1) {
      sortTaken();
    }
    lock.unlock();
  }

  /** A lane with nothing on it goes. With the lock held. */
  private void forgetIfIdle(String address, Lane lane) {
    if (lane.open.isEmpty() && lane.stalled.isEmpty() && !lane.deleting) {
      lanes.remove(address, lane);
    }
  }

  private void retryLater(String address, Lane lane) {
    if (!lane.retrying) {
      lane.retrying = true;
      var _ = cell.app().engine().timer().after(lane.retryMillis, () -> retry(address, lane));
      lane.retryMillis = Math.min(MAX_RETRY_MILLIS, lane.retryMillis * 2);
    }
  }

  private void retry(String address, Lane lane) {
    lock.lock();
    try {
      lane.retrying = false;
      if (closed || cell.isClosed()) {
        return; // what is pending stays in the journal
      }
      Parcel head = lane.stalled.peek();
      while (head != null && !lane.deleting && deliver(lane, head)) {
        lane.stalled.remove();
        head = lane.stalled.peek();
      }
      if (head != null && !lane.deleting) {
        retryLater(address, lane);
      }
    } finally {
      unlock();
    }
  }

  /** One message on its way. */
  private final class Parcel implements Message.Receipt {
    final Journal journal;
    final long epoch;
    final Outgoing effect;
    boolean redelivered;
    long low;
    private int failures;
    private @Nullable String dead;

    Parcel(Journal journal, long epoch, Outgoing effect, boolean redelivered) {
      this.journal = journal;
      this.epoch = epoch;
      this.effect = effect;
      this.redelivered = redelivered;
    }

    @Override
    public Received received() {
      return new Received(cell.id().address(), epoch, effect.number(), low);
    }

    @Override
    public int failures() {
      return failures;
    }

    @Override
    public void accepted() {
      if (!closed) {
        journal.effectDone(effect.number());
      }
      gone();
    }

    private void gone() {
      underWay.remove(effect.number());
      taken.add(this);
      if (unacknowledged.decrementAndGet() == 0) {
        cell.atRest();
      }
      if (lock.tryLock()) {
        unlock();
      }
    }

    /** The receiver had it and could not keep it: first in the queue again. */
    @Override
    public void returned() {
      lock.lock();
      try {
        redelivered = true;
        Lane lane = lanes.computeIfAbsent(effect.target(), t -> new Lane());
        lane.open.put(effect.number(), this);
        insert(lane.stalled, this);
        retryLater(effect.target(), lane);
      } finally {
        unlock();
      }
    }

    @Override
    public void failed(String why, int maxDeliveries) {
      failures++;
      if (failures < maxDeliveries) {
        returned();
      } else {
        rejected(why + " (" + failures + " deliveries)");
      }
    }

    /** It is out of the way when the journal says so, not before. */
    @Override
    public void rejected(String why) {
      boolean first = dead == null;
      dead = why;
      if (first) {
        ActorEngine engine = cell.app().engine();
        if (effect.client()) {
          engine.deadLetter(cell.id(), "a client", effect.op(), why);
        } else {
          engine.undeliverable(cell.id(), effect.op(), effect.target(), why);
        }
      }
      cell.record(new Burial(this, why, this::gone));
    }
  }

  /** The deletion of a receiver that an effect asks for. */
  private final class Deleting implements Deletion.Outcome {
    private final Lane lane;
    private final Parcel parcel;

    Deleting(Lane lane, Parcel parcel) {
      this.lane = lane;
      this.parcel = parcel;
    }

    /**
     * The receiver is empty. It must not be used again before this is on disk, or a crash would let
     * it be deleted again, with what it has become.
     */
    @Override
    public void emptied() {
      if (closed) {
        return; // it was this actor itself
      }
      CountDownLatch written = new CountDownLatch(1);
      cell.record(
          new Burial(
              parcel,
              "carried out",
              () -> {
                parcel.gone();
                written.countDown();
              }));
      try {
        if (!written.await(MAX_RETRY_MILLIS, TimeUnit.MILLISECONDS)) {
          cell.app()
              .engine()
              .warn(cell.id() + " cannot write that it had " + parcel.effect.target() + " deleted");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void ended(@Nullable HostError why) {
      lock.lock();
      try {
        lane.deleting = false;
        if (why != null && why.retryable()) {
          parcel.returned();
        } else if (why != null) {
          parcel.rejected(why.message());
        }
        if (!lane.stalled.isEmpty()) {
          retryLater(parcel.effect.target(), lane);
        }
        forgetIfIdle(parcel.effect.target(), lane);
      } finally {
        unlock();
      }
    }
  }

  /** In the order of their numbers, so that several that come back keep theirs. */
  private static void insert(ArrayDeque<Parcel> queue, Parcel p) {
    ArrayDeque<Parcel> before = new ArrayDeque<>();
    while (!queue.isEmpty() && queue.peek().effect.number() < p.effect.number()) {
      before.add(queue.remove());
    }
    queue.addFirst(p);
    while (!before.isEmpty()) {
      queue.addFirst(before.removeLast());
    }
  }

  /** Writes down that a message is a dead letter. */
  private final class Burial implements SilentTurn {
    private final Parcel parcel;
    private final String why;
    private final Runnable then;

    Burial(Parcel parcel, String why, Runnable then) {
      this.parcel = parcel;
      this.why = why;
      this.then = then;
    }

    @Override
    public @Nullable Note note(Worker worker) {
      if (closed) {
        return null; // the effect went with the journal
      }
      Outgoing e = parcel.effect;
      return new Note(
          e.id(),
          e.op(),
          "dead",
          Payload.EMPTY_OBJECT,
          List.of(),
          b -> b.undeliverable(List.of(new DeadLetter(e.number(), why))));
    }

    @Override
    public void recorded() {
      then.run();
    }

    @Override
    public void failed(HostError error) {
      if (!closed && !cell.isClosed()) {
        var _ =
            cell.app()
                .engine()
                .timer()
                .after(MAX_RETRY_MILLIS, () -> cell.record(new Burial(parcel, why, then)));
      }
    }

    @Override
    public void gone(HostError error) {
      // What is pending stays in the journal; the next life of the actor tries it again.
    }
  }
}
