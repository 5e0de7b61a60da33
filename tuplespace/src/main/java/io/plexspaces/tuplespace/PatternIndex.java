package io.plexspaces.tuplespace;

import io.plexspaces.api.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Patterns found by tuple: who waits for it, who claims it. Each entry is filed once, under the
 * field of its pattern that fewest others name, so a tuple meets few entries that it does not
 * match. Guarded by the space's lock.
 */
final class PatternIndex<E extends PatternIndex.Entry> {

  /** Something with a pattern and a place in the queue; neither changes while it is filed. */
  interface Entry {
    Pattern pattern();

    long order();
  }

  private final Map<Slot, TreeMap<Long, E>> slots = new HashMap<>();
  private final Map<E, Slot> filed = new HashMap<>();

  void add(E e) {
    Slot slot = emptiest(e.pattern());
    filed.put(e, slot);
    slots.computeIfAbsent(slot, s -> new TreeMap<>()).put(e.order(), e);
  }

  /** Removes {@code e} if it is here. */
  void remove(E e) {
    Slot slot = filed.remove(e);
    TreeMap<Long, E> entries = slot == null ? null : slots.get(slot);
    if (slot != null && entries != null) {
      entries.remove(e.order());
      if (entries.isEmpty()) {
        slots.remove(slot);
      }
    }
  }

  /**
   * The entries whose pattern a tuple of these canonical fields matches, in order, up to and with
   * the first that is {@code last}.
   */
  List<E> matching(List<Value> keys, Predicate<E> last) {
    List<Cursor<E>> cursors = cursors(keys);
    List<E> found = new ArrayList<>();
    while (true) {
      Cursor<E> oldest = null;
      for (Cursor<E> c : cursors) {
        if (c.head != null && (oldest == null || oldest.order() > c.order())) {
          oldest = c;
        }
      }
      if (oldest == null || oldest.head == null) {
        return found;
      }
      E e = oldest.head;
      oldest.advance();
      if (e.pattern().matches(keys)) {
        found.add(e);
        if (last.test(e)) {
          return found;
        }
      }
    }
  }

  private Slot emptiest(Pattern p) {
    Slot best = Slot.all(p.arity());
    int fewest = Integer.MAX_VALUE;
    for (int i = 0; i < Math.min(p.arity(), Slot.POSITIONS); i++) {
      if (p.isConcrete(i)) {
        Slot slot = Slot.of(p.arity(), i, p.field(i));
        TreeMap<Long, E> entries = slots.get(slot);
        int n = entries == null ? 0 : entries.size();
        if (n < fewest) {
          best = slot;
          fewest = n;
        }
      }
    }
    return best;
  }

  private List<Cursor<E>> cursors(List<Value> keys) {
    List<Cursor<E>> cursors = new ArrayList<>(Slot.POSITIONS + 1);
    if (!slots.isEmpty()) {
      open(Slot.all(keys.size()), cursors);
      for (int i = 0; i < Math.min(keys.size(), Slot.POSITIONS); i++) {
        open(Slot.of(keys.size(), i, keys.get(i)), cursors);
      }
    }
    return cursors;
  }

  private void open(Slot slot, List<Cursor<E>> cursors) {
    TreeMap<Long, E> entries = slots.get(slot);
    if (entries != null) {
      cursors.add(new Cursor<>(entries.values().iterator()));
    }
  }

  private static final class Cursor<E extends Entry> {
    private final Iterator<E> rest;
    private @Nullable E head;

    Cursor(Iterator<E> rest) {
      this.rest = rest;
      advance();
    }

    void advance() {
      head = rest.hasNext() ? rest.next() : null;
    }

    long order() {
      return head == null ? Long.MAX_VALUE : head.order();
    }
  }
}
