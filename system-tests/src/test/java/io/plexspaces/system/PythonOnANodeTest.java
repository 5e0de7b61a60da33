package io.plexspaces.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The Python bank from its source to a node that was killed and came back. */
@Timeout(300)
class PythonOnANodeTest {
  @TempDir Path dir;

  @Test
  void movesMoneyRefusesRollsBackAndOutlivesKillNine() throws Exception {
    byte[] wasm = Guests.build(Guests.ROOT.resolve("examples/bank-python"));
    String config = Files.readString(Guests.ROOT.resolve("examples/bank-python/app-config.toml"));
    Path data = dir.resolve("data");
    try (NodeProcess node = NodeProcess.start(data)) {
      Http http = node.http();
      Http.Answer deployed = http.deploy("bank-python", wasm, config);
      assertThat(deployed.status()).as(deployed.body()).isEqualTo(201);
      assertThat(http.ask(account("ann"), "open", "{\"owner\":\"Ann\",\"balance\":100}").status())
          .isEqualTo(200);
      assertThat(http.ask(account("bob"), "open", "{\"owner\":\"Bob\"}").status()).isEqualTo(200);

      Http.Answer moved = transfer(http, "ann", "bob", 30);
      assertThat(moved.status()).as(moved.body()).isEqualTo(200);
      assertThat(moved.object().integer("source_balance", 0)).isEqualTo(70);
      assertThat(moved.object().integer("target_balance", 0)).isEqualTo(30);

      Http.Answer refused = http.ask(account("ann"), "withdraw", "{\"amount\":1000}");
      assertThat(refused.object().string("code", "")).isEqualTo("FAILED_PRECONDITION");
      assertThat(refused.body()).contains("insufficient funds: balance 70, asked 1000");
      // The target is not open, so the money is given back.
      Http.Answer failed = transfer(http, "ann", "nobody", 5);
      assertThat(failed.object().string("code", "")).isEqualTo("NOT_FOUND");
      assertThat(balance(http, "ann")).isEqualTo(70);
      node.kill();
    }
    try (NodeProcess node = NodeProcess.start(data)) {
      Http http = node.http();
      assertThat(balance(http, "ann")).isEqualTo(70);
      assertThat(balance(http, "bob")).isEqualTo(30);
      assertThat(transfer(http, "bob", "ann", 1).status()).isEqualTo(200);
      assertThat(balance(http, "ann")).isEqualTo(71);
    }
  }

  private static String account(String key) {
    return "bank-python/account/" + key;
  }

  private static Http.Answer transfer(Http http, String from, String to, int amount)
      throws Exception {
    return http.ask(
        "bank-python/bank/bank",
        "transfer",
        "{\"source\":\"account/"
            + from
            + "\",\"target\":\"account/"
            + to
            + "\",\"amount\":"
            + amount
            + "}");
  }

  private static long balance(Http http, String key) throws Exception {
    return Guests.count(http.ask(account(key), "balance", "").body());
  }
}
