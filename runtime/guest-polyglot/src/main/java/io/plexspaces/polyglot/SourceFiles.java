package io.plexspaces.polyglot;

import io.plexspaces.api.guest.CodelessModule;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.DirectoryStream;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.ReadOnlyFileSystemException;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.util.Map;
import java.util.Set;
import org.graalvm.polyglot.io.FileSystem;

/**
 * The source files of an app as a file system that can only be read: paths are names, nothing of
 * the machine is ever looked at. Immutable.
 */
final class SourceFiles implements FileSystem {
  private static final Path ROOT = Path.of("/");

  private final CodelessModule app;

  SourceFiles(CodelessModule app) {
    this.app = app;
  }

  /** The file that {@code path} means: a folder with an index.js is that file. */
  private String name(Path path) throws IOException {
    String name = ROOT.relativize(toAbsolutePath(path).normalize()).toString();
    if (app.sources().containsKey(name)) {
      return name;
    }
    String index = name + "/index.js";
    if (app.sources().containsKey(index)) {
      return index;
    }
    throw new NoSuchFileException(path.toString());
  }

  @Override
  public Path parsePath(URI uri) {
    if (!"file".equals(uri.getScheme())) {
      throw new UnsupportedOperationException("only files of the app can be imported, not " + uri);
    }
    return Path.of(uri.getPath());
  }

  @Override
  public Path parsePath(String path) {
    return Path.of(path);
  }

  @Override
  public void checkAccess(Path path, Set<? extends AccessMode> modes, LinkOption... options)
      throws IOException {
    name(path);
    if (modes.contains(AccessMode.WRITE) || modes.contains(AccessMode.EXECUTE)) {
      throw new ReadOnlyFileSystemException();
    }
  }

  @Override
  public void createDirectory(Path dir, FileAttribute<?>... attributes) {
    throw new ReadOnlyFileSystemException();
  }

  @Override
  public void delete(Path path) {
    throw new ReadOnlyFileSystemException();
  }

  @Override
  public SeekableByteChannel newByteChannel(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    if (options.stream().anyMatch(o -> o != StandardOpenOption.READ)) {
      throw new ReadOnlyFileSystemException();
    }
    return new Bytes(app.sources().getOrDefault(name(path), new byte[0]));
  }

  @Override
  public DirectoryStream<Path> newDirectoryStream(
      Path dir, DirectoryStream.Filter<? super Path> filter) {
    throw new UnsupportedOperationException("folders of an app cannot be listed");
  }

  @Override
  public Path toAbsolutePath(Path path) {
    return path.isAbsolute() ? path : ROOT.resolve(path);
  }

  @Override
  public Path toRealPath(Path path, LinkOption... options) throws IOException {
    return ROOT.resolve(name(path));
  }

  @Override
  public Map<String, Object> readAttributes(Path path, String attributes, LinkOption... options)
      throws IOException {
    long size = app.sources().getOrDefault(name(path), new byte[0]).length;
    return Map.of(
        "isRegularFile", true, "isDirectory", false, "isSymbolicLink", false, "size", size);
  }

  private static final class Bytes implements SeekableByteChannel {
    private final byte[] bytes;
    private int at;
    private boolean open = true;

    Bytes(byte[] bytes) {
      this.bytes = bytes;
    }

    @Override
    public int read(ByteBuffer to) {
      int n = Math.min(to.remaining(), bytes.length - at);
      if (n <= 0) {
        return to.hasRemaining() ? -1 : 0;
      }
      to.put(bytes, at, n);
      at += n;
      return n;
    }

    @Override
    public int write(ByteBuffer from) {
      throw new NonWritableChannelException();
    }

    @Override
    public long position() {
      return at;
    }

    @Override
    public SeekableByteChannel position(long to) {
      at = (int) Math.min(to, bytes.length);
      return this;
    }

    @Override
    public long size() {
      return bytes.length;
    }

    @Override
    public SeekableByteChannel truncate(long size) {
      throw new NonWritableChannelException();
    }

    @Override
    public boolean isOpen() {
      return open;
    }

    @Override
    public void close() {
      open = false;
    }
  }
}
