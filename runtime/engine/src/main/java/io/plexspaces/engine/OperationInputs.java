package io.plexspaces.engine;

import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.guest.ModuleDescription;
import io.plexspaces.api.guest.ModuleDescription.ActorType;
import io.plexspaces.api.guest.ModuleDescription.Operation;
import io.plexspaces.api.guest.Schema;
import java.util.HashMap;
import java.util.Map;

/**
 * What the operations of a module take, where they say so. Immutable; a module without schemas
 * costs one look at an empty map.
 */
final class OperationInputs {
  /** By type, then by operation. */
  private final Map<String, Map<String, Schema>> schemas = new HashMap<>();

  OperationInputs(ModuleDescription module) {
    for (ActorType t : module.types().values()) {
      for (Operation op : t.operations().values()) {
        var input = op.input();
        if (input != null) {
          schemas
              .computeIfAbsent(t.name(), n -> new HashMap<>())
              .put(op.name(), Schema.compile(input));
        }
      }
    }
  }

  /**
   * @throws HostException INVALID_ARGUMENT if {@code payload} is not what the operation takes
   */
  void check(String type, String op, Payload payload) {
    if (schemas.isEmpty()) {
      return;
    }
    Map<String, Schema> ofType = schemas.get(type);
    Schema input = ofType == null ? null : ofType.get(op);
    if (input != null) {
      input.require(op, payload);
    }
  }
}
