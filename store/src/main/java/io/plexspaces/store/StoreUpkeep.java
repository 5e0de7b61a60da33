package io.plexspaces.store;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Value;
import io.plexspaces.api.upkeep.EffectQuery;
import io.plexspaces.api.upkeep.JournalQuery;
import io.plexspaces.api.upkeep.JournalViews;
import io.plexspaces.api.upkeep.Verification;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Shows and verifies what a data directory holds: of a node that runs, beside its stores, or of one
 * that does not. Thread-safe; blocking; all I/O is on platform threads of its own.
 */
public final class StoreUpkeep implements JournalViews, Verification, AutoCloseable {
  /** Enough to keep a disk busy, and few enough to leave it to the node. */
  private static final int THREADS = 2;

  private final DataDirectory data;
  private final JournalTree tree;
  private final Access access;
  private final boolean owned;
  private final IoPool pool = new IoPool("store-upkeep", THREADS);

  /** How files are reached. */
  interface Access {
    /** Opens a file for reading, in a transaction; all that is read is of one moment. */
    Connection open(Path file) throws SQLException;

    /**
     * A file with all that is durable of an actor, the log included; it may not exist.
     *
     * @param file where the actor's journal lies
     */
    Path current(ActorId actor, Path file);

    /** What the commit log has beyond the files; nothing where a node applies it meanwhile. */
    LogContents log();

    /** Whether files change while they are looked at. */
    boolean running();

    void close();
  }

  private StoreUpkeep(DataDirectory data, Access access, boolean owned) {
    this.data = data;
    this.tree = new JournalTree(data, SqliteFiles.of(StoreOptions.DEFAULT));
    this.access = access;
    this.owned = owned;
  }

  /** Of a node that runs on {@code data}. Close it before the stores. */
  public static StoreUpkeep of(DataDirectory data, SqliteJournalStore journals) {
    return new StoreUpkeep(data, new RunningAccess(journals), false);
  }

  /**
   * Of a node that does not run; holds its directory until it is closed. Blocking: call it on a
   * platform thread.
   *
   * @throws HostException as {@link DataDirectory#openExisting}
   */
  public static StoreUpkeep offline(Path directory) {
    DataDirectory data = DataDirectory.openExisting(directory);
    try {
      NativeLibrary.load(data);
      return new StoreUpkeep(data, new OfflineAccess(data), true);
    } catch (RuntimeException e) {
      data.close();
      throw e;
    }
  }

  @Override
  public Optional<Value.Obj> turns(ActorId actor, JournalQuery query) {
    return read(actor, i -> i.turns(actor.address(), query));
  }

  @Override
  public Optional<Value.Obj> state(ActorId actor, long at) {
    return read(actor, i -> Optional.of(i.state(actor.address(), at)));
  }

  @Override
  public Optional<Value.Obj> effects(ActorId actor, EffectQuery query) {
    return read(actor, i -> Optional.of(i.effects(actor.address(), query)));
  }

  @Override
  public Optional<Letter> deadLetter(ActorId actor, long number) {
    return read(actor, i -> i.deadLetter(number));
  }

  @Override
  public Optional<Value.Obj> timers(ActorId actor, boolean payloads) {
    return read(actor, i -> Optional.of(i.timers(actor.address(), payloads)));
  }

  @Override
  public Optional<Value.Obj> inbox(ActorId actor) {
    return read(actor, i -> Optional.of(i.inbox(actor.address())));
  }

  @Override
  public List<ActorId> actors(AppId app) {
    List<ActorId> found =
        access instanceof RunningAccess(SqliteJournalStore journals)
            ? journals.actors(app) // those in the log only, too
            : pool.call(() -> tree.actors(app));
    return found.stream().sorted(Comparator.comparing(ActorId::address)).toList();
  }

  @Override
  public Result verify(Scope scope) {
    return pool.call(() -> new NodeCheck(data, tree, access).run(scope));
  }

  private interface Reading<T> {
    Optional<T> of(JournalInspector i) throws SQLException;
  }

  private <T> Optional<T> read(ActorId actor, Reading<T> reading) {
    Path file = tree.path(actor);
    if (access.running()) {
      var _ = access.current(actor, file); // on the store's own threads
    }
    return pool.call(() -> {
      Path current = access.running() ? file : access.current(actor, file);
      if (!Files.exists(current)) {
        return Optional.empty();
      }
      try (JournalInspector i =
          new JournalInspector(file, shown(data.root(), file), access.open(current))) {
        i.requireOwner(actor);
        return reading.of(i);
      } catch (SQLException e) {
        throw SqliteErrors.of(file, e);
      }
    });
  }

  /** A path below the data directory as findings and people name it. */
  static String shown(Path root, Path file) {
    return root.relativize(file).toString().replace('\\', '/');
  }

  /** Ends the threads; an offline directory is unlocked. */
  @Override
  public void close() {
    pool.close();
    access.close();
    if (owned) {
      data.close();
    }
  }
}
