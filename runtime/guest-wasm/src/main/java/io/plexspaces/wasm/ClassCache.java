package io.plexspaces.wasm;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * Compiled classes on disk: one file per module, named by the digest of module, compiler and
 * rewrite. A file begins with the SHA-256 of the rest; what does not match is deleted and made
 * anew. When a file is stored, the least recently used are deleted beyond a limit of bytes. A cache
 * that cannot be written costs time, never a deployment. Thread-safe, also between processes.
 */
final class ClassCache {
  private static final System.Logger LOG = System.getLogger(ClassCache.class.getName());
  private static final int DIGEST_BYTES = 32;
  private static final long MAX_BYTES = 512L << 20;
  private static final String SUFFIX = ".classes";
  private static final String UNFINISHED = ".part";

  /** A file that is being written is younger: this one's writer has died. */
  private static final Duration ABANDONED = Duration.ofHours(1);

  private final Path directory;
  private final boolean writable;
  private final long maxBytes;

  /**
   * @param writable false where damaged files are left alone too
   */
  ClassCache(Path directory, boolean writable) {
    this(directory, writable, MAX_BYTES);
  }

  ClassCache(Path directory, boolean writable, long maxBytes) {
    this.directory = directory;
    this.writable = writable;
    this.maxBytes = maxBytes;
  }

  /** The classes of the module with this digest, or null. */
  @Nullable CompiledClasses load(String moduleDigest) {
    Path file = file(moduleDigest);
    try {
      byte[] all = Files.readAllBytes(file);
      if (all.length > DIGEST_BYTES) {
        byte[] content = Arrays.copyOfRange(all, DIGEST_BYTES, all.length);
        if (Arrays.equals(Digests.raw(content), Arrays.copyOf(all, DIGEST_BYTES))) {
          CompiledClasses classes = CompiledClasses.decode(content);
          used(file);
          return classes;
        }
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

  void store(String moduleDigest, CompiledClasses classes) {
    byte[] content = classes.encode();
    Path file = file(moduleDigest);
    try {
      Files.createDirectories(directory);
      Path part = Files.createTempFile(directory, "new", UNFINISHED);
      try {
        Files.write(
            part,
            ByteBuffer.allocate(DIGEST_BYTES + content.length)
                .put(Digests.raw(content))
                .put(content)
                .array());
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(part);
      }
      shrink(file);
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, file + " cannot be written", e);
    }
  }

  /** The time of a file is that of its last use. */
  private void used(Path file) {
    if (writable) {
      try {
        Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
      } catch (IOException e) {
        LOG.log(System.Logger.Level.DEBUG, file + " was used, which cannot be noted", e);
      }
    }
  }

  private record Entry(Path file, long size, FileTime used) {}

  /**
   * Deletes what was not used for longest until the rest is within the limit. Files are read whole,
   * so a deleted one costs compiling its module again, never more.
   *
   * @param stored stays, whatever its size
   */
  private void shrink(Path stored) throws IOException {
    FileTime abandoned = FileTime.from(Instant.now().minus(ABANDONED));
    List<Entry> entries = new ArrayList<>();
    long total = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path p : files) {
        Entry e = entry(p);
        if (e == null) {
          continue;
        }
        if (p.toString().endsWith(SUFFIX)) {
          total += e.size;
          entries.add(e);
        } else if (p.toString().endsWith(UNFINISHED) && e.used.compareTo(abandoned) < 0) {
          Files.deleteIfExists(p);
        }
      }
    }
    entries.sort(Comparator.comparing(Entry::used));
    for (Entry e : entries) {
      if (total <= maxBytes) {
        return;
      }
      if (!e.file.equals(stored)) {
        Files.deleteIfExists(e.file);
        total -= e.size;
      }
    }
  }

  /** Null if another process has deleted it meanwhile. */
  private static @Nullable Entry entry(Path p) throws IOException {
    try {
      BasicFileAttributes a = Files.readAttributes(p, BasicFileAttributes.class);
      return new Entry(p, a.size(), a.lastModifiedTime());
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  private Path file(String moduleDigest) {
    String key = moduleDigest + " chicory " + Compilers.VERSION + " " + SafepointRewriter.VERSION;
    String digest = Digests.sha256(key.getBytes(StandardCharsets.UTF_8));
    return directory.resolve(digest.substring(digest.indexOf(':') + 1) + SUFFIX);
  }

  /** The version of the compiler, as its jar tells it. */
  private static final class Compilers {
    static final String VERSION = version();

    private static String version() {
      String path = "META-INF/maven/com.dylibso.chicory/compiler/pom.properties";
      try (InputStream in = ClassCache.class.getClassLoader().getResourceAsStream(path)) {
        Properties p = new Properties();
        if (in != null) {
          p.load(in);
        }
        String v = p.getProperty("version");
        if (v == null) {
          throw new IllegalStateException(path + " does not tell the version of the compiler");
        }
        return v;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
