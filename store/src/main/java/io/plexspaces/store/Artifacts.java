package io.plexspaces.store;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Content-addressed files: one per digest, written once. Callers take turns. */
final class Artifacts {
  private static final String PREFIX = "sha256:";

  private final Path directory;

  Artifacts(Path directory) {
    this.directory = directory;
  }

  /** Durable on return. A file that is there already is verified and repaired if it is damaged. */
  String put(byte[] bytes) {
    String digest = PREFIX + Digests.hex(bytes);
    Path file = path(digest);
    try {
      if (!Files.exists(file) || !digest.equals(PREFIX + Digests.hex(Files.readAllBytes(file)))) {
        DurableFiles.write(file, directory.resolve(file.getFileName() + ".new"), bytes);
      }
      DurableFiles.syncDirectory(directory);
      return digest;
    } catch (IOException e) {
      throw DurableFiles.unusable(file, e);
    }
  }

  /**
   * @throws HostException NOT_FOUND, or DATA_LOSS if the bytes do not have that digest
   */
  byte[] get(String digest) {
    Path file = path(digest);
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new HostException(ErrorCode.NOT_FOUND, "there is no artifact " + digest, e);
    } catch (IOException e) {
      throw DurableFiles.unusable(file, e);
    }
    if (!digest.equals(PREFIX + Digests.hex(bytes))) {
      throw new HostException(
          ErrorCode.DATA_LOSS, file + " is damaged: its bytes do not have the digest of its name");
    }
    return bytes;
  }

  boolean exists(String digest) {
    return Files.exists(path(digest));
  }

  void delete(String digest) {
    Path file = path(digest);
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw DurableFiles.unusable(file, e);
    }
  }

  private Path path(String digest) {
    String hex = digest.startsWith(PREFIX) ? digest.substring(PREFIX.length()) : "";
    if (!hex.matches("[0-9a-f]{64}")) {
      throw new HostException(
          ErrorCode.INVALID_ARGUMENT,
          "\"" + digest + "\" is no artifact digest: sha256: and 64 hexadecimal digits");
    }
    return directory.resolve(hex);
  }
}
