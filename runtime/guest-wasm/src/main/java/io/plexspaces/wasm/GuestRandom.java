package io.plexspaces.wasm;

import java.security.GeneralSecurityException;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * A guest's random generator: the key stream of ChaCha20 under the guest's seed, so that the
 * sequences of two guests share nothing and one can be repeated from its seed. Costs nothing until
 * it is used. Not thread-safe.
 */
public final class GuestRandom {
  /** Bytes of a seed. */
  public static final int SEED_BYTES = 32;

  private static final int BLOCK = 256;

  private final byte[] seed;
  private @Nullable Cipher stream;
  private byte[] block = {};
  private int used;

  /**
   * @throws IllegalArgumentException if {@code seed} has not {@value #SEED_BYTES} bytes
   */
  public GuestRandom(byte[] seed) {
    if (seed.length != SEED_BYTES) {
      throw new IllegalArgumentException("a seed has 32 bytes, not " + seed.length);
    }
    this.seed = seed.clone();
  }

  /** The next {@code n} bytes. */
  public byte[] bytes(int n) {
    byte[] out = new byte[n];
    int at = 0;
    while (at < n) {
      if (used == block.length) {
        block = nextBlock();
        used = 0;
      }
      int take = Math.min(n - at, block.length - used);
      System.arraycopy(block, used, out, at, take);
      used += take;
      at += take;
    }
    return out;
  }

  /** The next 64 bits. */
  public long nextLong() {
    return java.nio.ByteBuffer.wrap(bytes(Long.BYTES)).getLong();
  }

  private byte[] nextBlock() {
    try {
      Cipher c = stream;
      if (c == null) {
        c = Cipher.getInstance("ChaCha20-Poly1305");
        // Each guest has a key of its own and the cipher is used once: a fixed nonce repeats none.
        c.init(
            Cipher.ENCRYPT_MODE,
            new SecretKeySpec(seed, "ChaCha20"),
            new IvParameterSpec(new byte[12]));
        stream = c;
      }
      return c.update(new byte[BLOCK]);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no ChaCha20", e);
    }
  }
}
