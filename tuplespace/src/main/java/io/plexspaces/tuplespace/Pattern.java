package io.plexspaces.tuplespace;

import io.plexspaces.api.Value;
import java.util.List;

/**
 * What a tuple must look like: as many fields, and every field equal to the pattern's, where null
 * matches any field. A null inside a list or a map is a value like others.
 */
final class Pattern {
  private final List<Value> fields;

  Pattern(List<Value> fields) {
    this.fields = Canonical.list(fields);
  }

  int arity() {
    return fields.size();
  }

  boolean isConcrete(int position) {
    return !(fields.get(position) instanceof Value.Null);
  }

  /** The canonical value at {@code position}. */
  Value field(int position) {
    return fields.get(position);
  }

  /** Whether a tuple of these canonical fields matches. */
  boolean matches(List<Value> keys) {
    if (keys.size() != fields.size()) {
      return false;
    }
    for (int i = 0; i < keys.size(); i++) {
      if (isConcrete(i) && !fields.get(i).equals(keys.get(i))) {
        return false;
      }
    }
    return true;
  }

  @Override
  public String toString() {
    return fields.toString();
  }
}
