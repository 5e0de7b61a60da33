package io.plexspaces.api.guest;

import io.plexspaces.api.HostException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A loaded artifact, ready to fork actors from. Thread-safe. */
public interface GuestModule extends AutoCloseable {
  /** {@code sha256:<hex>} of the artifact: the code version that journals record. */
  String digest();

  /** What {@link #digest} is for {@code artifact}. */
  static String digestOf(byte[] artifact) {
    try {
      return "sha256:"
          + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(artifact));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  ModuleDescription description();

  /**
   * A new actor's guest: a fork of the initialised module. It has not been initialised as an actor
   * yet: the engine calls {@link GuestInstance#call} with INIT.
   *
   * @param seed 32 bytes for every random generator of this instance
   * @throws HostException NOT_FOUND if the module has no such type, RESOURCE_EXHAUSTED if the
   *     node's memory budget has no room
   */
  GuestInstance spawn(String type, byte[] seed);

  /** Frees what the module holds. Instances must have been closed before. */
  @Override
  void close();
}
