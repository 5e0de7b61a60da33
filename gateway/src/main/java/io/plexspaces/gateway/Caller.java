package io.plexspaces.gateway;

import io.plexspaces.api.Role;
import java.util.Set;

/** Who sent a request, as the authenticator found out. */
record Caller(String tenant, String principal, Set<Role> roles) {
  Caller {
    roles = Set.copyOf(roles);
  }
}
