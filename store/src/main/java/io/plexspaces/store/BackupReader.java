package io.plexspaces.store;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.upkeep.Backups.Backup;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.function.IntConsumer;
import java.util.stream.Stream;

/** Makes a data directory of a backup. */
public final class BackupReader {
  private BackupReader() {}

  /**
   * Verifies every file of a backup and puts a data directory in place: all of it, or nothing.
   * Blocking: call it on a platform thread.
   *
   * @param directory must not exist, or be empty
   * @param progress told how many files are done
   * @throws HostException NOT_FOUND if there is no backup; DATA_LOSS naming the file that is not
   *     what was written; ALREADY_EXISTS if the directory is not empty; UNAVAILABLE if it cannot be
   *     written
   */
  public static Backup restore(Path backup, Path directory, IntConsumer progress) {
    BackupManifest manifest = BackupManifest.read(backup);
    Path target = directory.toAbsolutePath().normalize();
    Path part = target.resolveSibling(target.getFileName() + ".restoring");
    try {
      requireEmpty(target);
      DurableFiles.delete(part);
      Files.createDirectories(part);
      int done = 0;
      for (BackupManifest.Entry e : manifest.files()) {
        copy(backup, part, e);
        progress.accept(++done);
      }
      Files.createDirectories(part.resolve("journals"));
      if (Files.getFileStore(part).supportsFileAttributeView("posix")) {
        Files.setPosixFilePermissions(part, PosixFilePermissions.fromString("rwx------"));
      }
      syncTree(part);
      Files.deleteIfExists(target);
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
      Path parent = target.getParent();
      if (parent != null) {
        DurableFiles.syncDirectory(parent);
      }
      return manifest.backup();
    } catch (IOException e) {
      throw new HostException(ErrorCode.UNAVAILABLE, directory + " cannot be written: " + e, e);
    } finally {
      try {
        DurableFiles.delete(part);
      } catch (IOException e) {
        System.getLogger(BackupReader.class.getName())
            .log(System.Logger.Level.WARNING, "what is left in " + part + " cannot be removed", e);
      }
    }
  }

  private static void requireEmpty(Path target) throws IOException {
    if (!Files.exists(target)) {
      return;
    }
    if (Files.isDirectory(target)) {
      try (Stream<Path> entries = Files.list(target)) {
        if (entries.findAny().isEmpty()) {
          return;
        }
      }
    }
    throw new HostException(
        ErrorCode.ALREADY_EXISTS,
        target + " is not empty: restore into a new directory, or move this one away first");
  }

  private static void copy(Path backup, Path part, BackupManifest.Entry e) throws IOException {
    Path from = backup.resolve(e.path());
    if (!Files.isRegularFile(from)) {
      throw new HostException(
          ErrorCode.DATA_LOSS, from + " is missing: this backup cannot be restored");
    }
    Path to = part.resolve(e.path());
    Path parent = to.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    Files.copy(from, to);
    // Of the copy: what is restored is what was verified.
    if (Files.size(to) != e.bytes() || !Digests.hex(to).equals(e.sha256())) {
      throw new HostException(
          ErrorCode.DATA_LOSS,
          from + " is damaged: its bytes do not have the digest that the backup was written with");
    }
    try (FileChannel c = FileChannel.open(to, StandardOpenOption.WRITE)) {
      c.force(true);
    }
  }

  private static void syncTree(Path root) throws IOException {
    try (Stream<Path> walk = Files.walk(root)) {
      for (Path d : walk.filter(Files::isDirectory).toList()) {
        DurableFiles.syncDirectory(d);
      }
    }
  }
}
