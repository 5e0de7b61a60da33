package io.plexspaces.store;

import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import io.plexspaces.api.upkeep.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Verifies what a node keeps beside its journals: apps, artifacts, the index, spaces. Platform
 * threads.
 */
final class SideFilesCheck {
  private static final String REBUILT =
      "delete it while no node runs: it is rebuilt at the next start";
  private static final String FROM_BACKUP = "restore it from a backup";

  private final DataDirectory data;
  private final StoreUpkeep.Access access;
  private final List<Finding> findings;
  private final Set<String> artifacts = new HashSet<>();

  SideFilesCheck(DataDirectory data, StoreUpkeep.Access access, List<Finding> findings) {
    this.data = data;
    this.access = access;
    this.findings = findings;
  }

  void run() {
    if (Files.exists(data.pendingIndex())) {
      check(data.pendingIndex(), REBUILT, this::pending);
    }
    if (Files.exists(data.apps())) {
      check(data.apps(), FROM_BACKUP, this::apps);
    }
    artifacts();
    spaces();
  }

  private interface Body {
    void run(Connection c, String name) throws SQLException;
  }

  private void check(Path file, String remedy, Body body) {
    String name = StoreUpkeep.shown(data.root(), file);
    try (Connection c = access.open(file)) {
      try (Statement s = c.createStatement();
          ResultSet r = s.executeQuery("pragma integrity_check(5)")) {
        while (r.next()) {
          if (!"ok".equals(r.getString(1))) {
            damage(name, "SQLite finds: " + r.getString(1), remedy);
          }
        }
      }
      body.run(c, name);
    } catch (SQLException e) {
      String message = SqliteErrors.of(Path.of(name), e).error().message();
      damage(name, message.substring(name.length()).strip(), remedy);
    } catch (HostException e) {
      damage(name, e.error().message(), remedy);
    }
  }

  private void pending(Connection c, String name) throws SQLException {
    format(c, name, PendingIndex.FORMAT, 0);
    try (Statement s = c.createStatement();
        ResultSet r =
            s.executeQuery(
                "select count(*) from pending where effects not in (0, 1)"
                    + " or typeof(coalesce(due, 0)) <> 'integer'")) {
      if (r.next() && r.getLong(1) > 0) {
        damage(name, r.getLong(1) + " of its rows are malformed", REBUILT);
      }
    }
  }

  private void apps(Connection c, String name) throws SQLException {
    format(c, name, SqliteAppStore.FORMAT, 0);
    try (Statement s = c.createStatement();
        ResultSet r = s.executeQuery("select tenant, name, artifact from app")) {
      while (r.next()) {
        String artifact = String.valueOf(r.getString(3));
        String app = r.getString(1) + ":" + r.getString(2);
        String hex = artifact.startsWith("sha256:") ? artifact.substring(7) : "";
        if (!hex.matches("[0-9a-f]{64}")) {
          damage(name, "app " + app + " names the artifact \"" + artifact + "\"", FROM_BACKUP);
        } else if (!Files.exists(data.artifacts().resolve(hex))) {
          damage(
              "artifacts/sha256/" + hex,
              "it is missing, and app " + app + " runs on it",
              "deploy the app again from the same module, or " + FROM_BACKUP);
        } else {
          artifacts.add(hex);
        }
      }
    }
  }

  private void format(Connection c, String name, int known, int applicationId) throws SQLException {
    try (Statement s = c.createStatement()) {
      try (ResultSet r = s.executeQuery("pragma user_version")) {
        int format = r.next() ? r.getInt(1) : 0;
        if (format > known) {
          damage(
              name,
              "it has format " + format + ", this version knows up to " + known,
              "use the version of PlexSpaces that wrote it");
        } else if (format < 1) {
          damage(name, "its format is " + format, FROM_BACKUP);
        }
      }
      try (ResultSet r = s.executeQuery("pragma application_id")) {
        if (applicationId != 0 && (!r.next() || r.getInt(1) != applicationId)) {
          damage(name, "it is a database, and no tuple space", FROM_BACKUP);
        }
      }
    }
  }

  private void artifacts() {
    for (Path file : files(data.artifacts())) {
      String name = String.valueOf(file.getFileName());
      if (!name.matches("[0-9a-f]{64}")) {
        continue;
      }
      try {
        if (!Digests.hex(file).equals(name)) {
          damage(
              "artifacts/sha256/" + name,
              "its bytes do not have the digest of its name",
              artifacts.contains(name)
                  ? "deploy the app again from the same module, or " + FROM_BACKUP
                  : "delete it: no app runs on it");
        }
      } catch (IOException e) {
        damage("artifacts/sha256/" + name, "it cannot be read: " + e.getMessage(), FROM_BACKUP);
      }
    }
  }

  private void spaces() {
    for (Path file : files(data.spaces())) {
      if (String.valueOf(file.getFileName()).endsWith(".db")) {
        check(file, FROM_BACKUP, this::space);
      }
    }
  }

  private void space(Connection c, String name) throws SQLException {
    format(c, name, SpaceSchema.FORMAT, SpaceSchema.APPLICATION_ID);
    try (Statement s = c.createStatement()) {
      long last = 0;
      try (ResultSet r = s.executeQuery("select tenant, app, space, last_tuple from meta")) {
        if (r.next()) {
          last = r.getLong(4);
          String place =
              "spaces/"
                  + FileNames.encode(String.valueOf(r.getString(1)))
                  + "/"
                  + FileNames.encode(String.valueOf(r.getString(2)))
                  + "/"
                  + FileNames.encode(String.valueOf(r.getString(3)))
                  + ".db";
          if (!place.equals(name)) {
            damage(name, "it holds the space whose place is " + place, "move it there");
          }
        }
      }
      try (ResultSet r = s.executeQuery("select id, fields from tuple order by id")) {
        while (r.next()) {
          if (r.getLong(1) > last || !isArray(r.getString(2))) {
            damage(name, "tuple " + r.getLong(1) + " is malformed", FROM_BACKUP);
          }
        }
      }
    }
  }

  private static boolean isArray(@org.jspecify.annotations.Nullable String json) {
    try {
      return json != null && Json.read(json) instanceof Value.Arr;
    } catch (HostException e) {
      return false;
    }
  }

  private List<Path> files(Path directory) {
    try {
      return LiveTree.files(directory);
    } catch (IOException e) {
      damage(
          StoreUpkeep.shown(data.root(), directory),
          "it cannot be read: " + e.getMessage(),
          "check its permissions");
      return List.of();
    }
  }

  private void damage(String file, String what, String remedy) {
    findings.add(Finding.damage(file, what, remedy));
  }
}
