package io.plexspaces.tuplespace;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Tuples found by pattern, oldest first. Every tuple is filed under its arity and under each of its
 * first fields; a search looks through the smallest of the places that its pattern names. Adding
 * and removing cost O(log n) of a place's tuples, so a taken tuple can return to where it was.
 * Guarded by the space's lock.
 */
final class TupleIndex {
  private final int positions;
  private final Map<Slot, TreeMap<Long, Tuple>> slots = new HashMap<>();
  private int size;

  /**
   * @param positions how many of the first fields are indexed
   */
  TupleIndex(int positions) {
    this.positions = positions;
  }

  int size() {
    return size;
  }

  void add(Tuple t) {
    int arity = t.keys().size();
    put(Slot.all(arity), t);
    for (int i = 0; i < Math.min(arity, positions); i++) {
      put(Slot.of(arity, i, t.keys().get(i)), t);
    }
    size++;
  }

  void remove(Tuple t) {
    int arity = t.keys().size();
    if (!take(Slot.all(arity), t)) {
      throw new IllegalStateException("the tuple is not in the index");
    }
    for (int i = 0; i < Math.min(arity, positions); i++) {
      take(Slot.of(arity, i, t.keys().get(i)), t);
    }
    size--;
  }

  /** Tuples that may match, oldest first: all that do are among them. */
  Collection<Tuple> candidates(Pattern p) {
    TreeMap<Long, Tuple> best = slots.get(Slot.all(p.arity()));
    if (best == null) {
      return List.of();
    }
    for (int i = 0; i < Math.min(p.arity(), positions); i++) {
      if (p.isConcrete(i)) {
        TreeMap<Long, Tuple> slot = slots.get(Slot.of(p.arity(), i, p.field(i)));
        if (slot == null) {
          return List.of();
        }
        if (slot.size() < best.size()) {
          best = slot;
        }
      }
    }
    return best.values();
  }

  private void put(Slot slot, Tuple t) {
    slots.computeIfAbsent(slot, s -> new TreeMap<>()).put(t.order(), t);
  }

  private boolean take(Slot slot, Tuple t) {
    TreeMap<Long, Tuple> tuples = slots.get(slot);
    boolean found = tuples != null && tuples.remove(t.order(), t);
    if (tuples != null && tuples.isEmpty()) {
      slots.remove(slot);
    }
    return found;
  }
}
