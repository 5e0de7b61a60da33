package io.plexspaces.store;

import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.upkeep.Backups;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * Backups of a node that runs: its files, each as it is when its turn comes, and all records that
 * the commit log got from before the first was copied until after the last. What is restored begins
 * as after a crash at that moment: the log brings every file up to its end. So nobody waits while a
 * backup is written. Thread-safe; blocking; all I/O is on platform threads of its own.
 */
public final class StoreBackups implements Backups, AutoCloseable {
  private static final DateTimeFormatter NAME =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss-SSS").withZone(ZoneOffset.UTC);
  private static final String PART = ".part";

  private final Path directory;
  private final BackupWriter.Source source;
  private final String node;
  private final String version;
  private final InstantSource clock;
  private final IoPool thread = new IoPool("store-backup", 2);
  private final ReentrantLock one = new ReentrantLock();

  /**
   * @param directory where backups go; made when it is needed
   * @param node the node's name, for the manifest
   * @param version of the program, likewise
   */
  public StoreBackups(
      DataDirectory data,
      NodeLog log,
      Path directory,
      String node,
      String version,
      InstantSource clock) {
    this(directory, new RunningSource(data, log), node, version, clock);
  }

  StoreBackups(
      Path directory,
      BackupWriter.Source source,
      String node,
      String version,
      InstantSource clock) {
    this.directory = directory;
    this.source = source;
    this.node = node;
    this.version = version;
    this.clock = clock;
  }

  @Override
  public Backup create(String name) {
    long now = clock.millis();
    String called = name.isEmpty() ? NAME.format(Instant.ofEpochMilli(now)) : name;
    if (!AppId.isName(called) || called.endsWith(PART)) {
      throw new HostException(
          ErrorCode.INVALID_ARGUMENT,
          "a backup cannot be called \""
              + called
              + "\": 1 to 63 letters, digits, '.', '_' or '-', starting with a letter or digit");
    }
    if (!one.tryLock()) {
      throw new HostException(
          ErrorCode.ABORTED, "a backup is being written: try again when it is done");
    }
    try {
      return thread.call(() -> write(called, now));
    } finally {
      one.unlock();
    }
  }

  private Backup write(String name, long now) {
    Path target = directory.resolve(name);
    Path part = directory.resolve(name + PART);
    try {
      Files.createDirectories(directory);
      removeParts();
      if (Files.exists(target)) {
        throw new HostException(
            ErrorCode.ALREADY_EXISTS, "there is a backup \"" + name + "\" in " + directory);
      }
      Files.createDirectory(part);
      Backup made = new BackupWriter(source, part).write(name, target, now, node, version);
      DurableFiles.syncDirectory(part);
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
      DurableFiles.syncDirectory(directory);
      return made;
    } catch (IOException e) {
      throw new HostException(
          ErrorCode.UNAVAILABLE, "the backup cannot be written to " + part + ": " + e, e);
    } finally {
      removeQuietly(part);
    }
  }

  /** What a killed node has left of a backup. */
  private void removeParts() throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      for (Path p : entries.filter(e -> e.toString().endsWith(PART)).toList()) {
        DurableFiles.delete(p);
      }
    }
  }

  private static void removeQuietly(Path part) {
    try {
      DurableFiles.delete(part);
    } catch (IOException e) {
      System.getLogger(StoreBackups.class.getName())
          .log(System.Logger.Level.WARNING, "what is left of a backup cannot be removed", e);
    }
  }

  @Override
  public List<Backup> list() {
    return thread.call(() -> {
      List<Backup> all = new ArrayList<>();
      if (!Files.isDirectory(directory)) {
        return all;
      }
      try (Stream<Path> entries = Files.list(directory)) {
        for (Path p : entries.filter(BackupManifest::isIn).toList()) {
          all.add(BackupManifest.read(p).backup());
        }
      } catch (IOException e) {
        throw new HostException(
            ErrorCode.UNAVAILABLE, directory + " cannot be read: " + e.getMessage(), e);
      }
      all.sort(Comparator.comparingLong(Backup::createdAtMillis).reversed());
      return all;
    });
  }

  @Override
  public void close() {
    thread.close();
  }
}
