package io.plexspaces.api.journal;

import io.plexspaces.api.HostException;
import org.jspecify.annotations.Nullable;

/** Told once how an append ended, on a thread of the store, in the order of the appends. */
@FunctionalInterface
public interface CommitListener {
  /**
   * @param failure null if the turn is durable
   */
  void committed(@Nullable HostException failure);
}
