package io.plexspaces.gateway;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.RequestContext;
import io.plexspaces.api.Role;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.ModuleDescription;
import io.plexspaces.deployer.Deployer;
import io.plexspaces.engine.ActorStatus;
import io.plexspaces.engine.Engine;
import io.plexspaces.gateway.Route.Access;
import io.plexspaces.gateway.Route.Body;
import io.plexspaces.gateway.Route.Parameter;
import io.plexspaces.gateway.Route.Success;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** {@code /api/v1/actors/..}: talking to actors and looking at them. */
final class ActorRoutes {
  static final long DEFAULT_TIMEOUT_MS = 30_000;
  static final long MAX_TIMEOUT_MS = 600_000;

  static final String ACTOR = "/api/v1/actors/{app}/{type}/{key}";
  private static final Access INVOKE = Access.anyOf(Role.INVOKER);
  private static final Access VIEW = Access.anyOf(Role.VIEWER);
  private static final Parameter TIMEOUT =
      new Parameter(
          "timeout_ms",
          "{\"type\":\"integer\",\"minimum\":1,\"maximum\":600000,\"default\":30000}",
          "How long to wait for the reply, in milliseconds.");
  private static final Success ANY_REPLY =
      new Success(200, Payload.JSON_TYPE, "", "The reply: the bare value.");

  private final Engine engine;
  private final Deployer deployer;

  ActorRoutes(Engine engine, Deployer deployer) {
    this.engine = engine;
    this.deployer = deployer;
  }

  List<Route> routes() {
    return List.of(
        Route.of(
                "POST",
                ACTOR + "/ask/{op}",
                INVOKE,
                "ask",
                "Asks an actor and waits for its reply.",
                ANY_REPLY,
                this::ask)
            .withBody(Body.PAYLOAD)
            .withQuery(TIMEOUT)
            .withIdempotencyKey(),
        Route.of(
                "GET",
                ACTOR + "/ask/{op}",
                INVOKE,
                "query",
                "Asks an operation of kind query; query parameters are the fields of its payload.",
                ANY_REPLY,
                this::query)
            .withQuery(TIMEOUT)
            .withFreeQuery(),
        Route.of(
                "POST",
                ACTOR + "/send/{op}",
                INVOKE,
                "send",
                "Queues a message and does not wait for its handling.",
                new Success(202, Payload.JSON_TYPE, "Sent", "The message is queued."),
                this::send)
            .withBody(Body.PAYLOAD)
            .withIdempotencyKey(),
        Route.of(
            "DELETE",
            ACTOR,
            Access.anyOf(Role.DEPLOYER, Role.TENANT_ADMIN),
            "deleteActor",
            "Stops an actor and removes its journal, for good.",
            new Success(204, "", "", "It is gone; its next message makes a new one."),
            this::delete),
        Route.of(
            "GET",
            ACTOR + "/status",
            VIEW,
            "actorStatus",
            "What is known of an actor; does not activate it.",
            new Success(200, Payload.JSON_TYPE, "Actor", "The actor."),
            this::status),
        Route.of(
            "GET",
            ACTOR + "/state",
            VIEW,
            "actorState",
            "The declared state, read in a turn of the actor.",
            new Success(200, Payload.JSON_TYPE, "", "The state."),
            this::state),
        Route.of(
                "GET",
                "/api/v1/actors/{app}",
                VIEW,
                "listActors",
                "The actors of an app that are in memory.",
                new Success(200, Payload.JSON_TYPE, "ActorList", "The actors."),
                this::list)
            .withQuery(
                new Parameter("type", "{\"type\":\"string\"}", "Only actors of this type."),
                new Parameter(
                    "limit",
                    "{\"type\":\"integer\",\"minimum\":1,\"maximum\":10000,\"default\":1000}",
                    "At most so many.")));
  }

  private Reply ask(Exchange x) {
    RequestContext context =
        x.context(x.queryLong("timeout_ms", DEFAULT_TIMEOUT_MS, 1, MAX_TIMEOUT_MS));
    return ask(x, context, Payloads.ofBody(x.contentType(), x.body()));
  }

