package io.plexspaces.cli.quickstart;

import io.plexspaces.cli.quickstart.Folder.Leftovers;
import io.plexspaces.cli.quickstart.Folder.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the text files of a folder. Whether a file is text is told by its content, not by its name.
 * Links to files are followed, links to folders are not, so that a loop or a link to the root of
 * the disk does no harm. Hidden entries and what tools generate are left out.
 */
final class FolderReader {
  /** Nothing that people write has such lines. */
  static final int LONGEST_LINE = 60_000;

  private static final int SNIFFED = 8192;

  /** Folders that tools fill. */
  private static final Set<String> GENERATED = Set.of("node_modules", "target", "__pycache__");

  /**
   * @param file bytes; a larger file is left out
   * @param total bytes; what comes later is left out
   * @param count files; what comes later is left out
   */
  record Limits(long file, long total, int count) {
    static final Limits DEFAULT = new Limits(2L << 20, 64L << 20, 50_000);
  }

  private record Candidate(String path, Path file) {}

  private final Path root;
  private final Limits limits;
  private final Leftovers leftovers = new Leftovers();
  private final List<Candidate> candidates = new ArrayList<>();
  private final List<Candidate> links = new ArrayList<>();
  private final Set<Object> seen = new HashSet<>();

  private FolderReader(Path root, Limits limits) {
    this.root = root;
    this.limits = limits;
  }

  /**
   * @param folder as the user named it
   * @throws QuickstartFailure if it is missing, not a folder, or may not be read
   */
  static Folder read(Path folder, Limits limits) {
    if (!Files.exists(folder)) {
      throw QuickstartFailure.usage(
          "--docs: there is no folder " + folder.toAbsolutePath() + ", check the path");
    }
    if (!Files.isDirectory(folder)) {
      throw QuickstartFailure.usage(
          "--docs: " + folder + " is a file: name the folder that it is in");
    }
    if (!Files.isReadable(folder) || !Files.isExecutable(folder)) {
      throw QuickstartFailure.usage(
          "--docs: the folder " + folder + " may not be read, check its permissions");
    }
    try {
      return new FolderReader(folder.toRealPath(), limits).run();
    } catch (IOException e) {
      throw QuickstartFailure.of(
              "--docs: the folder " + folder + " cannot be read (" + e + "), try another")
          .causedBy(e);
    }
  }

  private Folder run() throws IOException {
    Files.walkFileTree(root, new Visitor());
    for (Candidate link : links) {
      follow(link);
    }
    candidates.sort(Comparator.comparing(Candidate::path));
    List<TextFile> files = new ArrayList<>();
    long bytes = 0;
    for (Candidate c : candidates) {
      if (files.size() >= limits.count()) {
        leftovers.add(Reason.BEYOND_COUNT, c.path());
        continue;
      }
      byte[] content = content(c);
      if (content == null) {
        continue;
      }
      if (bytes + content.length > limits.total()) {
        leftovers.add(Reason.BEYOND_TOTAL, c.path());
        continue;
      }
      String text = text(c, content);
      if (text != null) {
        files.add(new TextFile(c.path(), text));
        bytes += content.length;
      }
    }
    return new Folder(files, bytes, leftovers.all());
  }

  private String relative(Path file) {
    return root.relativize(file).toString().replace(file.getFileSystem().getSeparator(), "/");
  }

  private static boolean hidden(Path file) {
    String name = String.valueOf(file.getFileName());
    return name.startsWith(".") || GENERATED.contains(name);
  }

