package io.plexspaces.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Reminders over {@code kill -9} and a restart of the node. */
@Timeout(120)
class RemindersOnANodeTest {
  private static final String CONFIG =
      """
      [actor_types.lab]
      facets = [
        { type = "durability" },
        { type = "reminder", config = { op = "note", cron = "0 0 29 2 *", tz = "Europe/Berlin" } } ]
      """;

  @TempDir static Path dir;

  private static Value.Obj call(String operation, String args, String body) {
    return Json.readObject(
        "{\"calls\":[[\"%s\",%s,%s]]}"
            .formatted(operation, args, body)
            .getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  private static String after(NodeProcess node, String who, long millis, String body)
      throws Exception {
    Value.Obj set =
        call(
            "send_after",
            "{\"delay_ms\":" + millis + ",\"target\":\"lab/heard\",\"op\":\"note\"}",
            body);
    Http.Answer a = node.http().ask("shop/" + who, "do", Json.writeString(set));
    assertThat(a.status()).as(a.body()).isEqualTo(200);
    return a.body();
  }

  private static Value notes(NodeProcess node) throws Exception {
    Http.Answer a = node.http().ask("shop/lab/heard", "notes", "{}");
    assertThat(a.status()).as(a.body()).isEqualTo(200);
    return a.json();
  }

  @Test
  void whatFallsDueWhileTheNodeIsDeadComesOnceAndWhatIsToComeIsStillSet() throws Exception {
    byte[] wasm = Guests.build(Path.of("src/test/guests/lab.js"));
    Path data = dir.resolve("data");
    NodeProcess node = NodeProcess.start(data);
    try {
      Http.Answer deployed = node.http().deploy("shop", wasm, CONFIG);
      assertThat(deployed.status()).as(deployed.body()).isEqualTo(201);
      String soon = after(node, "lab/a", 1, "{\"n\":1}");
      assertThat(soon).isNotEmpty();
      after(node, "lab/b", 300, "{\"n\":2}");
      after(node, "lab/c", 3_600_000, "{\"n\":3}");
      node.kill();
      Thread.sleep(400); // real time is what passes for a node that is dead
      for (int kill = 0; kill < 2; kill++) {
        node = NodeProcess.start(data);
        long until = System.nanoTime() + 30_000_000_000L;
        Value heard = notes(node);
        while (((Value.Arr) heard).items().size() < 2 && System.nanoTime() - until < 0) {
          Thread.sleep(10);
          heard = notes(node);
        }
        assertThat(Json.writeString(heard).replaceAll("\"due_ms\":\\d{13}", "\"due_ms\":T"))
            .isIn(
                "[[\"note\",{\"n\":1,\"due_ms\":T}],[\"note\",{\"n\":2,\"due_ms\":T}]]",
                "[[\"note\",{\"n\":2,\"due_ms\":T}],[\"note\",{\"n\":1,\"due_ms\":T}]]");
        Value.Obj c = node.http().get("/api/v1/actors/shop/lab/c/status").object();
        assertThat(c.string("next_timer_at", "")).as(c.toString()).isNotEmpty();
        Value.Obj a = node.http().get("/api/v1/actors/shop/lab/a/status").object();
        assertThat(a.string("next_timer_at", ""))
            .as("the reminder of its facet is all that it has")
            .contains("-02-28T23:00:00Z");
        node.kill();
      }
    } finally {
      node.close();
    }
  }
}
