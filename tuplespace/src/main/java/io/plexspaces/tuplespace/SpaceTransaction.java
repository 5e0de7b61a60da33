package io.plexspaces.tuplespace;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.journal.TupleChange;
import io.plexspaces.api.op.TurnParticipant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What one turn does in one space: writes that only it sees until they are published, and tuples it
 * has taken, which are nobody's until it ends. Everything but what a participant of a turn is asked
 * for is guarded by the space's lock.
 */
final class SpaceTransaction implements TurnParticipant {
  private final TupleSpace space;
  private final ActorId actor;
  private final NavigableMap<Long, Tuple> written = new TreeMap<>();
  private final TupleIndex own = new TupleIndex(1);
  private final List<Tuple> taken = new ArrayList<>();
  private final Set<Waiter> rivals = new LinkedHashSet<>();
  private @Nullable Waiter waiter;
  private boolean settled;
  private boolean enlisted;
  private boolean recorded;
  private boolean ended;

  SpaceTransaction(TupleSpace space, ActorId actor) {
    this.space = space;
    this.actor = actor;
  }

  @Override
  public List<TupleChange> changes() {
    return space.changes(this);
  }

  @Override
  public void commit() {
    space.commit(this);
  }

  @Override
  public void rollBack() {
    space.rollBack(this);
  }

  ActorId actor() {
    return actor;
  }

  /** Adds a write, plain or placed, after those before it. */
  void addWritten(Tuple t) {
    written.put(t.order(), t);
    own.add(t);
  }

  void removeWritten(Tuple t) {
    written.remove(t.order());
    own.remove(t);
  }

  /** The turn's own writes in order. */
  List<Tuple> written() {
    return new ArrayList<>(written.values());
  }

  TupleIndex own() {
    return own;
  }

  List<Tuple> taken() {
    return taken;
  }

  /** Those who wait for this turn to end. */
  Set<Waiter> rivals() {
    return rivals;
  }

  /** Lets those who wait for this turn look again: it has ended, or gave something back. */
  void wakeRivals() {
    new ArrayList<>(rivals).forEach(Waiter::wake);
  }

  @Nullable Waiter waiter() {
    return waiter;
  }

  void waiter(@Nullable Waiter w) {
    waiter = w;
  }

  boolean isSettled() {
    return settled;
  }

  void settle() {
    settled = true;
  }

  boolean isEnlisted() {
    return enlisted;
  }

  void enlist() {
    enlisted = true;
  }

  /** Whether what it did was said for the disk: from then on it does nothing more. */
  boolean isRecorded() {
    return recorded;
  }

  void record() {
    recorded = true;
  }

  boolean isEnded() {
    return ended;
  }

  void end() {
    ended = true;
  }
}
