package io.plexspaces.gateway;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.Role;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Date;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * {@code auth.mode = "jwt"}: bearer tokens (RFC 6750, RFC 7519, RFC 8725). The algorithm is decided
 * by the key: the secret file verifies HS256 and nothing else, an RSA key RS256, a P-256 key ES256;
 * what the token's header says can only fail to fit.
 */
final class JwtAuthenticator implements Authenticator {
  static final int MAX_TOKEN = 8192;

  /** Longer than any stream. */
  private static final Duration LONG = Duration.ofDays(3650);

  static final Duration CLOCK_SKEW = Duration.ofSeconds(30);

  private static final String SCHEME = "bearer ";
  private static final Set<String> TYPES = Set.of("jwt", "at+jwt");

  private final AuthConfig.Jwt config;
  private final @Nullable JWSVerifier secret;
  private final @Nullable KeyFile keys;
  private final InstantSource clock;

  /**
   * @param nanos a monotonic clock, for rate limits
   * @throws IllegalArgumentException if a key file cannot be used
   */
  JwtAuthenticator(AuthConfig.Jwt config, InstantSource clock, LongSupplier nanos) {
    this.config = config;
    this.clock = clock;
    this.secret = config.hs256SecretFile() == null ? null : mac(config);
    this.keys = config.jwksFile() == null ? null : new KeyFile(config.jwksFile(), nanos);
  }

  private static JWSVerifier mac(AuthConfig.Jwt config) {
    try {
      return new MACVerifier(
          SecretFile.read(java.util.Objects.requireNonNull(config.hs256SecretFile())));
    } catch (JOSEException e) {
      throw new IllegalArgumentException("the secret of auth.hs256_secret_file cannot be used", e);
    }
  }

  @Override
  public void admit(IncomingHeaders headers) {}

  @Override
  public Caller authenticate(IncomingHeaders headers) {
    String header = headers.one("Authorization");
    if (header == null) {
      throw unauthenticated("this needs a token: send Authorization: Bearer ..", null);
    }
    if (!header.toLowerCase(Locale.ROOT).startsWith(SCHEME)) {
      throw unauthenticated("Authorization must be a Bearer token", null);
    }
    String token = header.substring(SCHEME.length()).strip();
    if (token.length() > MAX_TOKEN) {
      throw invalid("the token is longer than " + MAX_TOKEN + " characters");
    }
    return caller(verified(token));
  }

  private JWTClaimsSet verified(String token) {
    SignedJWT jwt;
    try {
      jwt = SignedJWT.parse(token);
    } catch (ParseException e) {
      throw invalid("the token is not a signed JWT");
    }
    JWSHeader header = jwt.getHeader();
    JOSEObjectType type = header.getType();
    if (type != null && !TYPES.contains(type.getType().toLowerCase(Locale.ROOT))) {
      throw invalid("the token is not an access token: its typ is another");
    }
    try {
      boolean good = false;
      for (JWSVerifier v : verifiers(header)) {
        good |= jwt.verify(v);
      }
      if (!good) {
        throw invalid("the token's signature is not valid");
      }
      return checked(jwt.getJWTClaimsSet());
    } catch (JOSEException e) {
      throw invalid("the token's signature is not valid");
    } catch (ParseException e) {
      throw invalid("the token's claims cannot be read");
    }
  }

  private List<? extends JWSVerifier> verifiers(JWSHeader header) {
    JWSAlgorithm algorithm = header.getAlgorithm();
    List<? extends JWSVerifier> found = List.of();
    if (algorithm.equals(JWSAlgorithm.HS256) && secret != null) {
      return List.of(secret);
    } else if (keys != null
        && (algorithm.equals(JWSAlgorithm.RS256) || algorithm.equals(JWSAlgorithm.ES256))) {
      found = keys.verifiers(algorithm, header.getKeyID());
      if (found.isEmpty()) {
        throw invalid("the token is signed with a key that is not known here");
      }
      return found;
    }
    throw invalid("tokens signed with that algorithm are not accepted here");
  }

  private JWTClaimsSet checked(JWTClaimsSet claims) {
    Instant now = clock.instant();
    Date expires = claims.getExpirationTime();
    if (expires == null) {
      throw invalid("the token has no expiry (exp)");
    }
    if (!now.isBefore(expires.toInstant().plus(CLOCK_SKEW))) {
      throw invalid("the token has expired");
    }
    Date notBefore = claims.getNotBeforeTime();
    if (notBefore != null && now.isBefore(notBefore.toInstant().minus(CLOCK_SKEW))) {
      throw invalid("the token is not valid yet (nbf)");
    }
    if (config.issuer() != null && !config.issuer().equals(claims.getIssuer())) {
      throw invalid("the token is from another issuer (iss)");
    }
    if (config.audience() != null && !claims.getAudience().contains(config.audience())) {
      throw invalid("the token is for another audience (aud)");
    }
    return claims;
  }

  private Caller caller(JWTClaimsSet claims) {
    if (!(claims.getClaim(config.tenantClaim()) instanceof String tenant)) {
      throw invalid("the token names no tenant (claim " + config.tenantClaim() + ")");
    }
    if (!AppId.isName(tenant)) {
      throw invalid("the token's tenant is not a valid name (claim " + config.tenantClaim() + ")");
    }
    String subject = claims.getSubject();
    Duration left =
        Duration.between(clock.instant(), claims.getExpirationTime().toInstant().plus(CLOCK_SKEW));
    return new Caller(
        tenant,
        subject == null || subject.isBlank() ? "unnamed" : subject,
        roles(claims),
        left.compareTo(LONG) >= 0 ? null : System.nanoTime() + left.toNanos());
  }

  /** Roles nobody knows here are other systems' and mean nothing. */
  private Set<Role> roles(JWTClaimsSet claims) {
    Object claim = claims.getClaim(config.rolesClaim());
    List<?> labels =
        switch (claim) {
          case null -> List.of();
          case String s -> Arrays.asList(s.strip().split(" +"));
          case List<?> l -> l;
          default ->
              throw invalid("the token's roles are no list (claim " + config.rolesClaim() + ")");
        };
    Set<Role> roles = EnumSet.noneOf(Role.class);
    for (Role r : Role.values()) {
      if (labels.contains(r.label())) {
        roles.add(r);
      }
    }
    return roles;
  }

  private static Refusal invalid(String why) {
    return unauthenticated(why, "invalid_token");
  }

  private static Refusal unauthenticated(String why, @Nullable String error) {
    String challenge = "Bearer realm=\"plexspaces\"";
    if (error != null) {
      challenge += ", error=\"" + error + "\", error_description=\"" + why + "\"";
    }
    return new Refusal(
        401, HostError.of(ErrorCode.UNAUTHENTICATED, why), Map.of("WWW-Authenticate", challenge));
  }
}
