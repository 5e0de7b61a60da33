package io.plexspaces.store;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.upkeep.Backups.Backup;
import io.plexspaces.api.upkeep.Finding;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.sqlite.SQLiteConnection;

/** Writes one backup into a directory of its own. Used once, on a platform thread. */
final class BackupWriter {
  /** How often it is looked whether the files have followed the log: for half a minute. */
  private static final int SETTLE_LOOKS = 600;

  private static final int SETTLE_MILLIS = 50;

  /** How often apps.db and the artifacts it names are taken until they fit. */
  private static final int APP_ATTEMPTS = 5;

  /** What is copied, and how the log is listened to. */
  interface Source {
    DataDirectory data();

    /**
     * From here on {@code tail} is given every record that is committed, in order, also before its
     * listener; it must not block.
     *
     * @return every record below was given to those that follow the log before
     */
    long attach(BackupTail tail);

    /**
     * {@code tail} is given nothing more.
     *
     * @return it was given everything below, from where it began
     */
    long detach(BackupTail tail);

    /**
     * Begins to bring the files up to the log.
     *
     * @return what the log has below is in the files
     */
    long settle();
  }

  private final Source source;
  private final DataDirectory data;
  private final Path part;
  private final List<BackupManifest.Entry> entries = new ArrayList<>();
  private final List<Finding> damaged = new ArrayList<>();

  BackupWriter(Source source, Path part) {
    this.source = source;
    this.data = source.data();
    this.part = part;
  }

  /**
   * @param target where the backup will be
   */
  Backup write(String name, Path target, long now, String node, String version) throws IOException {
    long position;
    try (BackupTail tail = new BackupTail(part.resolve("log"))) {
      long begin = source.attach(tail);
      try {
        settle(begin);
        copyAll(data.journals());
        copyAll(data.spaces());
      } finally {
        position = source.detach(tail);
      }
      tail.finish();
    }
    addLog();
    // After the cut: an app that is missing would leave its actors without code.
    apps();
    syncTree();
    long bytes = entries.stream().mapToLong(BackupManifest.Entry::bytes).sum();
    Backup backup =
        new Backup(
            name, target.toString(), now, position, node, version, entries.size(), bytes, damaged);
    new BackupManifest(backup, entries).write(part);
    return backup;
  }

