package io.plexspaces.tuplespace;

import io.plexspaces.api.Value;

/**
 * A place in an index: tuples of an arity with a value at a position, or all tuples of the arity.
 */
record Slot(int arity, int position, Object key) {
  /** Fields from here on are not indexed: patterns that fix only these look at the whole arity. */
  static final int POSITIONS = 3;

  static Slot of(int arity, int position, Value canonical) {
    return new Slot(arity, position, Canonical.indexKey(canonical));
  }

  static Slot all(int arity) {
    return new Slot(arity, -1, "");
  }
}
