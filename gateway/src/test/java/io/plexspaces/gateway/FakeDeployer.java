package io.plexspaces.gateway;

import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.deployer.AppInfo;
import io.plexspaces.deployer.Deployer;
import io.plexspaces.engine.AppStatus.AppState;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/** Keeps apps in a map and remembers what it was told. */
final class FakeDeployer implements Deployer {
  final Map<AppId, AppInfo> deployed = new ConcurrentHashMap<>();
  final ConcurrentLinkedQueue<String> told = new ConcurrentLinkedQueue<>();
  volatile byte[] artifact = {};
  volatile String config = "";

  private final FakeEngine engine;

  FakeDeployer(FakeEngine engine) {
    this.engine = engine;
  }

  AppInfo put(AppId id, AppState state) {
    AppInfo info =
        new AppInfo(id, "1", state, null, "sha256:00", FakeEngine.MODULE, 1, 3, 4096, 0, 0);
    deployed.put(id, info);
    if (state == AppState.RUNNING) {
      engine.run(id);
    } else {
      engine.running.remove(id);
    }
    return info;
  }

  @Override
  public AppInfo deploy(
      String tenant, @Nullable String app, @Nullable String version, byte[] bytes, String text) {
    AppId id = new AppId(tenant, app == null ? "from-config" : app);
    if (deployed.containsKey(id)) {
      throw new HostException(
          ErrorCode.ALREADY_EXISTS, "app \"" + id.name() + "\" is there: use upgrade");
    }
    artifact = bytes;
    config = text;
    told.add("deploy " + id + " " + version);
    return put(id, AppState.RUNNING);
  }

  @Override
  public void undeploy(AppId app, Duration drain, boolean purge) {
    require(app);
    told.add("undeploy " + app + " " + drain + " " + purge);
    deployed.remove(app);
    engine.running.remove(app);
  }

  @Override
  public AppInfo start(AppId app) {
    require(app);
    told.add("start " + app);
    return put(app, AppState.RUNNING);
  }

  @Override
  public AppInfo stop(AppId app, Duration drain) {
    require(app);
    told.add("stop " + app + " " + drain);
    return put(app, AppState.STOPPED);
  }

  @Override
  public AppInfo restart(AppId app, Duration drain) {
    require(app);
    told.add("restart " + app + " " + drain);
    return put(app, AppState.RUNNING);
  }

  @Override
  public AppInfo reload(AppId app, byte[] bytes, @Nullable String text) {
    require(app);
    artifact = bytes;
    told.add("reload " + app + " " + text);
    return put(app, AppState.RUNNING);
  }

  @Override
  public Optional<AppInfo> app(AppId app) {
    return Optional.ofNullable(deployed.get(app));
  }

  @Override
  public List<AppInfo> apps(String tenant) {
    return deployed.values().stream().filter(a -> a.app().tenant().equals(tenant)).toList();
  }

  @Override
  public void resume() {}

  private void require(AppId app) {
    if (!deployed.containsKey(app)) {
      throw new HostException(ErrorCode.NOT_FOUND, "there is no app \"" + app.name() + "\"");
    }
  }
}