  private final class Visitor extends SimpleFileVisitor<Path> {
    @Override
    public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes a) {
      if (!dir.equals(root) && hidden(dir)) {
        leftovers.add(Reason.HIDDEN, relative(dir));
        return FileVisitResult.SKIP_SUBTREE;
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes a) {
      String path = relative(file);
      if (hidden(file)) {
        leftovers.add(Reason.HIDDEN, path);
      } else if (a.isSymbolicLink()) {
        links.add(new Candidate(path, file));
      } else if (a.isRegularFile()) {
        accept(new Candidate(path, file), a);
      } else {
        leftovers.add(Reason.SPECIAL, path);
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
      if (file.equals(root)) {
        throw e;
      }
      leftovers.add(Reason.UNREADABLE, relative(file));
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException e) {
      if (e != null) {
        leftovers.add(Reason.UNREADABLE, relative(dir));
      }
      return FileVisitResult.CONTINUE;
    }
  }

  private void accept(Candidate c, BasicFileAttributes a) {
    Object key = a.fileKey();
    if (key != null && !seen.add(key)) {
      return; // the same file under another name
    }
    if (a.size() == 0) {
      leftovers.add(Reason.EMPTY, c.path());
    } else if (a.size() > limits.file()) {
      leftovers.add(Reason.TOO_LARGE, c.path());
    } else {
      candidates.add(c);
    }
  }

  private void follow(Candidate link) {
    try {
      BasicFileAttributes a = Files.readAttributes(link.file(), BasicFileAttributes.class);
      if (a.isRegularFile()) {
        accept(link, a);
      } else {
        leftovers.add(a.isDirectory() ? Reason.LINKED_FOLDER : Reason.SPECIAL, link.path());
      }
    } catch (IOException e) {
      leftovers.add(Reason.BROKEN_LINK, link.path());
    }
  }

  private byte @Nullable [] content(Candidate c) {
    try (InputStream in = Files.newInputStream(c.file())) {
      // It may have grown since it was listed.
      byte[] content = in.readNBytes(Math.toIntExact(limits.file()) + 1);
      if (content.length <= limits.file()) {
        return content;
      }
      leftovers.add(Reason.TOO_LARGE, c.path());
    } catch (IOException e) {
      leftovers.add(Reason.UNREADABLE, c.path());
    }
    return null;
  }

  private @Nullable String text(Candidate c, byte[] content) {
    Charset charset = charset(content);
    if (charset.equals(StandardCharsets.UTF_8) && hasNul(content)) {
      leftovers.add(Reason.BINARY, c.path());
      return null;
    }
    String text;
    try {
      text = charset.newDecoder().decode(ByteBuffer.wrap(content)).toString();
    } catch (CharacterCodingException e) {
      leftovers.add(looksWritten(content) ? Reason.NOT_UTF8 : Reason.BINARY, c.path());
      return null;
    }
    if (text.startsWith("\ufeff")) {
      text = text.substring(1);
    }
    if (text.isBlank()) {
      leftovers.add(Reason.EMPTY, c.path());
      return null;
    }
    if (text.lines().anyMatch(line -> line.length() > LONGEST_LINE)) {
      leftovers.add(Reason.ENDLESS_LINES, c.path());
      return null;
    }
    return text;
  }

  private static Charset charset(byte[] b) {
    if (b.length >= 2 && (b[0] & 0xff) == 0xfe && (b[1] & 0xff) == 0xff) {
      return StandardCharsets.UTF_16BE;
    }
    return b.length >= 2 && (b[0] & 0xff) == 0xff && (b[1] & 0xff) == 0xfe
        ? StandardCharsets.UTF_16LE
        : StandardCharsets.UTF_8;
  }

  private static boolean hasNul(byte[] content) {
    for (byte b : content) {
      if (b == 0) {
        return true;
      }
    }
    return false;
  }

  /** Text in an older encoding has hardly a control character; machine code has many. */
  private static boolean looksWritten(byte[] content) {
    int odd = 0;
    int n = Math.min(content.length, SNIFFED);
    for (int i = 0; i < n; i++) {
      int b = content[i] & 0xff;
      if (b < 0x20 && b != '\t' && b != '\n' && b != '\r' && b != '\f') {
        odd++;
      }
    }
    return odd * 100 < n;
  }

  /** {@code 61.2 KiB}. */
  static String size(long bytes) {
    return bytes < 1 << 20
        ? String.format(Locale.ROOT, "%.1f KiB", bytes / 1024.0)
        : String.format(Locale.ROOT, "%.1f MiB", bytes / 1048576.0);
  }
}
