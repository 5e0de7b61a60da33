package io.plexspaces.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is refused at deploy leaves nothing on a real node, neither running nor on disk. */
@Timeout(120)
class RefusalTest {
  @TempDir Path dir;

  private static List<String> files(Path data) throws Exception {
    List<String> found = new ArrayList<>();
    for (String room : List.of("artifacts", "journals")) {
      Path p = data.resolve(room);
      if (Files.exists(p)) {
        try (var walk = Files.walk(p)) {
          walk.filter(Files::isRegularFile).map(Path::toString).forEach(found::add);
        }
      }
    }
    return found;
  }

  @Test
  void badConfigurationsAndGarbageLeaveNothingBehind() throws Exception {
    byte[] wasm = Guests.counter();
    Path data = dir.resolve("data");
    try (NodeProcess node = NodeProcess.start(data)) {
      Http http = node.http();
      Http.Answer config =
          http.deploy(
              "bad",
              wasm,
              """
              [supervisor]
              max_restart = 3

              [[supervisor.children]]
              id = "a"
              type = "clock"
              restart = "sometimes"
              """);
      assertThat(config.status()).isEqualTo(400);
      assertThat(config.body())
          .contains("unknown key \\\"max_restart\\\" in [supervisor]")
          .contains("did you mean \\\"max_restarts\\\"")
          .contains("sometimes")
          .contains("clock");
      List<byte[]> garbage =
          List.of(
              new byte[0],
              "hello".getBytes(StandardCharsets.UTF_8),
              java.util.Arrays.copyOf(wasm, 8),
              java.util.Arrays.copyOf(wasm, wasm.length / 2),
              flipped(wasm));
      for (byte[] g : garbage) {
        Http.Answer a = http.deploy("bad", g, Guests.counterConfig(true));
        assertThat(a.status()).as(a.body()).isBetween(400, 422);
        assertThat(a.object().string("detail", "")).isNotEmpty();
      }
      assertThat(http.get("/api/v1/apps").body()).doesNotContain("bad");
      assertThat(http.ask("bad/counter/main", "get", "").status()).isEqualTo(404);
      assertThat(files(data)).isEmpty();
      // and the name is free
      assertThat(http.deploy("bad", wasm, Guests.counterConfig(true)).status()).isEqualTo(201);
    }
  }

  private static byte[] flipped(byte[] wasm) {
    byte[] b = wasm.clone();
    b[b.length - 10] ^= 1; // in the last source: its checksum no longer fits
    return b;
  }
}
