package io.plexspaces.store;

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

/** Where durable spaces lie: {@code spaces/<tenant>/<app>/<space>.db}. Platform threads. */
final class SpaceTree {
  private static final String SUFFIX = ".db";

  private final DataDirectory data;
  private final byte[] emptyFile;
  private final AtomicLong trashed = new AtomicLong();

  SpaceTree(DataDirectory data) {
    this.data = data;
    try {
      this.emptyFile = SpaceSchema.emptyFile();
    } catch (SQLException e) {
      throw SqliteErrors.of(data.spaces(), e);
    }
  }

  Path path(AppId app, String space) {
    return directory(app).resolve(FileNames.encode(space) + SUFFIX);
  }

  /** Makes an empty file, which is there after a power loss. */
  void create(Path file) {
    Path directory = file.getParent();
    try {
      if (directory == null) {
        throw new IOException("it has no directory");
      }
      data.files().directory(directory);
      String name = String.valueOf(file.getFileName());
      Path temporary =
          directory.resolve(name.substring(0, name.length() - SUFFIX.length()) + ".new");
      DurableFiles.write(file, temporary, emptyFile);
      DurableFiles.syncDirectory(directory);
    } catch (IOException e) {
      throw DurableFiles.unusable(file, e);
    }
  }

  /** The names of the app's spaces that have a file. */
  List<String> spaces(AppId app) {
    Path directory = directory(app);
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    List<String> names = new ArrayList<>();
    try (Stream<Path> entries = Files.list(directory)) {
      for (Path p : entries.toList()) {
        String name = String.valueOf(p.getFileName());
        if (name.endsWith(SUFFIX)) {
          Optional<String> space =
              FileNames.decode(name.substring(0, name.length() - SUFFIX.length()));
          space.ifPresent(names::add);
        }
      }
    } catch (IOException e) {
      throw DurableFiles.unusable(directory, e);
    }
    return names;
  }

  /** Removes all spaces of an app; none of them may be open. */
  void remove(AppId app) {
    Path directory = directory(app);
    try {
      Path trash = data.trash().resolve("spaces-" + trashed.incrementAndGet());
      data.files().removeTree(directory, trash);
    } catch (IOException e) {
      throw DurableFiles.unusable(directory, e);
    }
  }

  private Path directory(AppId app) {
    return FileNames.directory(data.spaces(), app);
  }
}
