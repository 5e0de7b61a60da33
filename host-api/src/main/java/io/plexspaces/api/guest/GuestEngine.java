package io.plexspaces.api.guest;

import io.plexspaces.api.HostException;

/** Loads artifacts of one kind. Thread-safe. */
public interface GuestEngine extends AutoCloseable {
  /** A short name for listings: {@code wasm}, {@code quickjs}. */
  String name();

  /** Whether this engine is the one for {@code artifact}; cheap, and never throws on garbage. */
  boolean accepts(byte[] artifact);

  /**
   * Validates, compiles (or takes from the cache), initialises and describes the artifact.
   *
   * @throws HostException INVALID_ARGUMENT or FAILED_PRECONDITION with the reason, if the artifact
   *     is refused; nothing of it stays
   */
  GuestModule load(byte[] artifact, GuestLimits limits);

  @Override
  void close();
}
