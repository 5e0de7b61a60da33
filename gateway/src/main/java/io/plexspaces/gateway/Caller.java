package io.plexspaces.gateway;

import io.plexspaces.api.Role;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who sent a request, as the authenticator found out.
 *
 * @param untilNanos when that ends to be so, as {@link System#nanoTime}; null for never
 */
record Caller(String tenant, String principal, Set<Role> roles, @Nullable Long untilNanos) {
  Caller {
    roles = Set.copyOf(roles);
  }
}
