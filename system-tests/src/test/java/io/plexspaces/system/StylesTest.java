package io.plexspaces.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Actors in the ways that people write them, on a node: the same files and the same requests as in
 * the SDKs' own tests, which run them in their harnesses.
 */
@Timeout(240)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StylesTest {
  private static final Path STYLES = Path.of("src/test/styles");
  private static final String DURABLE =
      "facets = [ { type = \"durability\", config = { checkpoint_interval = 1 } } ]\n";
  private static final String CONFIG =
      "[supervisor]\nid = \"root\"\nmax_restarts = 100\nmax_restart_window_secs = 60\n"
          + "[[supervisor.children]]\nid = \"main\"\ntype = \"chain\"\n"
          + "args = { greeting = \"hello\" }\n"
          + DURABLE
          + "[[supervisor.children]]\nid = \"helper\"\ntype = \"helper\"\n"
          + "[actor_types.chain]\n"
          + DURABLE;

  @TempDir static Path dir;

  private @Nullable NodeProcess node;

  @BeforeAll
  void start() throws Exception {
    node = NodeProcess.start(dir.resolve("data"));
  }

  @AfterAll
  void stop() {
    if (node != null) {
      node.close();
    }
  }

  @Test
  void pythonActorsOfAllStylesDoOnANodeWhatTheyDoInTheHarness() throws Exception {
    run("styles-python", Guests.build(STYLES.resolve("styles.py")));
  }

  @Test
  void javaScriptActorsOfAllStylesDoOnANodeWhatTheyDoInTheHarness() throws Exception {
    Guests.counter();
    run("styles-javascript", Guests.build(STYLES.resolve("styles.js")));
  }

  private void run(String app, byte[] wasm) throws Exception {
    NodeProcess n = node;
    if (n == null) {
      throw new IllegalStateException("the node has not started");
    }
    Http http = n.http();
    Http.Answer deployed = http.deploy(app, wasm, CONFIG);
    assertThat(deployed.status()).as(deployed.body()).isEqualTo(201);
    Value.Obj file = Json.readObject(Files.readAllBytes(STYLES.resolve("styles.json")));
    for (Value request : file.array("requests")) {
      Value.Obj r = (Value.Obj) request;
      if (r.get("harness") != null) {
        continue;
      }
      String target = r.string("target", "");
      String address =
          switch (target) {
            case "main" -> "chain/main";
            default -> target;
          };
      Http.Answer answer =
          http.ask(app + "/" + address, r.string("op", ""), text(r.get("payload")));
      Value expected = r.get("expect");
      if (expected == null) {
        assertThat(answer.object().string("code", ""))
            .as("%s %s", text(r), answer.body())
            .isEqualTo(r.string("error", "an error"));
      } else {
        assertThat(answer.json())
            .as("%s %s", text(r), answer.body())
            .isEqualTo(Json.read(text(expected).replace("..ID", app)));
      }
    }
  }

  private static String text(@Nullable Value v) {
    return v == null ? "{}" : new String(Json.write(v), StandardCharsets.UTF_8);
  }
}
