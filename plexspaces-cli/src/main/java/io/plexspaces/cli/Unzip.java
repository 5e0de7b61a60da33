package io.plexspaces.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipInputStream;

/** Unpacks an archive of sources that somebody else may have made. */
final class Unzip {
  static final int MAX_ENTRIES = 10_000;
  static final long MAX_BYTES = 64L << 20;

  private Unzip() {}

  /**
   * @param into an empty folder
   * @return the folder of the sources: the archive's only one, else {@code into}
   * @throws IOException if it is no zip file, has a name that leaves the folder, the same name
   *     twice, or more than {@link #MAX_ENTRIES} files and folders, or {@link #MAX_BYTES} unpacked
   */
  static Path unzip(Path zip, Path into) throws IOException {
    return unzip(zip, into, MAX_ENTRIES);
  }

  static Path unzip(Path zip, Path into, int max) throws IOException {
    Set<Path> seen = new HashSet<>();
    long left = MAX_BYTES;
    int entries = 0;
    try (ZipInputStream in = new ZipInputStream(Files.newInputStream(zip))) {
      for (ZipEntry e = in.getNextEntry(); e != null; e = in.getNextEntry()) {
        if (++entries > max) {
          throw new ZipException("it has more than " + max + " files and folders");
        }
        Path target = target(into, e.getName());
        if (e.isDirectory()) {
          Files.createDirectories(target);
          continue;
        }
        if (!seen.add(target)) {
          throw new ZipException("it has \"" + e.getName() + "\" twice");
        }
        Files.createDirectories(target.resolveSibling("."));
        left -= copy(in, target, left);
      }
    }
    if (seen.isEmpty()) {
      throw new ZipException("it has no files, or is no zip file");
    }
    try (Stream<Path> top = Files.list(into)) {
      List<Path> all = top.toList();
      return all.size() == 1 && Files.isDirectory(all.getFirst()) ? all.getFirst() : into;
    }
  }

  private static Path target(Path into, String name) throws ZipException {
    try {
      Path target = into.resolve(name).normalize();
      if (name.contains("\\") || !target.startsWith(into) || target.equals(into)) {
        throw new ZipException("\"" + name + "\" is not a path within it");
      }
      return target;
    } catch (InvalidPathException e) {
      throw new ZipException("\"" + name + "\" is not a path within it");
    }
  }

  /** Sizes in an archive's own words are not believed. */
  private static long copy(InputStream in, Path target, long max) throws IOException {
    byte[] buffer = new byte[8192];
    long size = 0;
    try (var out = Files.newOutputStream(target)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        size += n;
        if (size > max) {
          throw new ZipException("it unpacks to more than " + (MAX_BYTES >> 20) + " MiB");
        }
        out.write(buffer, 0, n);
      }
    }
    return size;
  }
}
