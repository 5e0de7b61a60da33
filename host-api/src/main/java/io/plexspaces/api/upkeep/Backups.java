package io.plexspaces.api.upkeep;

import io.plexspaces.api.HostException;
import io.plexspaces.api.Value;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Backups of a node that runs. Thread-safe; blocking. */
public interface Backups {
  /**
   * Writes everything the node keeps, as it was at one position of the commit log, while it goes on
   * running. On return it is complete and on disk; when this throws, nothing of it is left.
   *
   * @param name letters, digits, {@code .}, {@code _} and {@code -}; empty for one made of the time
   * @throws HostException INVALID_ARGUMENT for a name that cannot be, ALREADY_EXISTS if there is
   *     one of that name, ABORTED if another backup is being written, UNAVAILABLE naming the file
   *     if the disk is full or fails
   */
  Backup create(String name);

  /** The complete backups, the newest first. */
  List<Backup> list();

  /**
   * A complete backup.
   *
   * @param directory where it is
   * @param position of the commit log: what was committed below it is in the backup, and nothing
   *     else
   * @param files how many it has
   * @param bytes of these
   * @param damaged files that could not be taken, and why
   */
  record Backup(
      String name,
      String directory,
      long createdAtMillis,
      long position,
      String node,
      String version,
      int files,
      long bytes,
      List<Finding> damaged) {
    public Backup {
      damaged = List.copyOf(damaged);
    }

    public Value.Obj toValue() {
      List<Value> findings = new ArrayList<>();
      damaged.forEach(f -> findings.add(f.toValue()));
      return Value.Obj.builder()
          .put("name", name)
          .put("directory", directory)
          .put("created_at", Instant.ofEpochMilli(createdAtMillis).toString())
          .put("position", position)
          .put("node", node)
          .put("version", version)
          .put("files", files)
          .put("bytes", bytes)
          .put("damaged", new Value.Arr(findings))
          .build();
    }
  }
}
