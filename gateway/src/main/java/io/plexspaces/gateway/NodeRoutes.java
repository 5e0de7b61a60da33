package io.plexspaces.gateway;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Role;
import io.plexspaces.api.Value;
import io.plexspaces.gateway.Route.Access;
import io.plexspaces.gateway.Route.Success;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Health, metrics, and the description of the API. */
final class NodeRoutes {
  private static final Success HEALTH =
      new Success(200, Payload.JSON_TYPE, "Health", "The node is well.");

  private final BooleanSupplier ready;
  private final MicrometerTelemetry metrics;
  private final Supplier<byte[]> openApi;
  private volatile byte @Nullable [] description;

  /**
   * @param openApi writes the description; it does not change, so it is asked once
   */
  NodeRoutes(BooleanSupplier ready, MicrometerTelemetry metrics, Supplier<byte[]> openApi) {
    this.ready = ready;
    this.metrics = metrics;
    this.openApi = openApi;
  }

  List<Route> routes() {
    return List.of(
        Route.of(
            "GET",
            "/",
            Access.open(),
            "index",
            "Where to go from here.",
            new Success(200, Payload.JSON_TYPE, "", "Names of the node's entry points."),
            x ->
                Reply.json(
                    200,
                    Value.Obj.builder()
                        .put("name", "plexspaces")
                        .put("openapi", "/openapi.json")
                        .put("health", "/health/ready")
                        .put("metrics", "/metrics")
                        .put("apps", "/api/v1/apps")
                        .build())),
        Route.of(
            "GET",
            "/health/live",
            Access.open(),
            "live",
            "Whether the process answers.",
            HEALTH,
            x -> Reply.json(200, status("live"))),
        Route.of(
            "GET",
            "/health/ready",
            Access.open(),
            "ready",
            "Whether the node takes requests: it has resumed its apps and is not stopping.",
            HEALTH,
            x -> ready()),
        Route.of(
            "GET",
            "/metrics",
            Access.anyOf(Role.VIEWER, Role.NODE_ADMIN),
            "metrics",
            "Metrics as Prometheus text: the tenant's own, all for a node-admin.",
            new Success(200, "text/plain", "", "The series."),
            this::metrics),
        Route.of(
            "GET",
            "/openapi.json",
            Access.open(),
            "openapi",
            "This description.",
            new Success(200, Payload.JSON_TYPE, "", "An OpenAPI 3.1 document."),
            x -> new Reply(200, Payload.JSON_TYPE, description(), Map.of())));
  }

  /** Anybody may ask for it, so it must not cost its writing each time. */
  private byte[] description() {
    byte[] bytes = description;
    if (bytes == null) {
      bytes = openApi.get();
      description = bytes;
    }
    return bytes;
  }

  private Reply ready() {
    if (!ready.getAsBoolean()) {
      throw new HostException(ErrorCode.UNAVAILABLE, "the node is starting or stopping");
    }
    return Reply.json(200, status("ready"));
  }

  private Reply metrics(Exchange x) {
    boolean all = x.caller().roles().contains(Role.NODE_ADMIN);
    return new Reply(
        200,
        MicrometerTelemetry.CONTENT_TYPE,
        all ? metrics.scrapeAll() : metrics.scrape(x.caller().tenant()),
        Map.of());
  }

  private static Value.Obj status(String s) {
    return Value.Obj.builder().put("status", s).build();
  }
}
