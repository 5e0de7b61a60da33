package io.plexspaces.wasm;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * Compiled classes on disk: one file per module, named by the digest of module, compiler and
 * rewrite. A file begins with the SHA-256 of the rest; what does not match is deleted and made
 * anew. A cache that cannot be written costs time, never a deployment. Thread-safe, also between
 * processes.
 */
final class ClassCache {
  private static final System.Logger LOG = System.getLogger(ClassCache.class.getName());
  private static final int DIGEST_BYTES = 32;

  private final Path directory;
  private final boolean writable;

  /**
   * @param writable false where damaged files are left alone too
   */
  ClassCache(Path directory, boolean writable) {
    this.directory = directory;
    this.writable = writable;
  }

  /** The classes of the module with this digest, or null. */
  @Nullable CompiledClasses load(String moduleDigest) {
    Path file = file(moduleDigest);
    try {
      byte[] all = Files.readAllBytes(file);
      if (all.length > DIGEST_BYTES) {
        byte[] content = Arrays.copyOfRange(all, DIGEST_BYTES, all.length);
        if (Arrays.equals(Digests.raw(content), Arrays.copyOf(all, DIGEST_BYTES))) {
          return CompiledClasses.decode(content);
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
      Path part = Files.createTempFile(directory, "new", ".part");
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
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, file + " cannot be written", e);
    }
  }

  private Path file(String moduleDigest) {
    String key = moduleDigest + " chicory " + Compilers.VERSION + " " + SafepointRewriter.VERSION;
    String digest = Digests.sha256(key.getBytes(StandardCharsets.UTF_8));
    return directory.resolve(digest.substring(digest.indexOf(':') + 1) + ".classes");
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
