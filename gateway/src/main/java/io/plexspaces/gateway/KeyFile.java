package io.plexspaces.gateway;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.text.ParseException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Public keys from a JSON Web Key Set (RFC 7517) on disk, read again when the file changes (looked
 * at once a second at most) and when a token names a key that is not known (once in five seconds at
 * most). A file that has become unreadable keeps the keys it had. Thread-safe.
 */
final class KeyFile {
  private static final Logger LOG = System.getLogger(KeyFile.class.getName());
  private static final long LOOK_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long FORCE_NANOS = Duration.ofSeconds(5).toNanos();
  private static final int MAX_BYTES = 1 << 20;
  private static final int MAX_KEYS = 100;
  private static final int MIN_RSA_BITS = 2048;

  private final Path file;
  private final LongSupplier nanos;
  private final ReentrantLock reading = new ReentrantLock();
  private volatile Loaded loaded;
  private volatile long looked;
  private volatile long forced;

  private record Key(@Nullable String id, JWSAlgorithm algorithm, JWSVerifier verifier) {}

  private record Loaded(List<Key> keys, FileTime modified, long size) {}

  /**
   * @throws IllegalArgumentException if the file has no key that can be used
   */
  KeyFile(Path file, LongSupplier nanos) {
    this.file = file;
    this.nanos = nanos;
    try {
      this.loaded = load();
    } catch (IOException e) {
      throw new IllegalArgumentException("auth.jwks_file cannot be read: " + e, e);
    }
    this.looked = nanos.getAsLong();
    this.forced = looked - FORCE_NANOS;
  }

  /** Verifiers of the key {@code id}, or of all keys of the algorithm where it is null. */
  List<JWSVerifier> verifiers(JWSAlgorithm algorithm, @Nullable String id) {
    long now = nanos.getAsLong();
    if (now - looked >= LOOK_NANOS) {
      looked = now;
      reload(false);
    }
    List<JWSVerifier> found = find(algorithm, id);
    if (found.isEmpty() && now - forced >= FORCE_NANOS) {
      forced = now;
      reload(true);
      found = find(algorithm, id);
    }
    return found;
  }

  private List<JWSVerifier> find(JWSAlgorithm algorithm, @Nullable String id) {
    List<JWSVerifier> out = new ArrayList<>();
    for (Key k : loaded.keys()) {
      if (k.algorithm().equals(algorithm) && (id == null || id.equals(k.id()))) {
        out.add(k.verifier());
      }
    }
    return out;
  }

  private void reload(boolean force) {
    reading.lock();
    try {
      Loaded old = loaded;
      if (force
          || !Files.getLastModifiedTime(file).equals(old.modified())
          || Files.size(file) != old.size()) {
        loaded = load();
      }
    } catch (IOException | IllegalArgumentException e) {
      LOG.log(Level.ERROR, "auth.jwks_file: the keys read before stay in use: " + e.getMessage());
    } finally {
      reading.unlock();
    }
  }

  private Loaded load() throws IOException {
    FileTime modified = Files.getLastModifiedTime(file);
    long size = Files.size(file);
    if (size > MAX_BYTES) {
      throw new IllegalArgumentException(file + " has more than " + MAX_BYTES + " bytes");
    }
    List<Key> keys = new ArrayList<>();
    try {
      List<JWK> all = JWKSet.parse(Files.readString(file)).getKeys();
      if (all.size() > MAX_KEYS) {
        throw new IllegalArgumentException(file + " has more than " + MAX_KEYS + " keys");
      }
      for (JWK jwk : all) {
        Key key = usable(jwk);
        if (key == null) {
          LOG.log(
              Level.WARNING,
              "auth.jwks_file: key \""
                  + jwk.getKeyID()
                  + "\" is left out: not a signing key for RS256 (2048 bits and more) or ES256");
        } else {
          keys.add(key);
        }
      }
    } catch (ParseException | JOSEException e) {
      throw new IllegalArgumentException(
          "auth.jwks_file " + file + " is not a JSON Web Key Set: " + e.getMessage(), e);
    }
    if (keys.isEmpty()) {
      throw new IllegalArgumentException(
          "auth.jwks_file " + file + " has no key for RS256 or ES256");
    }
    return new Loaded(List.copyOf(keys), modified, size);
  }

  private static @Nullable Key usable(JWK jwk) throws JOSEException {
    if (jwk.getKeyUse() != null && !jwk.getKeyUse().equals(KeyUse.SIGNATURE)) {
      return null;
    }
    return switch (jwk) {
      case RSAKey rsa when rsa.size() >= MIN_RSA_BITS && fits(jwk, JWSAlgorithm.RS256) ->
          new Key(rsa.getKeyID(), JWSAlgorithm.RS256, new RSASSAVerifier(rsa.toPublicJWK()));
      case ECKey ec when Curve.P_256.equals(ec.getCurve()) && fits(jwk, JWSAlgorithm.ES256) ->
          new Key(ec.getKeyID(), JWSAlgorithm.ES256, new ECDSAVerifier(ec.toPublicJWK()));
      default -> null;
    };
  }

  private static boolean fits(JWK jwk, JWSAlgorithm algorithm) {
    return jwk.getAlgorithm() == null || jwk.getAlgorithm().equals(algorithm);
  }
}
