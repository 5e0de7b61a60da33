package io.plexspaces.deployer;

import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Telemetry;
import io.plexspaces.api.guest.GuestEngine;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.journal.JournalStore;
import io.plexspaces.api.journal.SpaceStore;
import io.plexspaces.api.store.AppStore;
import io.plexspaces.api.store.AppStore.AppRecord;
import io.plexspaces.engine.AppStatus;
import io.plexspaces.engine.AppStatus.AppState;
import io.plexspaces.engine.Engine;
import io.plexspaces.engine.plan.AppPlan;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The deployer of a node. Durable order: an app is recorded after it has started, and forgotten
 * after it has stopped, so a node that dies in between comes back without it or with all of it.
 * Thread-safe; blocking, meant for virtual threads.
 */
public final class AppDeployer implements Deployer, AutoCloseable {
  private static final Logger LOG = System.getLogger(AppDeployer.class.getName());

  private final Engine engine;
  private final AppStore store;
  private final JournalStore journals;
  private final Optional<SpaceStore> spaces;
  private final GuestEngines guests;
  private final AppConfigReader reader;
  private final RunningApps running;
  private final Telemetry telemetry;
  private final InstantSource clock;

  private final AppLocks locks = new AppLocks();

  /** Between an artifact's put and its record's save, no undeploy may find it unused. */
  private final ReentrantLock storing = new ReentrantLock();

  /** Why apps that should run do not. */
  private final Map<AppId, String> failures = new ConcurrentHashMap<>();

  /** Apps that are being deployed or started and that the engine does not know yet. */
  private final Map<AppId, AppInfo> coming = new ConcurrentHashMap<>();

  private AppDeployer(Builder b) {
    engine = b.engine;
    store = b.store;
    journals = b.journals;
    spaces = Optional.ofNullable(b.spaces);
    guests = new GuestEngines(b.guests, b.polyglot, b.polyglotTenants, b.maxArtifactBytes);
    reader = new AppConfigReader(b.defaults);
    telemetry = b.telemetry;
    running =
        new RunningApps(
            engine, guests, reader, List.copyOf(b.whenStarting), List.copyOf(b.whenGone));
    clock = b.clock;
  }

  /** The deployer owns none of these and closes none of them. */
  public static Builder builder(Engine engine, AppStore store, JournalStore journals) {
    return new Builder(engine, store, journals);
  }

  @Override
  public AppInfo deploy(
      String tenant,
      @Nullable String app,
      @Nullable String version,
      byte[] artifact,
      String config) {
    AppConfigReader.Draft draft = reader.draft(tenant, app, version, config, null);
    if (draft.plan() == null) {
      throw refusal(draft, tenant, app, version, artifact, config);
    }
    AppId id = draft.plan().app();
    AppRecord record =
        new AppRecord(
            id, draft.plan().version(), Digests.of(artifact), config, true, clock.millis());
    return locks.with(id, () -> deployLocked(record, artifact));
  }

  private AppInfo deployLocked(AppRecord record, byte[] artifact) {
    AppId id = record.app();
    if (store.find(id).isPresent() || engine.app(id).isPresent()) {
      throw new HostException(
          ErrorCode.ALREADY_EXISTS,
          "app \""
              + id.name()
              + "\" is deployed already: undeploy it first, or choose another name with --app");
    }
    // What an earlier deployment left was kept on purpose; what a failed one leaves is removed.
    boolean fresh = journals.actors(id).isEmpty() && spaces.filter(s -> s.exists(id)).isEmpty();
    boolean done = false;
    coming.put(id, described(record, AppState.DEPLOYING, null));
    try {
      running.launch(record, artifact);
      store(record, artifact);
      done = true;
    } finally {
      if (!done) {
        RunningApps.quietly("stop", id, () -> running.takeDown(id, Duration.ZERO));
        if (fresh) {
          RunningApps.quietly("purge", id, () -> purge(id));
        }
        telemetry.appRemoved(id);
        engine.forget(id);
      }
      coming.remove(id);
    }
    LOG.log(Level.INFO, "deployed {0} {1}", id, record.version());
    return info(record);
  }

  private void store(AppRecord record, byte[] artifact) {
    storing.lock();
    boolean done = false;
    try {
      String digest = store.putArtifact(artifact);
      if (!digest.equals(record.artifactDigest())) {
        throw new HostException(
            ErrorCode.INTERNAL,
            "the store names the artifact " + digest + ", it is " + record.artifactDigest());
      }
      store.save(record);
      done = true;
    } finally {
      if (!done) {
        RunningApps.quietly("forget", record.app(), () -> store.remove(record.app()));
      }
      storing.unlock();
    }
  }

  /** All that is wrong with a configuration, and with the module if it is refused as well. */
  private HostException refusal(
      AppConfigReader.Draft draft,
      String tenant,
      @Nullable String app,
      @Nullable String version,
      byte[] artifact,
      String config) {
    try (GuestModule module =
        guests.pick(artifact, draft.runtime(), tenant).load(artifact, draft.limits().guest())) {
      return reader
          .draft(tenant, app, version, config, module.description())
          .errors()
          .toException();
    } catch (HostException e) {
      draft.errors().add(0, "the module is refused: " + e.getMessage());
      return draft.errors().toException();
    }
  }

