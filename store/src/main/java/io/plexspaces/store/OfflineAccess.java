package io.plexspaces.store;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.journal.JournalOptions;
import io.plexspaces.api.journal.TurnRecord;
import io.plexspaces.store.log.CommitLog;
import io.plexspaces.store.log.LogRecord;
import io.plexspaces.store.log.LogRecords;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Files that nobody writes. None of them is changed: an actor that the log knows more of than its
 * file is shown from a copy that was brought up to the log.
 */
final class OfflineAccess implements StoreUpkeep.Access {
  private final DataDirectory data;
  private @Nullable Path copies;

  OfflineAccess(DataDirectory data) {
    this.data = data;
  }

  @Override
  public Connection open(Path file) throws SQLException {
    return ReadOnly.alone(file);
  }

  @Override
  public boolean running() {
    return false;
  }

  @Override
  public Path current(ActorId actor, Path file) {
    Overlay overlay = new Overlay();
    boolean[] anew = {false};
    if (Unapplied.exists(file)) {
      Unapplied.read(file).forEach(t -> overlay.replayed(0, t));
    }
    long _ =
        CommitLog.read(
            data.log(),
            (position, bytes) -> {
              if (!concerns(actor, LogRecords.head(bytes))) {
                return;
              }
              if (LogRecords.decode(bytes) instanceof LogRecord.Turn t) {
                anew[0] |= overlay.replayed(position, t) && t.turn().seq() == 1;
              } else {
                overlay.clear();
                anew[0] = true;
              }
            });
    if (overlay.isEmpty() && !anew[0]) {
      return file;
    }
    try {
      return copy(actor, file, overlay, anew[0]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (SQLException e) {
      throw SqliteErrors.of(file, e);
    }
  }

  private static boolean concerns(ActorId actor, LogRecords.Head head) {
    return switch (head) {
      case LogRecords.Head.Turn t -> t.actor().equals(actor);
      case LogRecords.Head.Deleted d -> d.actor().equals(actor);
      case LogRecords.Head.Purged p -> p.app().equals(actor.app());
      case LogRecords.Head.SpaceChanges _ -> false;
    };
  }

  private Path copy(ActorId actor, Path file, Overlay overlay, boolean anew)
      throws IOException, SQLException {
    JournalReader.@Nullable Position at = position(file, overlay.epoch());
    if (at == null && !anew) {
      return file; // what is wrong with it is told by who opens it
    }
    if (at != null && at.lastSeq() >= overlay.lastSeq()) {
      return file;
    }
    if (copies == null) {
      copies = Files.createTempDirectory("plexspaces-journals");
    }
    Path copy = Files.createTempDirectory(copies, "journal").resolve("journal.db");
    if (overlay.isEmpty()) {
      return copy; // there is none: it was deleted
    }
    if (at == null) {
      Files.write(copy, JournalSchema.emptyFile());
    } else {
      Files.copy(file, copy);
      Path wal = Path.of(file + "-wal");
      if (Files.exists(wal)) {
        Files.copy(wal, Path.of(copy + "-wal"));
      }
    }
    try (JournalFile f = JournalFile.open(copy, actor, SqliteFiles.of(StoreOptions.DEFAULT))) {
      List<TurnRecord> turns =
          ActorFile.missing(
              file,
              at == null ? 0 : at.epoch(),
              at == null ? 0 : at.lastSeq(),
              overlay.epoch(),
              overlay.turns());
      write(f, actor, at == null, overlay.epoch(), turns);
    }
    return copy;
  }

  /** Where the file ends; null if it is not of that epoch, or not there, or cannot be read. */
  private static JournalReader.@Nullable Position position(Path file, long epoch) {
    if (!Files.exists(file)) {
      return null;
    }
    try (Connection c = ReadOnly.alone(file);
        Statement s = c.createStatement();
        ResultSet r =
            s.executeQuery("select (select epoch from meta), (select max(seq) from turn)")) {
      return r.next() && r.getLong(1) == epoch
          ? new JournalReader.Position(epoch, r.getLong(2), 0, Long.MAX_VALUE)
          : null;
    } catch (SQLException e) {
      return null;
    }
  }

  private static void write(
      JournalFile f, ActorId actor, boolean first, long epoch, List<TurnRecord> turns)
      throws SQLException {
    TurnRows rows = new TurnRows(f);
    f.begin();
    if (first && !turns.isEmpty()) {
      rows.insertMeta(actor, epoch, turns.getFirst().atMillis());
    }
    for (TurnRecord t : turns) {
      rows.insert(
          t,
          t.state() == null ? null : new StateChain.Row(StateChain.FULL, t.state()),
          t.atMillis() + JournalOptions.DEFAULT.idempotencyRetention().toMillis());
      for (TurnRecord.DeadLetter dead : t.undeliverable()) {
        boolean _ = rows.markDead(dead);
      }
    }
    f.commit();
  }

  @Override
  public LogContents log() {
    return LogContents.read(data);
  }

  @Override
  public void close() {
    Path c = copies;
    if (c != null) {
      try {
        DurableFiles.delete(c);
      } catch (IOException e) {
        System.getLogger(OfflineAccess.class.getName())
            .log(System.Logger.Level.DEBUG, "a copy in " + c + " cannot be removed", e);
      }
    }
  }
}
