package io.plexspaces.gateway;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.RequestContext;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.ModuleDescription;
import io.plexspaces.api.guest.ModuleDescription.ActorType;
import io.plexspaces.api.guest.ModuleDescription.Kind;
import io.plexspaces.api.guest.ModuleDescription.Operation;
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
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** An engine whose apps all have one type, {@code counter}; tests say what it answers. */
final class FakeEngine implements Engine {
  static final ModuleDescription MODULE =
      new ModuleDescription(
          "test",
          Map.of(
              "counter",
              new ActorType(
                  "counter",
                  "GenServer",
                  Map.of(
                      "increment", new Operation("increment", Kind.CALL),
                      "get", new Operation("get", Kind.QUERY),
                      "count", new Operation("count", Kind.CALL, true, null, null, ""),
                      "watch", new Operation("watch", Kind.QUERY, true, null, null, "")))));

  record Call(
      RequestContext context,
      ActorId target,
      String op,
      Payload payload,
      @Nullable String idempotencyKey) {}

  final List<RecentLog.Line> log = new java.util.concurrent.CopyOnWriteArrayList<>();
  final Map<AppId, AppStatus> running = new ConcurrentHashMap<>();
  final Map<ActorId, ActorStatus> statuses = new ConcurrentHashMap<>();
  final ConcurrentLinkedQueue<Call> calls = new ConcurrentLinkedQueue<>();
  volatile Function<Call, Payload> answer = c -> c.payload();
  volatile Function<Payload, ValueStream> streams =
      p -> {
        throw new AssertionError("no stream is expected");
      };

  void run(AppId app) {
    running.put(
        app, new AppStatus(app, "1", AppState.RUNNING, null, "sha256:00", MODULE, 1, 3, 4096, 0));
    ActorId main = new ActorId(app, "counter", "main");
    statuses.put(
        main,
        new ActorStatus(
            main,
            ActorStatus.ActorState.RUNNING,
            true,
            3,
            7,
            1,
            9,
            4096,
            "it fell over",
            2,
            1_767_225_600_000L));
  }

  @Override
  public void start(AppPlan plan, GuestModule module, Map<ActorId, Payload> states) {
    run(plan.app());
  }

  @Override
  public Map<ActorId, Payload> stopKeepingStates(AppId app, Duration drain) {
    stop(app, drain);
    return Map.of();
  }

  @Override
  public List<RecentLog.Line> log(AppId app, long after, Duration wait) {
    return log.stream().filter(l -> l.number() > after && l.actor().app().equals(app)).toList();
  }

  @Override
  public void stop(AppId app, Duration drain) {
    running.remove(app);
  }

  @Override
  public Optional<AppStatus> app(AppId app) {
    return Optional.ofNullable(running.get(app));
  }

  @Override
  public List<AppStatus> apps() {
    return List.copyOf(running.values());
  }

  @Override
  public Payload ask(
      RequestContext context,
      ActorId target,
      String op,
      Payload payload,
      @Nullable String idempotencyKey) {
    Call call = new Call(context, target, op, payload, idempotencyKey);
    calls.add(call);
    if (!running.containsKey(target.app())) {
      throw new HostException(
          ErrorCode.NOT_FOUND, "there is no app \"" + target.app().name() + "\"");
    }
    return answer.apply(call);
  }

  @Override
  public ValueStream stream(RequestContext context, ActorId target, String op, Payload payload) {
    calls.add(new Call(context, target, op, payload, null));
    if (!running.containsKey(target.app())) {
      throw new HostException(
          ErrorCode.NOT_FOUND, "there is no app \"" + target.app().name() + "\"");
    }
    return streams.apply(payload);
  }

  @Override
  public MessageId send(
      RequestContext context,
      ActorId target,
      String op,
      Payload payload,
      @Nullable String idempotencyKey) {
    ask(context, target, op, payload, idempotencyKey);
    return new MessageId(1, 2);
  }

  @Override
  public boolean delete(ActorId actor) {
    return statuses.remove(actor) != null;
  }

  @Override
  public Optional<ActorStatus> status(ActorId actor) {
    return Optional.ofNullable(statuses.get(actor));
  }

  @Override
  public Payload state(RequestContext context, ActorId actor) {
    return Payload.json("{\"count\":5}");
  }

  @Override
  public List<ActorStatus> actors(AppId app) {
    return statuses.values().stream().filter(s -> s.actor().app().equals(app)).toList();
  }

  @Override
  public Optional<TreeNode> tree(AppId app) {
    return app(app)
        .map(a ->
            new TreeNode(
                "supervisor",
                "root",
                "running",
                0,
                List.of(new TreeNode("actor", "counter/main", "running", 1, List.of()))));
  }

  @Override
  public void close() {}
}
