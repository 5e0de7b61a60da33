package io.plexspaces.deployer;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.store.AppStore.AppRecord;
import io.plexspaces.engine.Engine;
import io.plexspaces.engine.plan.AppPlan;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The apps that the engine has, each with the module it runs on. Calls on one app are made one by
 * one; else thread-safe.
 */
final class RunningApps {
  private static final Logger LOG = System.getLogger(RunningApps.class.getName());

  private final Engine engine;
  private final GuestEngines guests;
  private final AppConfigReader reader;
  private final List<Consumer<AppPlan>> whenStarting;
  private final List<Consumer<AppId>> whenGone;
  private final Map<AppId, GuestModule> modules = new ConcurrentHashMap<>();

  RunningApps(
      Engine engine,
      GuestEngines guests,
      AppConfigReader reader,
      List<Consumer<AppPlan>> whenStarting,
      List<Consumer<AppId>> whenGone) {
    this.engine = engine;
    this.guests = guests;
    this.reader = reader;
    this.whenStarting = whenStarting;
    this.whenGone = whenGone;
  }

  /** Loads the module and starts the app in the engine; leaves nothing when it throws. */
  void launch(AppRecord record, byte[] artifact) {
    AppId app = record.app();
    boolean done = false;
    try {
      // Read before the module is loaded: a configuration that cannot be read costs no compile.
      AppConfigReader.Draft draft = draft(record, null);
      AppPlan limits = draft.required();
      GuestModule module =
          guests
              .pick(artifact, draft.runtime(), app.tenant())
              .load(artifact, limits.limits().guest());
      modules.put(app, module);
      AppPlan plan = draft(record, module).required();
      starting(plan);
      engine.start(plan, module);
      done = true;
    } finally {
      if (!done) {
        quietly("close", app, () -> closeModule(app));
        gone(app);
      }
    }
  }

  /**
   * Changes what an app runs on, with the states of its actors. When this throws, it runs as it did
   * before; if not even that can be brought back, it is down.
   */
  void reload(AppRecord before, AppRecord after, byte[] artifact, Duration drain) {
    AppId app = after.app();
    AppConfigReader.Draft draft = draft(after, null);
    GuestModule next =
        guests
            .pick(artifact, draft.runtime(), app.tenant())
            .load(artifact, draft.required().limits().guest());
    AppPlan plan = null;
    try {
      plan = draft(after, next).required();
    } finally {
      if (plan == null) {
        quietly("close", app, next::close);
      }
    }
    GuestModule old = modules.get(app);
    Map<ActorId, Payload> states = engine.stopKeepingStates(app, drain);
    try {
      starting(plan);
      engine.start(plan, next, states);
      modules.put(app, next);
    } catch (RuntimeException | Error e) {
      quietly("close", app, next::close);
      startAgain(before, old, states, e);
      throw e;
    }
    if (old != null) {
      quietly("close", app, old::close);
    }
  }

  private void startAgain(
      AppRecord before,
      @Nullable GuestModule module,
      Map<ActorId, Payload> states,
      Throwable reason) {
    try {
      if (module != null) {
        AppPlan plan = draft(before, module).required();
        starting(plan);
        engine.start(plan, module, states);
        return;
      }
    } catch (RuntimeException e) {
      reason.addSuppressed(e);
    }
    if (engine.app(before.app()).isPresent()) {
      quietly("stop", before.app(), () -> engine.stop(before.app(), Duration.ZERO));
    }
    quietly("close", before.app(), () -> closeModule(before.app()));
    gone(before.app());
  }

  private AppConfigReader.Draft draft(AppRecord r, @Nullable GuestModule module) {
    return reader.draft(
        r.app().tenant(),
        r.app().name(),
        r.version(),
        r.config(),
        module == null ? null : module.description());
  }

  /** Stops the app if the engine has it, running or failed. */
  void takeDown(AppId app, Duration drain) {
    if (engine.app(app).isEmpty()) {
      return;
    }
    engine.stop(app, drain);
    quietly("close", app, () -> closeModule(app));
    gone(app);
  }

  private void closeModule(AppId app) {
    GuestModule module = modules.remove(app);
    if (module != null) {
      module.close();
    }
  }

  private void starting(AppPlan plan) {
    whenStarting.forEach(listener -> listener.accept(plan));
  }

  private void gone(AppId app) {
    for (Consumer<AppId> listener : whenGone) {
      quietly("clean up after", app, () -> listener.accept(app));
    }
  }

  /** A step of cleaning that must not keep the next from being done. */
  static void quietly(String what, AppId app, Runnable step) {
    try {
      step.run();
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "could not " + what + " app " + app + ": " + e.getMessage(), e);
    }
  }

  /** Frees all modules; the engine must have been closed. */
  void close() {
    for (AppId app : List.copyOf(modules.keySet())) {
      quietly("close", app, () -> closeModule(app));
    }
  }
}
