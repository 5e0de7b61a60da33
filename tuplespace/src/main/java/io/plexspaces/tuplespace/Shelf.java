package io.plexspaces.tuplespace;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Which tuples are where: free for all, held by a turn, or written and not yet published; and who
 * waits for them. Guarded by the space's lock, never blocks.
 */
final class Shelf {
  /** How many expired tuples one call clears away at most beside its own work. */
  private static final int SWEEP = 1000;

  private final LongSupplier now;
  private final LongSupplier numbers;
  private final long maxBytes;
  private final TupleIndex free = new TupleIndex(Slot.POSITIONS);
  private final TupleIndex held = new TupleIndex(1);
  private final PatternIndex<Waiter> waiters = new PatternIndex<>();
  private final PatternIndex<Tuple> claims = new PatternIndex<>();
  private final Map<ActorId, Deque<SpaceTransaction>> open = new HashMap<>();
  private final Set<Waiter> openWaiters = new HashSet<>();
  private final TreeSet<Tuple> mortal =
      new TreeSet<>(Comparator.comparingLong(Tuple::expires).thenComparingLong(Tuple::order));
  private long bytes;
  private int placed;

  Shelf(LongSupplier now, LongSupplier numbers, long maxBytes) {
    this.now = now;
    this.numbers = numbers;
    this.maxBytes = maxBytes;
  }

  // What is seen.

  /** The oldest free match, else the oldest of the turn's own writes. */
  @Nullable Tuple find(SpaceTransaction tx, Pattern p) {
    List<Tuple> found = visible(tx, p, 1);
    return found.isEmpty() ? null : found.getFirst();
  }

  List<Tuple> visible(SpaceTransaction tx, Pattern p, long limit) {
    sweep(SWEEP);
    List<Tuple> found = new ArrayList<>();
    collect(free.candidates(p), p, limit, found);
    collect(tx.own().candidates(p), p, limit, found);
    return found;
  }

  private void collect(Collection<Tuple> candidates, Pattern p, long limit, List<Tuple> found) {
    if (limit != 0 && found.size() >= limit) {
      return;
    }
    long time = now.getAsLong();
    for (Tuple t : candidates) {
      if (!t.isExpired(time) && p.matches(t.keys())) {
        found.add(t);
        if (found.size() == limit) {
          return;
        }
      }
    }
  }

  long count(SpaceTransaction tx, Pattern p) {
    sweep(SWEEP);
    long time = now.getAsLong();
    long n = 0;
    for (Tuple t : free.candidates(p)) {
      n += !t.isExpired(time) && p.matches(t.keys()) ? 1 : 0;
    }
    for (Tuple t : tx.own().candidates(p)) {
      n += p.matches(t.keys()) ? 1 : 0;
    }
    return n;
  }

  int size() {
    sweep(Integer.MAX_VALUE);
    return free.size() + held.size() - placed;
  }

  long bytes() {
    return bytes;
  }

  // What stands in the way.

  /** The other turns that have taken a match, that of the oldest match first. */
  List<SpaceTransaction> takers(SpaceTransaction tx, Pattern p) {
    Set<SpaceTransaction> holders = new LinkedHashSet<>();
    addHolders(tx, p, false, holders);
    return List.copyOf(holders);
  }

  /** The other turns whose end decides whether {@code tx} may place {@code candidate}. */
  List<SpaceTransaction> rivals(SpaceTransaction tx, Pattern p, Tuple candidate) {
    Set<SpaceTransaction> holders = new LinkedHashSet<>();
    addHolders(tx, p, true, holders);
    for (Tuple claim : claims.matching(candidate.keys(), c -> false)) {
      addHolder(tx, claim, holders);
    }
    return List.copyOf(holders);
  }

  private void addHolders(
      SpaceTransaction tx, Pattern p, boolean withPlaced, Set<SpaceTransaction> holders) {
    for (Tuple t : held.candidates(p)) {
      if ((withPlaced || !t.isClaim()) && p.matches(t.keys())) {
        addHolder(tx, t, holders);
      }
    }
  }

  private static void addHolder(SpaceTransaction tx, Tuple t, Set<SpaceTransaction> holders) {
    SpaceTransaction holder = t.holder();
    if (holder != null && holder != tx) {
      holders.add(holder);
    }
  }

  /** Notes that the turn does something here that its end decides about. */
  void enlist(SpaceTransaction tx) {
    if (tx.isEnlisted()) {
      return;
    }
    tx.enlist();
    open.computeIfAbsent(tx.actor(), a -> new ArrayDeque<>(2)).add(tx);
  }

  /** Another turn of the same actor that has not ended; an actor runs one at a time. */
  @Nullable SpaceTransaction earlier(SpaceTransaction tx) {
    Deque<SpaceTransaction> turns = open.get(tx.actor());
    SpaceTransaction first = turns == null ? null : turns.peekFirst();
    return first == tx ? null : first;
  }

  // Who waits.

  /** Every call that waits, for whatever reason. */
  Set<Waiter> openWaiters() {
    return openWaiters;
  }

  /** No tuple goes to {@code w} any more. */
  void forget(Waiter w) {
    waiters.remove(w);
  }

