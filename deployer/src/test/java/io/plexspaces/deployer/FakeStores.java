package io.plexspaces.deployer;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.api.journal.JournalOptions;
import io.plexspaces.api.journal.JournalStore;
import io.plexspaces.api.store.AppStore;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The stores of a node, as the deployer sees them, in memory. */
final class FakeStores {
  final Apps apps;
  final Journals journals;

  FakeStores(Steps steps) {
    apps = new Apps(steps);
    journals = new Journals(steps);
  }

  /** What would be on disk if the node died now. */
  FakeStores copy(Steps steps) {
    FakeStores copy = new FakeStores(steps);
    synchronized (apps) {
      copy.apps.records.putAll(apps.records);
      copy.apps.artifacts.putAll(apps.artifacts);
    }
    copy.journals.actors.addAll(journals.actors);
    return copy;
  }

  static final class Apps implements AppStore {
    private final Steps steps;
    final Map<AppId, AppRecord> records = new LinkedHashMap<>();
    final Map<String, byte[]> artifacts = new LinkedHashMap<>();

    Apps(Steps steps) {
      this.steps = steps;
    }

    @Override
    public String putArtifact(byte[] artifact) {
      steps.take("put");
      synchronized (this) {
        artifacts.put(Digests.of(artifact), artifact);
        return Digests.of(artifact);
      }
    }

    @Override
    public synchronized byte[] artifact(String digest) {
      byte[] a = artifacts.get(digest);
      if (a == null) {
        throw new HostException(ErrorCode.NOT_FOUND, "no artifact " + digest);
      }
      return a;
    }

    @Override
    public void save(AppRecord app) {
      steps.take("save");
      synchronized (this) {
        if (!artifacts.containsKey(app.artifactDigest())) {
          throw new IllegalStateException(app + " has no artifact");
        }
        records.put(app.app(), app);
      }
    }

    @Override
    public synchronized Optional<AppRecord> find(AppId app) {
      return Optional.ofNullable(records.get(app));
    }

    @Override
    public synchronized List<AppRecord> apps() {
      return List.copyOf(records.values());
    }

    @Override
    public void remove(AppId app) {
      steps.take("remove");
      synchronized (this) {
        records.remove(app);
        artifacts
            .keySet()
            .removeIf(d -> records.values().stream().noneMatch(r -> r.artifactDigest().equals(d)));
      }
    }

    @Override
    public void close() {}
  }

  static final class Journals implements JournalStore {
    private final Steps steps;
    final Set<ActorId> actors = ConcurrentHashMap.newKeySet();

    Journals(Steps steps) {
      this.steps = steps;
    }

    @Override
    public Journal journal(ActorId actor, JournalOptions options) {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<Pending> pending(AppId app) {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<ActorId> actors(AppId app) {
      return actors.stream().filter(a -> a.app().equals(app)).toList();
    }

    @Override
    public boolean delete(ActorId actor) {
      return false;
    }

    @Override
    public void purge(AppId app) {
      steps.take("purge");
      actors.removeIf(a -> a.app().equals(app));
    }

    @Override
    public void close() {}
  }
}
