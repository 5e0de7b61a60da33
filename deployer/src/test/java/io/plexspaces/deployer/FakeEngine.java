package io.plexspaces.deployer;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.RequestContext;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.engine.ActorStatus;
import io.plexspaces.engine.AppStatus;
import io.plexspaces.engine.AppStatus.AppState;
import io.plexspaces.engine.Engine;
import io.plexspaces.engine.RecentLog;
import io.plexspaces.engine.TreeNode;
import io.plexspaces.engine.ValueStream;
import io.plexspaces.engine.plan.AppPlan;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** An engine that knows which apps it has, and no actors. */
final class FakeEngine implements Engine {
  private final Steps steps;
  private final Map<AppId, AppStatus> apps = new ConcurrentHashMap<>();
  final Map<AppId, GuestModule> modules = new ConcurrentHashMap<>();

  FakeEngine(Steps steps) {
    this.steps = steps;
  }

  /** With which states the apps were started last. */
  final Map<AppId, Map<ActorId, Payload>> states = new ConcurrentHashMap<>();

  /** What the next stop keeps. */
  volatile Map<ActorId, Payload> kept = Map.of();

  @Override
  public void start(AppPlan plan, GuestModule module, Map<ActorId, Payload> given) {
    steps.take("start");
    states.put(plan.app(), given);
    AppStatus status =
        new AppStatus(
            plan.app(),
            plan.version(),
            AppState.RUNNING,
            null,
            module.digest(),
            module.description(),
            plan.supervisor().children().size(),
            0,
            0,
            0);
    if (apps.putIfAbsent(plan.app(), status) != null) {
      throw new IllegalStateException(plan.app() + " is started twice");
    }
    modules.put(plan.app(), module);
  }

  @Override
  public void stop(AppId app, Duration drain) {
    steps.take("stop");
    if (apps.remove(app) == null) {
      throw new HostException(ErrorCode.NOT_FOUND, "no app " + app);
    }
    modules.remove(app);
  }

  @Override
  public Map<ActorId, Payload> stopKeepingStates(AppId app, Duration drain) {
    stop(app, drain);
    return kept;
  }

  @Override
  public List<RecentLog.Line> log(AppId app, long after, Duration wait) {
    throw new UnsupportedOperationException();
  }

  /** As when the top supervisor gives up. */
  void fail(AppId app, String why) {
    apps.computeIfPresent(
        app,
        (id, s) ->
            new AppStatus(
                id, s.version(), AppState.FAILED, why, s.moduleDigest(), s.module(), 0, 0, 0, 9));
  }

  @Override
  public Optional<AppStatus> app(AppId app) {
    return Optional.ofNullable(apps.get(app));
  }

  @Override
  public List<AppStatus> apps() {
    return List.copyOf(apps.values());
  }

  @Override
  public Payload ask(
      RequestContext c, ActorId target, String op, Payload payload, @Nullable String key) {
    throw new UnsupportedOperationException();
  }

  @Override
  public ValueStream stream(RequestContext context, ActorId target, String op, Payload payload) {
    throw new UnsupportedOperationException();
  }

  @Override
  public MessageId send(
      RequestContext c, ActorId target, String op, Payload payload, @Nullable String key) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean delete(ActorId actor) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Optional<ActorStatus> status(ActorId actor) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Payload state(RequestContext context, ActorId actor) {
    throw new UnsupportedOperationException();
  }

  @Override
  public List<ActorStatus> actors(AppId app) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Optional<TreeNode> tree(AppId app) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}
}