  /** What the log had before we listened must be in the files before they are copied. */
  private void settle(long begin) {
    for (int i = 0; source.settle() < begin; i++) {
      if (i == SETTLE_LOOKS) {
        throw new HostException(
            ErrorCode.UNAVAILABLE,
            "the journals cannot follow the commit log, so there is no backup: the node's log says"
                + " which file it is");
      }
      try {
        Thread.sleep(SETTLE_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new HostException(ErrorCode.CANCELLED, "interrupted while a backup was written", e);
      }
    }
  }

  private void copyAll(Path directory) throws IOException {
    List<Path> files =
        LiveTree.files(directory).stream().filter(f -> f.toString().endsWith(".db")).toList();
    for (Path file : files) {
      // Before its file: turns that the file takes meanwhile are in both, and not in neither.
      unapplied(file);
      copy(file);
    }
  }

  private void unapplied(Path journal) throws IOException {
    Path file = Path.of(journal + Unapplied.SUFFIX);
    if (!Files.exists(file)) {
      return;
    }
    String name = StoreUpkeep.shown(data.root(), file);
    Path copy = part.resolve(name);
    Files.createDirectories(parent(copy));
    try {
      Files.copy(file, copy);
    } catch (NoSuchFileException takenMeanwhile) {
      return;
    }
    add(copy, name);
  }

  /** A file that cannot be read is told of, and left out: what it was is in older backups. */
  private void copy(Path file) throws IOException {
    String name = StoreUpkeep.shown(data.root(), file);
    Path copy = part.resolve(name);
    Files.createDirectories(parent(copy));
    try {
      pages(file, copy);
      if (name.startsWith("spaces/")) {
        forgetPosition(copy);
      }
    } catch (SQLException e) {
      Files.deleteIfExists(copy);
      if (!Files.exists(file)) {
        return; // deleted meanwhile, as the log says
      }
      HostException h = SqliteErrors.of(Path.of(name), e);
      if (SqliteErrors.of(copy, e).code() != ErrorCode.DATA_LOSS && isNoRoom(copy)) {
        throw new IOException(copy + " cannot be written: " + e.getMessage(), e);
      }
      damaged.add(
          Finding.damage(
              name,
              h.error().message().substring(name.length()).strip(),
              "it is not in this backup: restore it from an older one"));
      return;
    }
    check(copy, name);
    add(copy, name);
  }

  /** Whether nothing at all can be written. */
  private boolean isNoRoom(Path copy) {
    Path probe = copy.resolveSibling("probe");
    try {
      Files.write(probe, new byte[1 << 16]);
      return false;
    } catch (IOException e) {
      return true;
    } finally {
      try {
        Files.deleteIfExists(probe);
      } catch (IOException e) {
        // The directory goes as a whole.
      }
    }
  }

  /** All pages as they are at one moment, through SQLite: others may be writing. */
  private static void pages(Path file, Path copy) throws SQLException {
    try (Connection c = SqliteFiles.of(StoreOptions.DEFAULT).open(file, false)) {
      int rc =
          c.unwrap(SQLiteConnection.class)
              .getDatabase()
              .backup("main", copy.toString(), null, 20, -1, 1000);
      if (rc != 0) {
        throw new org.sqlite.SQLiteException(
            "copying failed", org.sqlite.SQLiteErrorCode.getErrorCode(rc));
      }
    }
  }

  /**
   * Positions of the node's log mean nothing in that of the backup, whose records all come again.
   */
  private static void forgetPosition(Path space) throws SQLException {
    try (Connection c = SqliteFiles.of(StoreOptions.DEFAULT).open(space, false);
        var s = c.createStatement()) {
      s.executeUpdate("update meta set applied = 0");
    }
  }

  /** Damage that reading all pages does not show. */
  private void check(Path copy, String name) {
    if (!name.startsWith("journals/")) {
      return;
    }
    try (Connection c = ReadOnly.alone(copy)) {
      damaged.addAll(
          new JournalCheck(c, name).run(null).findings().stream().filter(Finding::damage).toList());
    } catch (SQLException e) {
      damaged.add(
          Finding.damage(
              name, String.valueOf(e.getMessage()), "it is in this backup as it is: verify it"));
    }
  }

  private void addLog() throws IOException {
    Path log = part.resolve("log");
    if (!Files.isDirectory(log)) {
      return;
    }
    try (Stream<Path> files = Files.walk(log)) {
      for (Path f : files.filter(Files::isRegularFile).sorted().toList()) {
        add(f, StoreUpkeep.shown(part, f));
      }
    }
  }

  private void apps() throws IOException {
    if (!Files.exists(data.apps())) {
      return;
    }
    Path copy = part.resolve("apps.db");
    for (int i = 1; ; i++) {
      try {
        Files.deleteIfExists(copy);
        pages(data.apps(), copy);
        artifacts(copy);
        add(copy, "apps.db");
        return;
      } catch (NoSuchFileException undeployedMeanwhile) {
        if (i == APP_ATTEMPTS) {
          damaged.add(
              Finding.damage(
                  "artifacts/sha256/" + undeployedMeanwhile.getFile(),
                  "it is missing, and an app runs on it",
                  "deploy the app again from the same module"));
          add(copy, "apps.db");
          return;
        }
      } catch (SQLException e) {
        throw new IOException(data.apps() + " cannot be copied: " + e.getMessage(), e);
      }
    }
  }

  private void artifacts(Path apps) throws IOException, SQLException {
    try (Connection c = ReadOnly.alone(apps);
        var s = c.createStatement();
        var r = s.executeQuery("select distinct artifact from app")) {
      while (r.next()) {
        String hex = r.getString(1).substring("sha256:".length());
        String name = "artifacts/sha256/" + hex;
        Path copy = part.resolve(name);
        if (Files.exists(copy)) {
          continue;
        }
        Files.createDirectories(parent(copy));
        try {
          Files.copy(data.artifacts().resolve(hex), copy);
        } catch (NoSuchFileException e) {
          throw (IOException) new NoSuchFileException(hex).initCause(e);
        }
        if (!Digests.hex(copy).equals(hex)) {
          damaged.add(
              Finding.damage(
                  name,
                  "its bytes do not have the digest of its name",
                  "deploy the app again from the same module"));
        }
        add(copy, name);
      }
    }
  }

  private void add(Path file, String name) throws IOException {
    try (FileChannel c = FileChannel.open(file, StandardOpenOption.WRITE)) {
      c.force(true);
    }
    entries.add(new BackupManifest.Entry(name, Files.size(file), Digests.hex(file)));
  }

  private void syncTree() throws IOException {
    try (Stream<Path> walk = Files.walk(part)) {
      for (Path d : walk.filter(Files::isDirectory).toList()) {
        DurableFiles.syncDirectory(d);
      }
    }
  }

  private static Path parent(Path p) {
    Path parent = p.getParent();
    return parent == null ? p : parent;
  }
}
