package io.plexspaces.gateway;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** The file with the secret of HS256. */
final class SecretFile {
  private static final int MIN = 32;
  private static final int MAX = 4096;

  private SecretFile() {}

  /**
   * The bytes of the file; one line end at its end, which editors add, is not part of the secret.
   *
   * @throws IllegalArgumentException if it cannot be read or is too short to be safe
   */
  static byte[] read(Path file) {
    byte[] bytes;
    try {
      if (Files.size(file) > MAX) {
        throw new IllegalArgumentException(
            "auth.hs256_secret_file " + file + " has more than " + MAX + " bytes");
      }
      bytes = Files.readAllBytes(file);
    } catch (IOException e) {
      throw new IllegalArgumentException("auth.hs256_secret_file cannot be read: " + e, e);
    }
    int end = bytes.length;
    if (end > 0 && bytes[end - 1] == '\n') {
      end -= end > 1 && bytes[end - 2] == '\r' ? 2 : 1;
    }
    if (end < MIN) {
      throw new IllegalArgumentException(
          "auth.hs256_secret_file " + file + " has " + end + " bytes, HS256 needs at least " + MIN);
    }
    return Arrays.copyOf(bytes, end);
  }
}