  @Override
  public void undeploy(AppId app, Duration drain, boolean purge) {
    locks.with(
        app,
        () -> {
          // A node that dies from here on comes back with the app stopped, to be undeployed again.
          wants(require(app), false);
          running.takeDown(app, drain);
          if (purge) {
            purge(app);
          }
          storing.lock();
          try {
            store.remove(app);
          } finally {
            storing.unlock();
          }
          failures.remove(app);
          telemetry.appRemoved(app);
          engine.forget(app); // another app of this name must not show its lines
          LOG.log(Level.INFO, "undeployed {0}", app);
          return null;
        });
  }

  /** Removes all that the app's actors and spaces have on disk. */
  private void purge(AppId app) {
    journals.purge(app);
    spaces.ifPresent(s -> s.purge(app));
  }

  @Override
  public AppInfo start(AppId app) {
    return locks.with(
        app,
        () -> {
          AppRecord record = require(app);
          boolean up = engine.app(app).filter(s -> s.state() != AppState.FAILED).isPresent();
          return up ? info(record) : startLocked(record, Duration.ZERO);
        });
  }

  @Override
  public AppInfo stop(AppId app, Duration drain) {
    return locks.with(
        app,
        () -> {
          AppRecord record = wants(require(app), false);
          running.takeDown(app, drain);
          failures.remove(app);
          return info(record);
        });
  }

  @Override
  public AppInfo restart(AppId app, Duration drain) {
    return locks.with(app, () -> startLocked(require(app), drain));
  }

  /** Starts what is stopped, failed or running; an app that does not start is marked failed. */
  private AppInfo startLocked(AppRecord record, Duration drain) {
    AppId app = record.app();
    running.takeDown(app, drain);
    coming.put(app, described(record, AppState.DEPLOYING, null));
    try {
      running.launch(record, store.artifact(record.artifactDigest()));
      failures.remove(app);
    } catch (RuntimeException | Error e) {
      failures.put(app, reason(e));
      throw e;
    } finally {
      coming.remove(app);
    }
    boolean done = false;
    try {
      AppRecord wanted = wants(record, true);
      done = true;
      return info(wanted);
    } finally {
      if (!done) {
        RunningApps.quietly(
            "stop", record.app(), () -> running.takeDown(record.app(), Duration.ZERO));
      }
    }
  }

  @Override
  public AppInfo reload(AppId app, byte[] artifact, @Nullable String config) {
    return locks.with(app, () -> reloadLocked(require(app), artifact, config));
  }

  private AppInfo reloadLocked(AppRecord before, byte[] artifact, @Nullable String config) {
    AppId app = before.app();
    String toml = config == null ? before.config() : config;
    String version = config == null ? before.version() : null;
    AppConfigReader.Draft draft = reader.draft(app.tenant(), app.name(), version, toml, null);
    if (draft.plan() == null) {
      throw refusal(draft, app.tenant(), app.name(), version, artifact, toml);
    }
    AppRecord after =
        new AppRecord(
            app, draft.plan().version(), Digests.of(artifact), toml, true, clock.millis());
    boolean up = engine.app(app).isPresent();
    try {
      if (up) {
        running.reload(before, after, artifact, Duration.ZERO);
      } else {
        running.launch(after, artifact);
      }
      failures.remove(app);
    } catch (RuntimeException | Error e) {
      if (up && engine.app(app).isEmpty()) {
        failures.put(app, "neither the new code nor the old starts: " + reason(e));
      }
      throw e;
    }
    boolean done = false;
    try {
      replace(after, artifact);
      done = true;
    } finally {
      if (!done) {
        // The record has the old code: what runs must be what comes back after a restart.
        RunningApps.quietly("bring back", app, () -> bringBack(after, before));
      }
    }
    LOG.log(Level.INFO, "reloaded {0} {1}", app, after.version());
    return info(after);
  }

  private void bringBack(AppRecord now, AppRecord before) {
    if (before.wantsToRun()) {
      running.reload(now, before, store.artifact(before.artifactDigest()), Duration.ZERO);
    } else {
      running.takeDown(before.app(), Duration.ZERO);
    }
  }

  private void replace(AppRecord record, byte[] artifact) {
    storing.lock();
    try {
      var _ = store.putArtifact(artifact);
      store.save(record);
    } finally {
      storing.unlock();
    }
  }

  @Override
  public Optional<AppInfo> app(AppId app) {
    return store.find(app).map(this::info).or(() -> Optional.ofNullable(coming.get(app)));
  }

  @Override
  public List<AppInfo> apps(String tenant) {
    List<AppInfo> deploying = new ArrayList<>(coming.values());
    List<AppInfo> infos = new ArrayList<>();
    for (AppRecord record : store.apps()) {
      if (record.app().tenant().equals(tenant)) {
        infos.add(info(record));
      }
      deploying.removeIf(i -> i.app().equals(record.app()));
    }
    deploying.stream().filter(i -> i.app().tenant().equals(tenant)).forEach(infos::add);
    return infos;
  }

