package io.plexspaces.store;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/** Where the journals lie: {@code journals/<tenant>/<app>/<type>/<key>.db}. Platform threads. */
final class JournalTree {
  private static final String SUFFIX = ".db";

  private final DataDirectory data;
  private final SqliteFiles settings;
  private final byte[] emptyFile;
  private final AtomicLong trashed = new AtomicLong();

  JournalTree(DataDirectory data, SqliteFiles settings) {
    this.data = data;
    this.settings = settings;
    try {
      this.emptyFile = JournalSchema.emptyFile();
    } catch (SQLException e) {
      throw SqliteErrors.of(data.journals(), e);
    }
  }

  Path path(ActorId actor) {
    return directory(actor.app())
        .resolve(FileNames.encode(actor.type()))
        .resolve(FileNames.encode(actor.key()) + SUFFIX);
  }

  /**
   * Makes an empty journal. Its bytes are synced here; its directory entry by SQLite, which syncs
   * the directory together with the first page of the file's WAL.
   */
  void create(Path journal) {
    Path directory = parent(journal);
    try {
      data.files().directory(directory);
      String name = String.valueOf(journal.getFileName());
      Path temporary = directory.resolve(name.substring(0, name.length() - 3) + ".new");
      DurableFiles.write(journal, temporary, emptyFile);
    } catch (IOException e) {
      throw DurableFiles.unusable(journal, e);
    }
  }

  /**
   * Removes a journal that is not open; on return it is gone for good. Its WAL goes first: SQLite
   * would take a WAL without a file for that of the next one.
   */
  void remove(Path journal) {
    try {
      boolean any = false;
      for (String suffix : List.of("-wal", "-shm", "-journal", "")) {
        any |= Files.deleteIfExists(journal.resolveSibling(journal.getFileName() + suffix));
      }
      if (any) {
        DurableFiles.syncDirectory(parent(journal));
      }
    } catch (IOException e) {
      throw DurableFiles.unusable(journal, e);
    }
  }

  /** The actors that have a journal, in no order. Reads files only where the key was cut. */
  List<ActorId> actors(AppId app) {
    List<ActorId> actors = new ArrayList<>();
    for (Path type : list(directory(app))) {
      Optional<String> typeName = FileNames.decode(name(type));
      for (Path file : list(type)) {
        String name = name(file);
        if (typeName.isEmpty() || !name.endsWith(SUFFIX)) {
          continue;
        }
        Optional<String> key = FileNames.decode(name.substring(0, name.length() - 3));
        if (key.isPresent()) {
          actors.add(new ActorId(app, typeName.get(), key.get()));
        } else {
          owner(file).ifPresent(actors::add);
        }
      }
    }
    return actors;
  }

  /** Every app that has journals. */
  List<AppId> apps() {
    List<AppId> apps = new ArrayList<>();
    for (Path tenant : list(data.journals())) {
      for (Path app : list(tenant)) {
        Optional<String> t = FileNames.decode(name(tenant));
        Optional<String> a = FileNames.decode(name(app));
        if (t.isPresent() && a.isPresent()) {
          apps.add(new AppId(t.get(), a.get()));
        }
      }
    }
    return apps;
  }

  void remove(AppId app) {
    Path directory = directory(app);
    try {
      Path trash = data.trash().resolve("app-" + trashed.incrementAndGet());
      data.files().removeTree(directory, trash);
    } catch (IOException e) {
      throw DurableFiles.unusable(directory, e);
    }
  }

  private Optional<ActorId> owner(Path file) {
    try {
      return JournalFile.owner(file, settings);
    } catch (SQLException e) {
      throw SqliteErrors.of(file, e);
    }
  }

  private Path directory(AppId app) {
    return FileNames.directory(data.journals(), app);
  }

  private static List<Path> list(Path directory) {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.toList();
    } catch (IOException e) {
      throw DurableFiles.unusable(directory, e);
    }
  }

  private static String name(Path p) {
    return String.valueOf(p.getFileName());
  }

  private static Path parent(Path p) {
    Path parent = p.getParent();
    if (parent == null) {
      throw new IllegalArgumentException(p + " has no parent");
    }
    return parent;
  }
}
