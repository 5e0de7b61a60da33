package io.plexspaces.engine;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.Payload;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Declared states that an app carries from one start of it to the next, of actors that have no
 * journal. Thread-safe.
 */
final class KeptStates {
  private final Map<ActorId, Payload> before;
  private final Map<ActorId, Payload> kept = new ConcurrentHashMap<>();
  private volatile boolean keeping;

  /**
   * @param before what the start before has left
   */
  KeptStates(Map<ActorId, Payload> before) {
    this.before = new ConcurrentHashMap<>(before);
  }

  /** From now on actors that stop leave their state. */
  void begin() {
    keeping = true;
  }

  boolean isKeeping() {
    return keeping;
  }

  void keep(ActorId actor, Payload state) {
    kept.put(actor, state);
  }

  /** What {@code actor} goes on from, or null. */
  @Nullable Payload of(ActorId actor) {
    return before.get(actor);
  }

  /** {@code actor} has it: after a crash it begins anew, like any other. */
  void taken(ActorId actor) {
    before.remove(actor);
  }

  /** What stopped actors have left, and what nobody has come for since the start. */
  Map<ActorId, Payload> all() {
    Map<ActorId, Payload> all = new ConcurrentHashMap<>(before);
    all.putAll(kept);
    return all;
  }
}
