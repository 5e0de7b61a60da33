package io.plexspaces.gateway;

import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Role;
import io.plexspaces.api.Value;
import io.plexspaces.deployer.AppInfo;
import io.plexspaces.deployer.Deployer;
import io.plexspaces.engine.Engine;
import io.plexspaces.engine.RecentLog;
import io.plexspaces.gateway.Route.Access;
import io.plexspaces.gateway.Route.Body;
import io.plexspaces.gateway.Route.Parameter;
import io.plexspaces.gateway.Route.Success;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** {@code /api/v1/apps/..}: deploying apps and looking at them. */
final class AppRoutes {
  static final Duration DEFAULT_DRAIN = Duration.ofSeconds(30);

  /** How long a reader of the log waits. */
  static final String WAIT = "wait_ms";

  private static final long MAX_LOG_WAIT_MS = 30_000;
  private static final String APPS = "/api/v1/apps";
  private static final String APP = APPS + "/{app}";
  private static final Access DEPLOY = Access.anyOf(Role.DEPLOYER);
  private static final Access VIEW = Access.anyOf(Role.VIEWER);
  private static final Parameter DRAIN =
      new Parameter(
          "drain",
          "{\"type\":\"string\",\"pattern\":\"^[0-9]{1,9}(ms|s|m|h)$\",\"default\":\"30s\"}",
          "How long queued messages may take to finish.");
  private static final Success APP_SHOWN = new Success(200, Payload.JSON_TYPE, "App", "The app.");

  private final Engine engine;
  private final Deployer deployer;

  AppRoutes(Engine engine, Deployer deployer) {
    this.engine = engine;
    this.deployer = deployer;
  }

  List<Route> routes() {
    return List.of(
        Route.of(
                "POST",
                APPS,
                DEPLOY,
                "deploy",
                "Deploys an app and starts it.",
                new Success(201, Payload.JSON_TYPE, "App", "The app runs."),
                this::deploy)
            .withBody(Body.DEPLOYMENT),
        Route.of(
            "GET",
            APPS,
            VIEW,
            "listApps",
            "The apps of the tenant.",
            new Success(200, Payload.JSON_TYPE, "AppList", "The apps."),
            this::list),
        Route.of(
            "GET",
            APP,
            VIEW,
            "showApp",
            "An app, with what its module says of itself.",
            APP_SHOWN,
            this::show),
        Route.of(
                "DELETE",
                APP,
                DEPLOY,
                "undeploy",
                "Stops an app and removes it.",
                new Success(204, "", "", "The app is gone."),
                this::undeploy)
            .withQuery(
                DRAIN,
                new Parameter(
                    "purge",
                    "{\"type\":\"boolean\",\"default\":false}",
                    "Whether to remove the journals as well.")),
        Route.of(
            "POST",
            APP + "/start",
            DEPLOY,
            "startApp",
            "Starts a stopped or failed app.",
            APP_SHOWN,
            x -> shown(deployer.start(x.app()))),
        Route.of(
                "POST",
                APP + "/stop",
                DEPLOY,
                "stopApp",
                "Stops an app; it stays deployed.",
                APP_SHOWN,
                x -> shown(deployer.stop(x.app(), x.queryDuration("drain", DEFAULT_DRAIN))))
            .withQuery(DRAIN),
        Route.of(
                "POST",
                APP + "/restart",
                DEPLOY,
                "restartApp",
                "Stops an app and starts it again.",
                APP_SHOWN,
                x -> shown(deployer.restart(x.app(), x.queryDuration("drain", DEFAULT_DRAIN))))
            .withQuery(DRAIN),
        Route.of(
                "POST",
                APP + "/reload",
                DEPLOY,
                "reloadApp",
                "For development: puts another module in place, and keeps the actors' state.",
                APP_SHOWN,
                this::reload)
            .withBody(Body.RELOAD),
        Route.of(
                "GET",
                APP + "/logs",
                VIEW,
                "appLogs",
                "What the app's actors logged last, and why turns failed.",
                new Success(200, Payload.JSON_TYPE, "LogLines", "The lines, oldest first."),
                this::logs)
            .withQuery(
                new Parameter(
                    "after",
                    "{\"type\":\"integer\",\"minimum\":0,\"default\":0}",
                    "Only lines with a number above this."),
                new Parameter(
                    WAIT,
                    "{\"type\":\"integer\",\"minimum\":0,\"maximum\":30000,\"default\":0}",
                    "How long to wait for a line if there is none.")),
        Route.of(
            "GET",
            APP + "/tree",
            VIEW,
            "appTree",
            "The supervisor tree of a running app.",
            new Success(200, Payload.JSON_TYPE, "TreeNode", "The tree."),
            this::tree));
  }

  private Reply deploy(Exchange x) {
    Deployment d = Deployment.parse(x.contentType(), x.body());
    AppInfo app = deployer.deploy(x.caller().tenant(), d.app(), d.version(), d.wasm(), d.config());
    return Reply.json(201, Views.app(app, true))
        .withHeader("Location", APPS + "/" + app.app().name());
  }

  private Reply list(Exchange x) {
    List<Value> apps = new ArrayList<>();
    for (AppInfo a : deployer.apps(x.caller().tenant())) {
      apps.add(Views.app(a, false));
    }
    return Reply.json(200, Value.Obj.builder().put("apps", new Value.Arr(apps)).build());
  }

  private Reply show(Exchange x) {
    return shown(deployer.app(x.app()).orElseThrow(() -> noApp(x.app())));
  }

  private Reply undeploy(Exchange x) {
    deployer.undeploy(x.app(), x.queryDuration("drain", DEFAULT_DRAIN), x.queryFlag("purge"));
    return Reply.noContent();
  }

  private Reply reload(Exchange x) {
    Deployment d = Deployment.parseReload(x.contentType(), x.body());
    return shown(deployer.reload(x.app(), d.wasm(), d.config().isEmpty() ? null : d.config()));
  }

  private Reply logs(Exchange x) {
    AppId app = x.app();
    if (deployer.app(app).isEmpty()) {
      throw noApp(app);
    }
    long after = x.queryLong("after", 0, 0, Long.MAX_VALUE);
    Duration wait = Duration.ofMillis(x.queryLong(WAIT, 0, 0, MAX_LOG_WAIT_MS));
    List<RecentLog.Line> lines = x.whileConnected(() -> engineLog(app, after, wait));
    List<Value> shown = new ArrayList<>();
    lines.forEach(l -> shown.add(Views.logLine(l)));
    return Reply.json(
        200,
        Value.Obj.builder()
            .put("lines", new Value.Arr(shown))
            .put("last", lines.isEmpty() ? after : lines.getLast().number())
            .build());
  }

  private List<RecentLog.Line> engineLog(AppId app, long after, Duration wait) {
    try {
      return engine.log(app, after, wait);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HostException(ErrorCode.CANCELLED, "interrupted while waiting for log lines");
    }
  }

  private Reply tree(Exchange x) {
    return Reply.json(200, Views.tree(engine.tree(x.app()).orElseThrow(() -> notRunning(x.app()))));
  }

  private static Reply shown(AppInfo app) {
    return Reply.json(200, Views.app(app, true));
  }

  static HostException notRunning(AppId app) {
    return new HostException(
        ErrorCode.NOT_FOUND, "there is no app \"" + app.name() + "\" that runs here");
  }

  private static HostException noApp(AppId app) {
    return new HostException(ErrorCode.NOT_FOUND, "there is no app \"" + app.name() + "\"");
  }
}
