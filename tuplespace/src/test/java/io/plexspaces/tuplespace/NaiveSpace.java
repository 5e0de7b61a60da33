package io.plexspaces.tuplespace;

import io.plexspaces.api.Value;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The tuple space as one would explain it: a list, and a look through all of it every time. */
final class NaiveSpace {
  private static final int NOBODY = -1;

  private static final class Entry {
    final List<Value> fields;
    final @Nullable List<Value> claim;
    int holder = NOBODY;

    Entry(List<Value> fields, @Nullable List<Value> claim) {
      this.fields = fields;
      this.claim = claim;
    }
  }

  private final List<Entry> published = new ArrayList<>();
  private final Map<Integer, List<Entry>> pending = new HashMap<>();

  void write(int turn, List<Value> fields) {
    own(turn).add(new Entry(fields, null));
  }

  List<List<Value>> readAll(int turn, List<Value> pattern) {
    return visible(turn, pattern).stream().map(e -> e.fields).toList();
  }

  @Nullable List<Value> take(int turn, List<Value> pattern) {
    List<Entry> found = visible(turn, pattern);
    if (found.isEmpty()) {
      return null;
    }
    Entry e = found.getFirst();
    if (!own(turn).remove(e)) {
      e.holder = turn;
    }
    return e.fields;
  }

  /** Whether a take that waits for held matches would wait. */
  boolean isHeldByOthers(int turn, List<Value> pattern) {
    return published.stream()
        .anyMatch(e -> e.holder != NOBODY && e.holder != turn && matches(pattern, e.fields));
  }

  /** Whether a write-once would wait. */
  boolean hasRivals(int turn, List<Value> pattern, List<Value> tuple) {
    if (isHeldByOthers(turn, pattern)) {
      return true;
    }
    for (Map.Entry<Integer, List<Entry>> other : pending.entrySet()) {
      for (Entry e : other.getValue()) {
        if (other.getKey() != turn
            && e.claim != null
            && (matches(pattern, e.fields) || matches(e.claim, tuple))) {
          return true;
        }
      }
    }
    return false;
  }

  void place(int turn, List<Value> pattern, List<Value> tuple) {
    own(turn).add(new Entry(tuple, pattern));
  }

  void commit(int turn) {
    published.removeIf(e -> e.holder == turn);
    published.addAll(own(turn));
    own(turn).clear();
  }

  void rollBack(int turn) {
    published.stream().filter(e -> e.holder == turn).forEach(e -> e.holder = NOBODY);
    own(turn).clear();
  }

  int size() {
    return published.size();
  }

  private List<Entry> own(int turn) {
    return pending.computeIfAbsent(turn, t -> new ArrayList<>());
  }

  private List<Entry> visible(int turn, List<Value> pattern) {
    List<Entry> found = new ArrayList<>();
    published.stream()
        .filter(e -> e.holder == NOBODY && matches(pattern, e.fields))
        .forEach(found::add);
    own(turn).stream().filter(e -> matches(pattern, e.fields)).forEach(found::add);
    return found;
  }

  static boolean matches(List<Value> pattern, List<Value> fields) {
    if (pattern.size() != fields.size()) {
      return false;
    }
    for (int i = 0; i < fields.size(); i++) {
      if (!(pattern.get(i) instanceof Value.Null) && !same(pattern.get(i), fields.get(i))) {
        return false;
      }
    }
    return true;
  }

  static boolean same(Value a, Value b) {
    BigDecimal x = number(a);
    BigDecimal y = number(b);
    if (x != null && y != null) {
      return x.compareTo(y) == 0;
    }
    if (a instanceof Value.Arr l && b instanceof Value.Arr m) {
      if (l.items().size() != m.items().size()) {
        return false;
      }
      for (int i = 0; i < l.items().size(); i++) {
        if (!same(l.items().get(i), m.items().get(i))) {
          return false;
        }
      }
      return true;
    }
    if (a instanceof Value.Obj o && b instanceof Value.Obj p) {
      return o.fields().keySet().equals(p.fields().keySet())
          && o.fields().entrySet().stream()
              .allMatch(e -> same(e.getValue(), p.fields().getOrDefault(e.getKey(), Value.NULL)));
    }
    return a.equals(b);
  }

  private static @Nullable BigDecimal number(Value v) {
    return switch (v) {
      case Value.Int i -> BigDecimal.valueOf(i.value());
      case Value.BigInt i -> new BigDecimal(i.value());
      case Value.Num n -> new BigDecimal(n.value());
      default -> null;
    };
  }
}
