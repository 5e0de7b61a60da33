package io.plexspaces.python;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Initialised interpreters on disk, one file each, named by the digest of what it was made of. A
 * file begins with the SHA-256 of that digest and the rest: one that is damaged, cut or another's
 * is deleted and made anew. A folder that cannot be written costs time, never a deployment.
 * Thread-safe, also between processes.
 */
final class TemplateFiles {
  static final String SUFFIX = ".template";

  private static final System.Logger LOG = System.getLogger(TemplateFiles.class.getName());
  private static final int DIGEST_BYTES = 32;

  /** What is kept: how its files' names begin, and how many of them are. */
  enum Kind {
    /** The interpreter. */
    INTERPRETER("python-", 1),
    /** The interpreter with an SDK: the difference from the interpreter. */
    SDK("pythonsdk-", 4);

    private final String prefix;
    private final int kept;

    Kind(String prefix, int kept) {
      this.prefix = prefix;
      this.kept = kept;
    }
  }

  private final @Nullable Path directory;
  private final @Nullable Path shared;

  /**
   * @param directory created when first needed; null for none
   * @param shared a folder that came with the installation, looked at first and never written; null
   *     for none
   */
  TemplateFiles(@Nullable Path directory, @Nullable Path shared) {
    this.directory = directory;
    this.shared = shared;
  }

  /** What was stored under {@code key}, or null. */
  @Nullable ByteBuffer load(Kind kind, String key) {
    ByteBuffer found = shared == null ? null : load(shared.resolve(name(kind, key)), key, false);
    if (found == null && directory != null) {
      found = load(directory.resolve(name(kind, key)), key, true);
    }
    return found;
  }

  /** Whether there is one under {@code key} that came with the installation. */
  boolean isInstalled(Kind kind, String key) {
    return shared != null && Files.exists(shared.resolve(name(kind, key)));
  }

  private static @Nullable ByteBuffer load(Path file, String key, boolean writable) {
    try {
      byte[] all = Files.readAllBytes(file);
      if (all.length > DIGEST_BYTES
          && Arrays.equals(
              digest(key, all, DIGEST_BYTES, all.length - DIGEST_BYTES),
              Arrays.copyOf(all, DIGEST_BYTES))) {
        if (writable) {
          used(file);
        }
        return ByteBuffer.wrap(all, DIGEST_BYTES, all.length - DIGEST_BYTES);
      }
      LOG.log(System.Logger.Level.WARNING, "{0} is damaged and not used", file);
      if (writable) {
        Files.deleteIfExists(file);
      }
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, file + " cannot be read", e);
    }
    return null;
  }

  /** The time of a file is that of its last use: those that are used stay longest. */
  private static void used(Path file) {
    try {
      Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, file + " was used, which cannot be noted", e);
    }
  }

  void store(Kind kind, String key, byte[] content) {
    if (directory == null) {
      return;
    }
    Path file = directory.resolve(name(kind, key));
    try {
      Files.createDirectories(directory);
      Path part = Files.createTempFile(directory, "new", ".part");
      try {
        try (var out = Files.newOutputStream(part)) {
          out.write(digest(key, content, 0, content.length));
          out.write(content);
        }
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(part);
      }
      deleteOthers(kind, file);
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, file + " cannot be written", e);
    }
  }

  /** Those of former versions are of no use, and large. The oldest go first. */
  private static void deleteOthers(Kind kind, Path stored) throws IOException {
    List<Path> others = new ArrayList<>();
    try (var files =
        Files.newDirectoryStream(stored.resolveSibling(""), kind.prefix + "*" + SUFFIX)) {
      for (Path p : files) {
        if (!p.getFileName().equals(stored.getFileName())) {
          others.add(p);
        }
      }
    }
    others.sort(Comparator.comparing(TemplateFiles::modified));
    for (Path p : others.subList(0, Math.max(0, others.size() + 1 - kind.kept))) {
      Files.deleteIfExists(p);
    }
  }

  private static FileTime modified(Path p) {
    try {
      return Files.getLastModifiedTime(p);
    } catch (IOException e) {
      // Another process has deleted it meanwhile.
      return FileTime.fromMillis(0);
    }
  }

  static String name(Kind kind, String key) {
    byte[] k = key.getBytes(StandardCharsets.UTF_8);
    return kind.prefix + HexFormat.of().formatHex(sha256().digest(k)) + SUFFIX;
  }

  private static byte[] digest(String key, byte[] bytes, int from, int size) {
    MessageDigest d = sha256();
    d.update(key.getBytes(StandardCharsets.UTF_8));
    d.update(bytes, from, size);
    return d.digest();
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** The content of a file of ours. */
  static byte[] resource(String name) {
    try (var in = TemplateFiles.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is not packed");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
