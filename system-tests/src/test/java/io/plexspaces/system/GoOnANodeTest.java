package io.plexspaces.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Value;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The bank in Go from its source to a node that was killed and came back. */
@Timeout(300)
class GoOnANodeTest {
  @TempDir Path dir;

  private static byte[] build() {
    return build(Guests.ROOT.resolve("examples/bank-go"));
  }

  private static byte[] build(Path source) {
    try {
      return Guests.build(source);
    } catch (HostException e) {
      assumeTrue(e.code() != ErrorCode.FAILED_PRECONDITION, "skipped: " + e.getMessage());
      throw e;
    }
  }

  @Test
  void transfersRefusesAndOutlivesKillNine() throws Exception {
    byte[] wasm = build();
    // The other banks are not here, so nobody is to be let in.
    String config =
        Files.readString(Guests.ROOT.resolve("examples/bank-go/app-config.toml"))
            .replaceFirst("(?s)\n# Banks in the other languages.*", "\n");
    Path data = dir.resolve("data");
    try (NodeProcess node = NodeProcess.start(data)) {
      Http http = node.http();
      Http.Answer deployed = http.deploy("bank-go", wasm, config);
      assertThat(deployed.status()).as(deployed.body()).isEqualTo(201);
      Http.Answer opened =
          http.ask("bank-go/account/ada", "open", "{\"owner\":\"Ada\",\"balance\":100}");
      assertThat(opened.status()).as(opened.body()).isEqualTo(200);
      assertThat(http.ask("bank-go/account/bob", "open", "{\"owner\":\"Bob\"}").status())
          .isEqualTo(200);
      Http.Answer moved =
          http.ask(
              "bank-go/bank/bank",
              "transfer",
              "{\"source\":\"account/ada\",\"target\":\"account/bob\",\"amount\":40}");
      assertThat(moved.body())
          .contains("\"id\":\"t1\"")
          .contains("\"source_balance\":60")
          .contains("\"target_balance\":40");

      // A refusal gives the money back and leaves no trace.
      Http.Answer refused =
          http.ask(
              "bank-go/bank/bank",
              "transfer",
              "{\"source\":\"account/ada\",\"target\":\"account/nobody\",\"amount\":40}");
      assertThat(refused.object().string("code", "")).isEqualTo("NOT_FOUND");
      assertThat(http.ask("bank-go/account/ada", "balance", "").body()).contains("60");
      node.kill();
    }
    try (NodeProcess node = NodeProcess.start(data)) {
      Http http = node.http();
      assertThat(http.ask("bank-go/account/bob", "balance", "").body()).contains("40");
      assertThat(http.ask("bank-go/bank/bank", "transfers", "").body()).contains("1");
      assertThat(http.ask("bank-go/audit/audit", "entries", "").body()).contains("\"t1\"");
    }
  }

  /** Which Go built it is the caller's choice: GOTOOLCHAIN=go1.25.11 and the like are passed on. */
  @Test
  void noTwoActorsDrawTheSameNumbersFromAnyGeneratorOfGo() throws Exception {
    byte[] wasm = build(Path.of("src/test/guests/randoms-go"));
    try (NodeProcess node = NodeProcess.start(dir.resolve("data"))) {
      Http http = node.http();
      Http.Answer deployed = http.deploy("randoms", wasm, "[actor_types.drawer]\n");
      assertThat(deployed.status()).as(deployed.body()).isEqualTo(201);
      List<Value> all = new ArrayList<>();
      for (int key = 0; key < 20; key++) {
        for (int again = 0; again < 2; again++) {
          Http.Answer a = http.ask("randoms/drawer/d" + key, "draw", "{\"n\":50}");
          assertThat(a.status()).as(a.body()).isEqualTo(200);
          all.addAll(a.object().array("rand"));
          all.addAll(a.object().array("rand2"));
          all.add(new Value.Str(a.object().string("crypto", "")));
        }
      }
      assertThat(all).hasSize(20 * 2 * 101).doesNotHaveDuplicates();
    }
  }
}
