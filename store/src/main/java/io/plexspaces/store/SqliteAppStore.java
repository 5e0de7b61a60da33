package io.plexspaces.store;

import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.store.AppStore;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Apps in {@code apps.db}, artifacts as files beside it; one platform thread does all of it. */
public final class SqliteAppStore implements AppStore {
  static final int FORMAT = 1;
  private static final String COLUMNS =
      "tenant, name, version, artifact, config, wants_to_run, deployed_at";

  private final Path path;
  private final Artifacts artifacts;
  private final IoPool thread = new IoPool("store-apps", 1);
  private final Connection connection;

  private volatile boolean closed;

  /** Put but not yet named by a record: a deploy is between the two. */
  private final Set<String> unsaved = new HashSet<>();

  /**
   * Opens the store. Blocking: call it on a platform thread.
   *
   * @throws HostException DATA_LOSS or UNAVAILABLE naming the file, FAILED_PRECONDITION if a later
   *     version wrote it
   */
  public SqliteAppStore(DataDirectory data) {
    NativeLibrary.load(data);
    this.path = data.apps();
    this.artifacts = new Artifacts(data.artifacts());
    try {
      this.connection = SqliteFiles.of(StoreOptions.DEFAULT).open(path, true);
      try {
        prepare();
      } catch (SQLException | RuntimeException e) {
        connection.close();
        thread.close();
        throw e;
      }
    } catch (SQLException e) {
      throw SqliteErrors.of(path, e);
    }
  }

  private void prepare() throws SQLException {
    try (Statement s = connection.createStatement()) {
      try (ResultSet r = s.executeQuery("pragma user_version")) {
        if (r.next() && r.getInt(1) > FORMAT) {
          throw new HostException(
              ErrorCode.FAILED_PRECONDITION,
              path + " has format " + r.getInt(1) + ", this version knows up to " + FORMAT);
        }
      }
      s.execute("begin immediate");
      s.execute(
          """
          create table if not exists app (
            tenant text not null, name text not null, version text not null,
            artifact text not null, config text not null, wants_to_run integer not null,
            deployed_at integer not null, primary key (tenant, name)) without rowid\
          """);
      s.execute("pragma user_version = " + FORMAT);
      s.execute("commit");
    }
  }

  @Override
  public String putArtifact(byte[] artifact) {
    return call(() -> {
      String digest = artifacts.put(artifact);
      unsaved.add(digest);
      return digest;
    });
  }

  @Override
  public byte[] artifact(String digest) {
    return call(() -> artifacts.get(digest));
  }

  /**
   * {@inheritDoc}
   *
   * <p>The artifact of the record that is replaced goes unless another app uses it.
   *
   * @throws HostException FAILED_PRECONDITION if the record's artifact was not put
   */
  @Override
  public void save(AppRecord app) {
    call(() -> {
      if (!artifacts.exists(app.artifactDigest())) {
        throw new HostException(
            ErrorCode.FAILED_PRECONDITION,
            "app " + app.app() + " names an artifact that is not stored: " + app.artifactDigest());
      }
      Optional<AppRecord> before = read(app.app());
      write(app);
      unsaved.remove(app.artifactDigest());
      if (before.isPresent()) {
        deleteUnused(before.get().artifactDigest());
      }
      return true;
    });
  }

  @Override
  public Optional<AppRecord> find(AppId app) {
    return call(() -> read(app));
  }

  @Override
  public List<AppRecord> apps() {
    return call(() -> {
      try (Statement s = connection.createStatement();
          ResultSet r =
              s.executeQuery(
                  "select " + COLUMNS + " from app order by deployed_at, tenant, name")) {
        List<AppRecord> apps = new ArrayList<>();
        while (r.next()) {
          apps.add(record(r));
        }
        return apps;
      }
    });
  }

  @Override
  public void remove(AppId app) {
    call(() -> {
      Optional<AppRecord> record = read(app);
      if (record.isPresent()) {
        try (PreparedStatement s =
            connection.prepareStatement("delete from app where tenant = ? and name = ?")) {
          s.setString(1, app.tenant());
          s.setString(2, app.name());
          s.executeUpdate();
        }
        deleteUnused(record.get().artifactDigest());
      }
      return true;
    });
  }

  /** Closes the file; artifacts of deploys that were never saved go. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      call(() -> {
        for (String digest : List.copyOf(unsaved)) {
          unsaved.remove(digest);
          deleteUnused(digest);
        }
        connection.close();
        return true;
      });
    } finally {
      thread.close();
    }
  }

  private void write(AppRecord app) throws SQLException {
    try (PreparedStatement s =
        connection.prepareStatement(
            "insert or replace into app (" + COLUMNS + ") values (?, ?, ?, ?, ?, ?, ?)")) {
      s.setString(1, app.app().tenant());
      s.setString(2, app.app().name());
      s.setString(3, app.version());
      s.setString(4, app.artifactDigest());
      s.setString(5, app.config());
      s.setBoolean(6, app.wantsToRun());
      s.setLong(7, app.deployedAtMillis());
      s.executeUpdate();
    }
  }

  private Optional<AppRecord> read(AppId app) throws SQLException {
    try (PreparedStatement s =
        connection.prepareStatement(
            "select " + COLUMNS + " from app where tenant = ? and name = ?")) {
      s.setString(1, app.tenant());
      s.setString(2, app.name());
      try (ResultSet r = s.executeQuery()) {
        return r.next() ? Optional.of(record(r)) : Optional.empty();
      }
    }
  }

  private static AppRecord record(ResultSet r) throws SQLException {
    return new AppRecord(
        new AppId(r.getString(1), r.getString(2)),
        r.getString(3),
        r.getString(4),
        r.getString(5),
        r.getBoolean(6),
        r.getLong(7));
  }

  private void deleteUnused(String digest) throws SQLException {
    if (unsaved.contains(digest)) {
      return;
    }
    try (PreparedStatement s =
        connection.prepareStatement("select 1 from app where artifact = ?")) {
      s.setString(1, digest);
      try (ResultSet r = s.executeQuery()) {
        if (!r.next()) {
          artifacts.delete(digest);
        }
      }
    }
  }

  private interface Body<T> {
    T run() throws SQLException;
  }

  private <T> T call(Body<T> body) {
    return thread.call(() -> {
      try {
        return body.run();
      } catch (SQLException e) {
        throw SqliteErrors.of(path, e);
      }
    });
  }
}
