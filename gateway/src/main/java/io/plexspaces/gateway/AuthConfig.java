package io.plexspaces.gateway;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The node's {@code [auth]}. */
public sealed interface AuthConfig {

  /**
   * Everybody who reaches the port is tenant {@code default} with all roles: allowed on a loopback
   * address only, and {@code Host} and {@code Origin} are checked on every request.
   */
  record None() implements AuthConfig {}

  /**
   * Bearer tokens. HS256 is accepted only where a secret file is given, RS256 and ES256 only where
   * a key file is.
   *
   * @param issuer what {@code iss} must be, or null to accept any
   * @param audience what {@code aud} must contain, or null to accept any
   * @param jwksFile a JSON Web Key Set with public keys; read again when it changes
   * @param hs256SecretFile at least 32 bytes; one line end at its end is not part of the secret
   * @param tenantClaim the claim that names the tenant
   * @param rolesClaim the claim that lists roles: an array of strings, or one string with blanks
   */
  record Jwt(
      @Nullable String issuer,
      @Nullable String audience,
      @Nullable Path jwksFile,
      @Nullable Path hs256SecretFile,
      String tenantClaim,
      String rolesClaim)
      implements AuthConfig {
    public static final String DEFAULT_TENANT_CLAIM = "tenant_id";
    public static final String DEFAULT_ROLES_CLAIM = "roles";

    public Jwt {
      if (jwksFile == null && hs256SecretFile == null) {
        throw new IllegalArgumentException(
            "auth.mode \"jwt\" needs jwks_file or hs256_secret_file");
      }
      if (tenantClaim.isBlank() || rolesClaim.isBlank()) {
        throw new IllegalArgumentException("tenant_claim and roles_claim must not be empty");
      }
    }
  }
}
