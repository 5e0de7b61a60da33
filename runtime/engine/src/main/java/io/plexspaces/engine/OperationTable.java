package io.plexspaces.engine;

import io.plexspaces.api.op.HostOperation;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The one table of host operations, by wire name. Immutable. */
final class OperationTable {
  private final Map<String, HostOperation> byName = new HashMap<>();

  OperationTable(List<HostOperation> operations) {
    for (HostOperation op : operations) {
      if (byName.put(op.name(), op) != null) {
        throw new IllegalArgumentException("host operation " + op.name() + " is there twice");
      }
    }
  }

  @Nullable HostOperation find(String name) {
    return byName.get(name);
  }
}
