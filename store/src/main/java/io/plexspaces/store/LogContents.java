package io.plexspaces.store;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.upkeep.Finding;
import java.util.List;
import java.util.Map;

/**
 * What the commit log has, per actor.
 *
 * @param findings what is wrong with the log itself
 * @param turns of each actor, oldest first
 */
record LogContents(List<Finding> findings, Map<ActorId, List<Run>> turns) {
  static final LogContents NONE = new LogContents(List.of(), Map.of());

  /** Turns of one epoch without a gap. */
  record Run(long epoch, long first, long last) {}
}
