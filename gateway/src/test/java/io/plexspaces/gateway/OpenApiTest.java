package io.plexspaces.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class OpenApiTest {
  @Test
  void theServedDescriptionHasEveryRouteAndNoOther() {
    try (TestNode node = new TestNode()) {
      Value.Obj doc = TestNode.json(node.get("/openapi.json"));
      assertThat(doc.string("openapi", "")).startsWith("3.1");
      Map<String, Value> described = new TreeMap<>();
      doc.object("paths")
          .fields()
          .forEach((path, item) ->
              ((Value.Obj) item).fields().forEach((m, op) -> described.put(m + " " + path, op)));
      Map<String, Route> routes = new TreeMap<>();
      for (Route r :
          Gateway.table(node.engine, node.deployer, node.upkeep.all(), node.metrics, () -> true)
              .all()) {
        routes.put(r.method().toLowerCase(Locale.ROOT) + " " + r.path(), r);
      }
      assertThat(described.keySet()).isEqualTo(routes.keySet());
      routes.forEach((name, r) -> {
        Value.Obj op = (Value.Obj) java.util.Objects.requireNonNull(described.get(name));
        assertThat(op.string("operationId", "")).isEqualTo(r.operationId());
        assertThat(op.object("responses").fields())
            .containsKeys(Integer.toString(r.success().status()), "default");
        assertThat(op.array("x-roles").isEmpty())
            .isEqualTo(r.access() instanceof Route.Access.Public);
      });
    }
  }

  @Test
  void everyReferenceLeadsSomewhere() {
    try (TestNode node = new TestNode()) {
      String text = node.get("/openapi.json").body();
      Value.Obj doc = (Value.Obj) Json.read(text);
      Set<String> used = new TreeSet<>();
      var m = java.util.regex.Pattern.compile("\"#/components/schemas/([A-Za-z]+)\"").matcher(text);
      while (m.find()) {
        used.add(m.group(1));
      }
      assertThat(doc.object("components").object("schemas").fields().keySet())
          .containsExactlyInAnyOrderElementsOf(used);
    }
  }

  @Test
  void aReloadIsDescribedAsItIsTaken() {
    try (TestNode node = new TestNode()) {
      Value.Obj doc = TestNode.json(node.get("/openapi.json"));
      String form =
          Json.writeString(
              doc.object("paths")
                  .object("/api/v1/apps/{app}/reload")
                  .object("post")
                  .object("requestBody"));
      assertThat(form).contains("\"$ref\":\"#/components/schemas/Reload\"");
      Value.Obj schema = doc.object("components").object("schemas").object("Reload");
      assertThat(schema.array("required")).containsExactly(new Value.Str("wasm"));
      assertThat(schema.object("properties").fields().keySet()).containsExactly("wasm", "config");
    }
  }

  /** Whoever may ask for it without a token must not make the node write it again. */
  @Test
  void itIsWrittenOnce() {
    AtomicInteger written = new AtomicInteger();
    try (MicrometerTelemetry metrics = new MicrometerTelemetry("n1")) {
      NodeRoutes node =
          new NodeRoutes(
              () -> true,
              metrics,
              () -> {
                written.incrementAndGet();
                return new byte[] {'{', '}'};
              });
      Route route =
          node.routes().stream()
              .filter(r -> r.operationId().equals("openapi"))
              .findFirst()
              .orElseThrow();
      byte[] first = reply(route);
      assertThat(first).isEqualTo(new byte[] {'{', '}'});
      assertThat(reply(route)).isSameAs(first);
      assertThat(written).hasValue(1);
    }
  }

  private static byte[] reply(Route route) {
    Exchange x =
        new Exchange(
            route,
            new Caller(MicrometerTelemetry.NO_TENANT, "anonymous", Set.of(), null),
            Map.of(),
            Map.of(),
            name -> List.of(),
            new byte[0],
            null,
            "0".repeat(32),
            new Cancellation());
    return route.handler().handle(x).body();
  }
}
