package io.plexspaces.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import io.plexspaces.api.op.Catalogue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the host operations of a node do: the scenarios that the test harnesses of all SDKs run too,
 * so that an actor's tests promise what a node keeps.
 */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostScenariosTest {
  private static final String FILES = "host-api/src/test/resources/io/plexspaces/api/op/";
  private static final String DURABLE =
      "facets = [ { type = \"durability\", config = { checkpoint_interval = 1 } } ]\n";
  private static final String CONFIG =
      "[supervisor]\nid = \"root\"\nmax_restarts = 100\nmax_restart_window_secs = 60\n"
          + "[[supervisor.children]]\nid = \"main\"\ntype = \"lab\"\n"
          + DURABLE
          + "[actor_types.lab]\n"
          + DURABLE;

  @TempDir static Path dir;

  private @Nullable NodeProcess node;
  private byte[] wasm = {};

  @BeforeAll
  void start() throws Exception {
    Guests.counter();
    wasm = Guests.build(Path.of("src/test/guests/lab.js"));
    node = NodeProcess.start(dir.resolve("data"));
  }

  @AfterAll
  void stop() {
    if (node != null) {
      node.close();
    }
  }

  private Http http() {
    NodeProcess n = node;
    if (n == null) {
      throw new IllegalStateException("the node has not started");
    }
    return n.http();
  }

  private static List<Value.Obj> scenarios() throws IOException {
    Value.Obj file =
        Json.readObject(Files.readAllBytes(Guests.ROOT.resolve(FILES + "scenarios.json")));
    return file.array("scenarios").stream()
        .map(Value.Obj.class::cast)
        .filter(s -> s.get("virtual") == null)
        .toList();
  }

  @TestFactory
  Stream<DynamicTest> aNodeDoesAsTheScenariosSay() throws IOException {
    return scenarios().stream().map(s -> dynamicTest(s.string("name", ""), () -> run(s)));
  }

  @Test
  void everyOperationThatNodesHaveIsInAScenario() throws IOException {
    TreeSet<String> tried = new TreeSet<>();
    for (Value.Obj s : scenarios()) {
      for (Value name : s.array("operations")) {
        tried.add(((Value.Str) name).value());
      }
    }
    List<String> available =
        Catalogue.get().entries().values().stream()
            .filter(Catalogue.Entry::available)
            .map(Catalogue.Entry::name)
            .toList();
    assertThat(tried).containsAll(available);
  }

  private void run(Value.Obj scenario) throws Exception {
    Http.Answer deployed = http().deploy("shop", wasm, CONFIG);
    assertThat(deployed.status()).as(deployed.body()).isEqualTo(201);
    try {
      for (Value step : scenario.array("steps")) {
        take((Value.Obj) step);
      }
    } finally {
      http().delete("/api/v1/apps/shop?purge=true");
    }
  }

  private void take(Value.Obj step) throws Exception {
    boolean refuse = step.get("refuse") != null;
    String target = step.string("do", step.string("ask", ""));
    String address = "shop/" + (target.equals("main") ? "lab/main" : target);
    Http.Answer answer;
    if (step.get("do") != null) {
      Value.Obj payload =
          Value.Obj.builder()
              .put("calls", new Value.Arr(step.array("calls")))
              .put("refuse", refuse)
              .build();
      answer = http().ask(address, "do", new String(Json.write(payload), UTF_8));
    } else {
      Value payload = step.get("payload");
      String text = payload == null ? "{}" : new String(Json.write(payload), UTF_8);
      answer = askWithin(address, text, step);
    }
    String error = refuse ? "FAILED_PRECONDITION" : step.string("error", "");
    if (!error.isEmpty()) {
      assertThat(answer.object().string("code", "")).as(answer.body()).isEqualTo(error);
      assertThat(answer.object().string("detail", "")).contains(step.string("naming", ""));
      return;
    }
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    Value expected = step.get("expect");
    if (expected != null) {
      assertThat(fits(expected, answer.json()))
          .as("%s%ngot %s", new String(Json.write(step), UTF_8), answer.body())
          .isTrue();
    }
  }

  /** Time is real here: what is to be so within a while is asked until it is. */
  private Http.Answer askWithin(String address, String payload, Value.Obj step) throws Exception {
    long until = System.nanoTime() + 20_000_000_000L;
    while (true) {
      Http.Answer answer = http().ask(address, step.string("op", ""), payload);
      Value expected = step.get("expect");
      if (step.get("within") == null
          || expected == null
          || fits(expected, answer.json())
          || System.nanoTime() - until > 0) {
        return answer;
      }
      Thread.sleep(10);
    }
  }

  private static final java.nio.charset.Charset UTF_8 = java.nio.charset.StandardCharsets.UTF_8;

  private static boolean fits(Value expected, Value got) {
    return switch (expected) {
      case Value.Str s when s.value().equals("*") -> true;
      case Value.Str s when s.value().equals("*string") -> got instanceof Value.Str;
      case Value.Str s when s.value().equals("*number") ->
          got instanceof Value.Int || got instanceof Value.Num;
      case Value.Obj o -> got instanceof Value.Obj g && fieldsFit(o, g);
      case Value.Arr a -> {
        List<Value> have = got instanceof Value.Arr g ? g.items() : new ArrayList<>();
        boolean all = got instanceof Value.Arr && have.size() == a.items().size();
        for (int i = 0; all && i < have.size(); i++) {
          all = fits(a.items().get(i), have.get(i));
        }
        yield all;
      }
      default -> expected.equals(got);
    };
  }

  private static boolean fieldsFit(Value.Obj expected, Value.Obj got) {
    if (expected.get("!") != null) {
      return expected.string("!", "").equals(got.string("!", ""));
    }
    Map<String, Value> fields = new HashMap<>(expected.fields());
    boolean more = fields.remove("...") != null;
    if (!more && !fields.keySet().equals(got.fields().keySet())) {
      return false;
    }
    return fields.entrySet().stream()
        .allMatch(e -> {
          Value value = got.get(e.getKey());
          return value != null && fits(e.getValue(), value);
        });
  }
}
