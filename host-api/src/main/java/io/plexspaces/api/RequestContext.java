package io.plexspaces.api;

import java.util.Set;

/**
 * On whose behalf something runs. Made by the host from a verified token, or inherited from the
 * turn that asks; a guest can neither see nor change the tenant.
 *
 * @param principal who, as the token's subject says; {@code anonymous} without authentication
 * @param roles what the principal may do
 * @param deadlineNanos {@link System#nanoTime} after which the caller no longer waits, or {@link
 *     #NO_DEADLINE}
 */
public record RequestContext(
    String tenant, String principal, Set<Role> roles, long deadlineNanos, String traceId) {

  public static final long NO_DEADLINE = Long.MAX_VALUE;

  public RequestContext {
    roles = Set.copyOf(roles);
  }

  public RequestContext withDeadline(long nanos) {
    return new RequestContext(tenant, principal, roles, nanos, traceId);
  }

  public boolean hasDeadline() {
    return deadlineNanos != NO_DEADLINE;
  }
}
