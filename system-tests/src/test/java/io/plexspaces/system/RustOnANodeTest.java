package io.plexspaces.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.plexspaces.api.HostException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The Rust example from its source to a node that was killed and came back. */
@Timeout(180)
class RustOnANodeTest {
  @TempDir Path dir;

  private static byte[] build() {
    try {
      return Guests.build(Guests.ROOT.resolve("examples/counter-rust"));
    } catch (HostException e) {
      assumeTrue(false, "skipped: " + e.getMessage());
      throw e;
    }
  }

  @Test
  void refusesRollsBackCrashesAndOutlivesKillNine() throws Exception {
    byte[] wasm = build();
    String config = Files.readString(Guests.ROOT.resolve("examples/counter-rust/app-config.toml"));
    Path data = dir.resolve("data");
    try (NodeProcess node = NodeProcess.start(data)) {
      Http http = node.http();
      Http.Answer deployed = http.deploy("rust", wasm, config);
      assertThat(deployed.status()).as(deployed.body()).isEqualTo(201);
      for (int i = 0; i < 5; i++) {
        assertThat(http.ask("rust/counter/main", "increment", "{\"by\":2}").status())
            .isEqualTo(200);
      }
      assertThat(http.ask("rust/counter/main", "get", "").body()).contains("10");

      // A refusal leaves no trace in memory.
      Http.Answer refused = http.ask("rust/counter/main", "fail", "{}");
      assertThat(refused.object().string("code", "")).isEqualTo("INVALID_ARGUMENT");
      assertThat(http.ask("rust/counter/main", "get", "").body()).contains("10");

      // A panic says why, and the actor goes on from its last turn.
      Http.Answer crashed = http.ask("rust/counter/main", "crash", "{}");
      assertThat(crashed.status()).isEqualTo(502);
      assertThat(http.ask("rust/counter/main", "get", "").body()).contains("10");
      node.kill();
    }
    try (NodeProcess node = NodeProcess.start(data)) {
      assertThat(node.http().ask("rust/counter/main", "get", "").body()).contains("10");
      assertThat(node.http().ask("rust/counter/main", "increment", "{\"by\":1}").body())
          .contains("11");
    }
  }
}
