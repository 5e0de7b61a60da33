package io.plexspaces.engine;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import java.util.ArrayDeque;
import java.util.EnumSet;

/**
 * The errors that host calls of one turn gave to its guest: if the turn ends with one of them, the
 * fault is not the guest's. Made for the first one.
 */
final class HostErrors {
  private static final int MAX_KEPT = 16;

  private final ArrayDeque<HostError> last = new ArrayDeque<>(1);

  /** Of all, also of those that are not kept. */
  private final EnumSet<ErrorCode> codes = EnumSet.noneOf(ErrorCode.class);

  void add(HostError error) {
    if (last.size() == MAX_KEPT) {
      last.removeFirst();
    }
    last.addLast(error);
    codes.add(error.code());
  }

  /**
   * Whether an error the guest ended with came to it from the host: it let through what a host call
   * gave it (an address that a client made up, say), or ends with its caller's deadline, a quota,
   * something unavailable. Such an error fails the turn but is not the actor's fault, or callers
   * could restart an app until its supervisor gives up.
   */
  boolean explain(HostError error) {
    return switch (error.code()) {
      case DEADLINE_EXCEEDED, CANCELLED, RESOURCE_EXHAUSTED, UNAVAILABLE, ABORTED ->
          codes.contains(error.code());
      default ->
          last.stream()
              .anyMatch(e -> e.code() == error.code() && e.message().equals(error.message()));
    };
  }
}
