package io.plexspaces.store;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import io.plexspaces.api.upkeep.Backups.Backup;
import io.plexspaces.api.upkeep.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code backup.json}: what a backup is, and the digest of each of its files. It is written last: a
 * backup without it is none.
 */
record BackupManifest(Backup backup, List<Entry> files) {
  static final String NAME = "backup.json";

  /** Rises when an older version could not restore it. */
  private static final int FORMAT = 1;

  /**
   * @param path below the backup, with {@code /}
   * @param sha256 64 hexadecimal digits
   */
  record Entry(String path, long bytes, String sha256) {}

  BackupManifest {
    files = List.copyOf(files);
  }

  static boolean isIn(Path directory) {
    return Files.isRegularFile(directory.resolve(NAME));
  }

  void write(Path directory) throws IOException {
    List<Value> entries = new ArrayList<>();
    for (Entry e : files) {
      entries.add(
          Value.Obj.builder()
              .put("path", e.path())
              .put("bytes", e.bytes())
              .put("sha256", e.sha256())
              .build());
    }
    Value.Obj.Builder b = Value.Obj.builder().put("format", FORMAT);
    backup.toValue().fields().forEach(b::put);
    byte[] json = Json.write(b.put("entries", new Value.Arr(entries)).build());
    DurableFiles.write(directory.resolve(NAME), directory.resolve(NAME + ".new"), json);
  }

  /**
   * @throws HostException NOT_FOUND if it is no backup, DATA_LOSS if the manifest is damaged,
   *     FAILED_PRECONDITION if a later version wrote it
   */
  static BackupManifest read(Path directory) {
    Path file = directory.resolve(NAME);
    if (!Files.isRegularFile(file)) {
      throw new HostException(
          ErrorCode.NOT_FOUND,
          directory.toAbsolutePath() + " is no backup: it has no complete " + NAME);
    }
    try {
      Value.Obj v = Json.readObject(Files.readAllBytes(file));
      if (v.integer("format", 0) > FORMAT) {
        throw new HostException(
            ErrorCode.FAILED_PRECONDITION,
            file
                + " has format "
                + v.integer("format", 0)
                + ", this version knows up to "
                + FORMAT
                + ": restore it with the version that wrote it");
      }
      List<Finding> damaged = new ArrayList<>();
      for (Value d : v.array("damaged")) {
        if (d instanceof Value.Obj f) {
          damaged.add(
              Finding.damage(f.string("file", "?"), f.string("what", "?"), f.string("remedy", "")));
        }
      }
      List<Entry> files = new ArrayList<>();
      for (Value e : v.array("entries")) {
        if (e instanceof Value.Obj f) {
          files.add(entry(f));
        }
      }
      return new BackupManifest(
          new Backup(
              v.string("name", ""),
              directory.toString(),
              Instant.parse(v.string("created_at", "")).toEpochMilli(),
              v.integer("position", 0),
              v.string("node", ""),
              v.string("version", ""),
              files.size(),
              v.integer("bytes", 0),
              damaged),
          files);
    } catch (IOException e) {
      throw new HostException(ErrorCode.UNAVAILABLE, file + " cannot be read: " + e, e);
    } catch (DateTimeParseException e) {
      throw new HostException(ErrorCode.DATA_LOSS, file + " is damaged: " + e.getMessage(), e);
    } catch (HostException e) {
      throw e.code() == ErrorCode.INVALID_ARGUMENT
          ? new HostException(ErrorCode.DATA_LOSS, file + " is damaged: " + e.error().message(), e)
          : e;
    }
  }

  /** A path that leads out of the backup is nobody's honest work. */
  private static Entry entry(Value.Obj f) {
    String path = f.string("path", "");
    if (path.isEmpty() || path.startsWith("/") || List.of(path.split("/", -1)).contains("..")) {
      throw new HostException(ErrorCode.INVALID_ARGUMENT, "\"" + path + "\" is no file of it");
    }
    return new Entry(path, f.integer("bytes", 0), f.string("sha256", ""));
  }
}
