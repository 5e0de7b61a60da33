package io.plexspaces.api.upkeep;

import io.plexspaces.api.Value;

/**
 * One thing that is wrong, or may be, with what a node keeps.
 *
 * @param damage false for what may be as it should: only who looks after the node can tell
 * @param file relative to the data directory, with {@code /}
 * @param what is wrong, a clause without a full stop
 * @param remedy what to do, an imperative without a full stop
 */
public record Finding(boolean damage, String file, String what, String remedy) {
  public static Finding damage(String file, String what, String remedy) {
    return new Finding(true, file, what, remedy);
  }

  public static Finding note(String file, String what, String remedy) {
    return new Finding(false, file, what, remedy);
  }

  public Value.Obj toValue() {
    return Value.Obj.builder()
        .put("damage", damage)
        .put("file", file)
        .put("what", what)
        .put("remedy", remedy)
        .build();
  }
}