  private Reply query(Exchange x) {
    RequestContext context =
        x.context(x.queryLong("timeout_ms", DEFAULT_TIMEOUT_MS, 1, MAX_TIMEOUT_MS));
    String op = x.path("op");
    if (operation(x.actor(), op).kind() != ModuleDescription.Kind.QUERY) {
      throw Refusal.methodNotAllowed(
          "operation \"" + op + "\" is not of kind query: use POST", "POST");
    }
    return ask(x, context, Payloads.ofQuery(x.freeQuery()));
  }

  /**
   * What the module says of an operation.
   *
   * @throws HostException NOT_FOUND
   */
  ModuleDescription.Operation operation(ActorId actor, String op) {
    ModuleDescription module =
        engine.app(actor.app()).orElseThrow(() -> AppRoutes.notRunning(actor.app())).module();
    ModuleDescription.ActorType type = module.type(actor.type());
    ModuleDescription.Operation operation = type == null ? null : type.operation(op);
    if (operation == null) {
      throw new HostException(
          ErrorCode.NOT_FOUND,
          type == null
              ? "app \"" + actor.app().name() + "\" has no actor type \"" + actor.type() + "\""
              : "actor type \"" + actor.type() + "\" has no operation \"" + op + "\"");
    }
    return operation;
  }

  private Reply ask(Exchange x, RequestContext context, Payload payload) {
    ActorId actor = x.actor();
    String op = x.path("op");
    return Reply.payload(
        x.whileConnected(
            () -> reach(actor, () -> engine.ask(context, actor, op, payload, x.idempotencyKey()))));
  }

  /** An app that is deployed and does not run is not "not there": say what starts it. */
  <T> T reach(ActorId actor, Supplier<T> call) {
    try {
      return call.get();
    } catch (HostException e) {
      if (e.code() == ErrorCode.NOT_FOUND
          && engine.app(actor.app()).isEmpty()
          && deployer.app(actor.app()).isPresent()) {
        String name = actor.app().name();
        throw new HostException(
            ErrorCode.FAILED_PRECONDITION,
            "app \"" + name + "\" is stopped: \"plexspaces app start " + name + "\" starts it");
      }
      throw e;
    }
  }

  private Reply send(Exchange x) {
    Payload payload = Payloads.ofBody(x.contentType(), x.body());
    ActorId actor = x.actor();
    String op = x.path("op");
    // Deadlines do not bound sends; a mailbox that blocks is left when the client goes.
    RequestContext context = x.context(null);
    MessageId id =
        x.whileConnected(
            () -> reach(actor, () -> engine.send(context, actor, op, payload, x.idempotencyKey())));
    return Reply.json(202, Value.Obj.builder().put("message_id", id.toString()).build());
  }

  private Reply delete(Exchange x) {
    ActorId actor = x.actor();
    if (!reach(actor, () -> engine.delete(actor))) {
      throw new HostException(ErrorCode.NOT_FOUND, "there is no actor \"" + actor.address() + "\"");
    }
    return Reply.noContent();
  }

  private Reply status(Exchange x) {
    ActorId actor = x.actor();
    ActorStatus s =
        engine
            .status(actor)
            .orElseThrow(() ->
                new HostException(
                    ErrorCode.NOT_FOUND, "there is no actor \"" + actor.address() + "\""));
    return Reply.json(200, Views.actor(s));
  }

  private Reply state(Exchange x) {
    ActorId actor = x.actor();
    RequestContext context = x.context(DEFAULT_TIMEOUT_MS);
    return Reply.payload(x.whileConnected(() -> reach(actor, () -> engine.state(context, actor))));
  }

  private Reply list(Exchange x) {
    long limit = x.queryLong("limit", 1000, 1, 10_000);
    String type = x.query("type");
    if (engine.app(x.app()).isEmpty()) {
      throw AppRoutes.notRunning(x.app());
    }
    List<Value> actors = new ArrayList<>();
    boolean more = false;
    for (ActorStatus s : engine.actors(x.app())) {
      if (type != null && !type.equals(s.actor().type())) {
        continue;
      }
      if (actors.size() == limit) {
        more = true;
        break;
      }
      actors.add(Views.actor(s));
    }
    return Reply.json(
        200, Value.Obj.builder().put("actors", new Value.Arr(actors)).put("more", more).build());
  }
}