  void enqueue(Waiter w, @Nullable SpaceTransaction blocker) {
    openWaiters.add(w);
    w.tx().waiter(w);
    if (w.wantsTuples()) {
      waiters.add(w);
    }
    if (blocker != null) {
      blocker.rivals().add(w);
    }
  }

  void dequeue(Waiter w, @Nullable SpaceTransaction blocker) {
    openWaiters.remove(w);
    w.tx().waiter(null);
    waiters.remove(w);
    if (blocker != null) {
      blocker.rivals().remove(w);
    }
  }

  // What changes.

  /**
   * Makes room for {@code n} bytes.
   *
   * @throws HostException RESOURCE_EXHAUSTED if there is none
   */
  void reserve(long n) {
    sweep(SWEEP);
    if (bytes + n > maxBytes) {
      sweep(Integer.MAX_VALUE);
    }
    if (bytes + n > maxBytes) {
      String why =
          "the tuple space is full: a tuple that counts "
              + n
              + " bytes does not fit beside the "
              + bytes
              + " of at most "
              + maxBytes;
      throw new HostException(
          n > maxBytes
              ? HostError.lasting(ErrorCode.RESOURCE_EXHAUSTED, why)
              : HostError.of(ErrorCode.RESOURCE_EXHAUSTED, why));
    }
    bytes += n;
  }

  /** Takes a tuple that {@link #find} found. */
  void take(SpaceTransaction tx, Tuple t) {
    if (t.isClaim()) {
      unplace(tx, t);
    } else if (t.holder() == tx) {
      tx.removeWritten(t);
      bytes -= t.bytes();
      t.heldBy(null);
    } else {
      free.remove(t);
      mortal.remove(t);
      hold(tx, t);
    }
  }

  void untake(SpaceTransaction tx, Tuple t) {
    tx.taken().remove(t);
    held.remove(t);
    restore(t);
  }

  void place(SpaceTransaction tx, Tuple t, Pattern claim) {
    t.claim(claim);
    t.heldBy(tx);
    tx.addWritten(t);
    held.add(t);
    claims.add(t);
    placed++;
  }

  void unplace(SpaceTransaction tx, Tuple t) {
    tx.removeWritten(t);
    release(t);
    t.heldBy(null);
    bytes -= t.bytes();
  }

  /** Puts a tuple that comes back from disk to its place. Nobody waits yet. */
  void load(Tuple t) {
    bytes += t.bytes();
    free.add(t);
    if (t.hasExpiry()) {
      mortal.add(t);
    }
  }

  /**
   * Ends a turn that succeeded: what it took is gone, what it wrote is there, in order. What was
   * recorded for the disk keeps the number and the end that the disk knows; it may have come to its
   * end on the way there.
   */
  void publish(SpaceTransaction tx) {
    close(tx);
    for (Tuple t : tx.taken()) {
      held.remove(t);
      bytes -= t.bytes();
    }
    List<Tuple> written = tx.written();
    written.forEach(this::release);
    for (Tuple t : written) {
      if (tx.isRecorded()) {
        restore(t);
      } else {
        t.heldBy(null);
        t.placeAt(numbers.getAsLong());
        t.startLife(now.getAsLong());
        offer(t);
      }
    }
  }

  /** Ends a turn that failed: what it took is back at its place, what it wrote never was. */
  void undo(SpaceTransaction tx) {
    close(tx);
    for (Tuple t : tx.written()) {
      release(t);
      bytes -= t.bytes();
    }
    tx.taken().forEach(held::remove);
    tx.taken().sort(Comparator.comparingLong(Tuple::order));
    tx.taken().forEach(this::restore);
  }

  private void close(SpaceTransaction tx) {
    Deque<SpaceTransaction> turns = open.get(tx.actor());
    if (turns != null && turns.remove(tx) && turns.isEmpty()) {
      open.remove(tx.actor());
    }
  }

  /** Ends the claim of a placed tuple; nothing for others. */
  private void release(Tuple t) {
    if (t.isClaim()) {
      held.remove(t);
      claims.remove(t);
      t.claim(null);
      placed--;
    }
  }

  private void restore(Tuple t) {
    t.heldBy(null);
    if (t.isExpired(now.getAsLong())) {
      bytes -= t.bytes();
    } else {
      offer(t);
    }
  }

  /** Gives a tuple to the readers and the one taker that come first in the queue, or to all. */
  private void offer(Tuple t) {
    for (Waiter w : waiters.matching(t.keys(), Waiter::takes)) {
      waiters.remove(w);
      if (w.takes()) {
        hold(w.tx(), t);
      }
      w.finish(t);
    }
    if (t.holder() == null) {
      free.add(t);
      if (t.hasExpiry()) {
        mortal.add(t);
      }
    }
  }

  private void hold(SpaceTransaction tx, Tuple t) {
    enlist(tx);
    t.heldBy(tx);
    held.add(t);
    tx.taken().add(t);
  }

  /** Clears away expired tuples, which nobody sees any more. */
  private void sweep(int most) {
    long time = now.getAsLong();
    for (int i = 0; i < most && !mortal.isEmpty() && mortal.first().isExpired(time); i++) {
      Tuple t = mortal.removeFirst();
      free.remove(t);
      bytes -= t.bytes();
    }
  }
}
