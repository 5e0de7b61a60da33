package io.plexspaces.engine;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/** The registered names of an app. A name has one holder and dies with it. */
final class Names {
  private final ConcurrentMap<String, ActorId> holders = new ConcurrentHashMap<>();

  /**
   * Answers false if {@code actor} held the name already.
   *
   * @throws HostException ALREADY_EXISTS if another actor holds it
   */
  boolean register(String name, ActorId actor) {
    ActorId before = holders.putIfAbsent(name, actor);
    if (before != null && !before.equals(actor)) {
      throw new HostException(
          ErrorCode.ALREADY_EXISTS, "the name \"" + name + "\" is held by " + before.address());
    }
    return before == null;
  }

  @Nullable ActorId resolve(String name) {
    return holders.get(name);
  }

  void release(String name, ActorId actor) {
    holders.remove(name, actor);
  }

  /** The actor has ended: all its names are free. */
  void releaseAll(ActorId actor) {
    holders.values().removeIf(actor::equals);
  }
}
