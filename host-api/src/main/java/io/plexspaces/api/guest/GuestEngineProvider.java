package io.plexspaces.api.guest;

/**
 * Makes engines that are no part of every installation; found with {@link java.util.ServiceLoader}
 * when an app first needs one.
 */
public interface GuestEngineProvider {
  /** Whether it makes the engine of this name. */
  boolean makes(String engine);

  /** A new engine, which the caller closes. */
  GuestEngine make(String engine, MemoryBudget budget);
}
