package io.plexspaces.gateway;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.RequestContext;
import io.plexspaces.api.Role;
import io.plexspaces.api.guest.ModuleDescription;
import io.plexspaces.engine.Engine;
import io.plexspaces.engine.ValueStream;
import io.plexspaces.gateway.Route.Access;
import io.plexspaces.gateway.Route.Body;
import io.plexspaces.gateway.Route.Parameter;
import io.plexspaces.gateway.Route.Success;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** {@code .../stream/{op}}: the values of a streaming operation as server-sent events. */
final class StreamRoutes {
  private static final String PATH = ActorRoutes.ACTOR + "/stream/{op}";
  private static final Access INVOKE = Access.anyOf(Role.INVOKER);
  private static final Parameter TIMEOUT =
      new Parameter(
          "timeout_ms",
          "{\"type\":\"integer\",\"minimum\":1,\"maximum\":600000,\"default\":30000}",
          "How long to wait for each value, in milliseconds.");
  private static final Success EVENTS =
      new Success(
          200,
          EventStream.CONTENT_TYPE,
          "",
          "One event for each value, with its number as id; then \"end\", or \"error\" with a"
              + " problem. 204 for a request with Last-Event-ID: a stream cannot be continued.");

  private final Engine engine;
  private final ActorRoutes actors;

  StreamRoutes(Engine engine, ActorRoutes actors) {
    this.engine = engine;
    this.actors = actors;
  }

  List<Route> routes() {
    return List.of(
        Route.of(
                "POST",
                PATH,
                INVOKE,
                "stream",
                "Opens a stream of values and sends them as server-sent events.",
                EVENTS,
                x -> open(x, Payloads.ofBody(x.contentType(), x.body())))
            .withBody(Body.PAYLOAD)
            .withQuery(TIMEOUT),
        Route.of(
                "GET",
                PATH,
                INVOKE,
                "streamOf",
                "As POST; query parameters are the fields of the payload.",
                EVENTS,
                this::get)
            .withQuery(TIMEOUT)
            .withFreeQuery());
  }

  /**
   * Pages read event streams with GET. Where the operation may change something, the request must
   * say that it wants events, which neither a link nor an image nor a preview does.
   */
  private Reply get(Exchange x) {
    ModuleDescription.Operation op = actors.operation(x.actor(), x.path("op"));
    String accept = String.join(",", x.headers("Accept")).toLowerCase(Locale.ROOT);
    if (op.kind() != ModuleDescription.Kind.QUERY && !accept.contains(EventStream.CONTENT_TYPE)) {
      throw new Refusal(
          406,
          ErrorCode.INVALID_ARGUMENT,
          "operation \""
              + op.name()
              + "\" is not of kind query: GET it with \"Accept: text/event-stream\", or use POST");
    }
    return open(x, Payloads.ofQuery(x.freeQuery()));
  }

  private Reply open(Exchange x, Payload payload) {
    long timeout =
        x.queryLong("timeout_ms", ActorRoutes.DEFAULT_TIMEOUT_MS, 1, ActorRoutes.MAX_TIMEOUT_MS);
    if (!x.headers("Last-Event-ID").isEmpty()) {
      return Reply.noContent(); // what tells a browser not to connect again
    }
    ActorId actor = x.actor();
    String op = x.path("op");
    RequestContext context = x.context(timeout);
    return x.whileConnected(() -> {
      ValueStream values = actors.reach(actor, () -> engine.stream(context, actor, op, payload));
      boolean begun = false;
      try {
        Optional<Payload> first = values.next(context.deadlineNanos());
        begun = true;
        return Reply.events(
            new EventStream(
                values,
                first,
                Duration.ofMillis(timeout),
                EventStream.HEARTBEAT,
                x.caller().untilNanos()));
      } catch (HostException e) {
        if (e.code() == ErrorCode.DEADLINE_EXCEEDED && !values.ready(System.nanoTime())) {
          throw new HostException(
              ErrorCode.DEADLINE_EXCEEDED, actor.address() + " did not bring a value in time");
        }
        throw e;
      } finally {
        if (!begun) {
          values.close();
        }
      }
    });
  }
}
