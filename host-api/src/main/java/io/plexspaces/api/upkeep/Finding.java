package io.plexspaces.api.upkeep;

import io.plexspaces.api.Value;

/**
 * One thing that is wrong with what a node keeps.
 *
 * @param file relative to the data directory, with {@code /}
 * @param what is wrong, a clause without a full stop
 * @param remedy what to do, an imperative without a full stop
 */
public record Finding(String file, String what, String remedy) {
  public Value.Obj toValue() {
    return Value.Obj.builder().put("file", file).put("what", what).put("remedy", remedy).build();
  }
}