  @Override
  public void resume() {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (AppRecord record : store.apps()) {
        if (record.wantsToRun()) {
          threads.execute(() -> resume(record.app()));
        }
      }
    }
  }

  private void resume(AppId app) {
    locks.with(
        app,
        () -> {
          // Read again: it may have been stopped or undeployed while others started.
          Optional<AppRecord> record = store.find(app).filter(AppRecord::wantsToRun);
          try {
            record.ifPresent(r -> startLocked(r, Duration.ZERO));
          } catch (RuntimeException | Error e) {
            LOG.log(Level.ERROR, "app " + app + " did not start: " + reason(e), e);
          }
          return null;
        });
  }

  /** Frees the modules. To be called after the engine was closed. */
  @Override
  public void close() {
    running.close();
  }

  private AppRecord require(AppId app) {
    return store
        .find(app)
        .orElseThrow(
            () -> new HostException(ErrorCode.NOT_FOUND, "there is no app \"" + app.name() + "\""));
  }

  /** Records whether the app is to run after a restart of the node. */
  private AppRecord wants(AppRecord r, boolean toRun) {
    if (r.wantsToRun() == toRun) {
      return r;
    }
    AppRecord changed =
        new AppRecord(
            r.app(), r.version(), r.artifactDigest(), r.config(), toRun, r.deployedAtMillis());
    store.save(changed);
    return changed;
  }

  private AppInfo info(AppRecord r) {
    Optional<AppStatus> status = engine.app(r.app());
    if (status.isPresent()) {
      AppStatus s = status.get();
      return new AppInfo(
          r.app(),
          r.version(),
          s.state(),
          s.failure(),
          r.artifactDigest(),
          s.module(),
          s.actors(),
          s.mailboxDepth(),
          s.memoryBytes(),
          s.restarts(),
          r.deployedAtMillis());
    }
    AppInfo starting = coming.get(r.app());
    String failure = failures.get(r.app());
    return starting != null
        ? starting
        : described(r, failure == null ? AppState.STOPPED : AppState.FAILED, failure);
  }

  private static AppInfo described(AppRecord r, AppState state, @Nullable String failure) {
    return new AppInfo(
        r.app(),
        r.version(),
        state,
        failure,
        r.artifactDigest(),
        null,
        0,
        0,
        0,
        0,
        r.deployedAtMillis());
  }

  private static String reason(Throwable e) {
    return e instanceof HostException h ? h.error().message() : e.toString();
  }

  /** What a deployer is made of. */
  public static final class Builder {
    private final Engine engine;
    private final AppStore store;
    private final JournalStore journals;
    private final List<GuestEngine> guests = new ArrayList<>();
    private final List<GuestEngine> polyglot = new ArrayList<>();
    private Predicate<String> polyglotTenants = tenant -> false;
    private @Nullable SpaceStore spaces;
    private final List<Consumer<AppPlan>> whenStarting = new ArrayList<>();
    private final List<Consumer<AppId>> whenGone = new ArrayList<>();
    private AppConfigReader.Defaults defaults = AppConfigReader.Defaults.STANDARD;
    private Telemetry telemetry = Telemetry.NONE;
    private InstantSource clock = InstantSource.system();
    private long maxArtifactBytes = 64L << 20;

    private Builder(Engine engine, AppStore store, JournalStore journals) {
      this.engine = engine;
      this.store = store;
      this.journals = journals;
    }

    /** The first that accepts an artifact loads it. */
    public Builder guests(List<GuestEngine> engines) {
      guests.addAll(engines);
      return this;
    }

    /**
     * Engines that run outside of the WASM sandbox: used for apps whose configuration names them.
     *
     * @param tenants whose apps may
     */
    public Builder polyglot(List<GuestEngine> engines, Predicate<String> tenants) {
      polyglot.addAll(engines);
      polyglotTenants = tenants;
      return this;
    }

    /** Where durable tuple spaces are: purged with their app. */
    public Builder spaces(SpaceStore store) {
      spaces = store;
      return this;
    }

    /** Told before the actors of an app start, also when it starts again with another plan. */
    public Builder whenStarting(Consumer<AppPlan> listener) {
      whenStarting.add(listener);
      return this;
    }

    /**
     * Told when nothing of an app runs any more, because it was stopped, undeployed or did not
     * start: what it left in memory elsewhere, such as tuples, can go. May be told twice.
     */
    public Builder whenGone(Consumer<AppId> listener) {
      whenGone.add(listener);
      return this;
    }

    public Builder defaults(AppConfigReader.Defaults d) {
      defaults = d;
      return this;
    }

    public Builder telemetry(Telemetry t) {
      telemetry = t;
      return this;
    }

    public Builder clock(InstantSource c) {
      clock = c;
      return this;
    }

    /** A larger artifact is refused; 64 MiB unless set. */
    public Builder maxArtifactBytes(long bytes) {
      maxArtifactBytes = bytes;
      return this;
    }

    public AppDeployer build() {
      return new AppDeployer(this);
    }
  }
}
