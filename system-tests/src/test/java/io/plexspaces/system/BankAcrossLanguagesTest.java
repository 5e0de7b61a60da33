package io.plexspaces.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

/** The bank in every language, side by side on one node, with transfers between all of them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class BankAcrossLanguagesTest {
  @TempDir static Path dir;

  private final List<String> banks = new ArrayList<>();
  private NodeProcess node;

  @BeforeAll
  void deployAll() throws Exception {
    Path config = dir.resolve("plexspaces.toml");
    Files.writeString(config, "[tenants.default]\npolyglot = true\n");
    node =
        NodeProcess.start(
            dir.resolve("data"),
            Map.of(),
            List.of("-Xmx3g", "-XX:TieredStopAtLevel=4"),
            "--config",
            config.toString());
    for (GuestLanguage l : GuestLanguage.values()) {
      byte[] wasm;
      try {
        wasm = l.bank();
      } catch (TestAbortedException e) {
        System.out.println("no bank in " + l.title() + ": " + e.getMessage());
        continue;
      }
      String app = "bank-" + l.id();
      String file = l.isPolyglot() ? l.runtime() + ".toml" : "app-config.toml";
      String toml =
          Files.readString(Guests.ROOT.resolve("examples/bank-" + l.source()).resolve(file));
      Http.Answer a = node.http().deploy(app, wasm, toml);
      assertThat(a.status()).as(app + ": " + a.body()).isEqualTo(201);
      banks.add(app);
    }
    assumeTrue(banks.size() > 1, "skipped: fewer than two languages can be built here");
  }

  @AfterAll
  void stop() {
    node.close();
  }

  private Value ask(String address, String op, String payload) throws Exception {
    Http.Answer a = node.http().ask(address, op, payload);
    assertThat(a.status()).as(address + " " + op + ": " + a.body()).isEqualTo(200);
    return Json.read(a.body());
  }

  @Test
  void moneyMovesBetweenAllLanguagesAndNoneIsLost() throws Exception {
    for (String bank : banks) {
      ask(bank + "/account/ring", "open", "{\"owner\":\"" + bank + "\",\"balance\":1000}");
    }
    for (String from : banks) {
      for (String to : banks) {
        if (!from.equals(to)) {
          Value.Obj t =
              (Value.Obj)
                  ask(
                      from + "/bank/bank",
                      "transfer",
                      "{\"source\":\"account/ring\",\"target\":\""
                          + to
                          + "/account/ring\",\"amount\":10}");
          assertThat(t.string("id", "")).startsWith("t");
        }
      }
    }
    for (String bank : banks) {
      assertThat(ask(bank + "/account/ring", "balance", "{}")).isEqualTo(new Value.Int(1000));
      assertThat(ask(bank + "/bank/bank", "transfers", "{}"))
          .isEqualTo(new Value.Int(banks.size() - 1));
      // The audit's records are sends: they follow the replies.
      Value entries = Value.NULL;
      for (int i = 0; i < 1000; i++) {
        entries = ask(bank + "/audit/audit", "entries", "{}");
        if (((Value.Arr) entries).items().size() == banks.size() - 1) {
          break;
        }
      }
      assertThat(((Value.Arr) entries).items()).hasSize(banks.size() - 1);
      assertThat(((Value.Obj) ((Value.Arr) entries).items().getLast()).fields().keySet())
          .containsExactlyInAnyOrder("id", "source", "target", "amount");
    }
  }

  @Test
  void aDepositThatFailsElsewhereIsGivenBack() throws Exception {
    for (String from : banks) {
      ask(from + "/account/poor", "open", "{\"owner\":\"p\",\"balance\":50}");
      for (String to : banks) {
        Http.Answer a =
            node.http()
                .ask(
                    from + "/bank/bank",
                    "transfer",
                    "{\"source\":\"account/poor\",\"target\":\""
                        + to
                        + "/account/nobody\",\"amount\":20}");
        assertThat(a.status()).as(a.body()).isEqualTo(404);
        assertThat(a.object().string("code", "")).isEqualTo("NOT_FOUND");
        assertThat(ask(from + "/account/poor", "balance", "{}")).isEqualTo(new Value.Int(50));
      }
      Http.Answer poor =
          node.http()
              .ask(
                  from + "/bank/bank",
                  "transfer",
                  "{\"source\":\"account/poor\",\"target\":\"account/poor2\",\"amount\":51}");
      assertThat(poor.status()).isEqualTo(409);
      assertThat(poor.object().string("detail", "")).contains("insufficient funds: balance 50");
    }
  }

  @Test
  void statementsAreStreamsInEveryLanguage() throws Exception {
    for (String bank : banks) {
      String account = bank + "/account/stream";
      ask(account, "open", "{\"owner\":\"s\",\"balance\":5}");
      ask(account, "deposit", "{\"amount\":7}");
      ask(account, "withdraw", "{\"amount\":2}");
      String expected =
          "[{\"n\":1,\"kind\":\"open\",\"amount\":5,\"balance\":5},"
              + "{\"n\":2,\"kind\":\"deposit\",\"amount\":7,\"balance\":12},"
              + "{\"n\":3,\"kind\":\"withdraw\",\"amount\":2,\"balance\":10}]";
      List<Http.Event> events =
          node.http().stream("/api/v1/actors/" + account + "/stream/statement?since=0", 100);
      assertThat(events.getLast().name()).isEqualTo("end");
      assertThat(
              Json.read(
                  "["
                      + String.join(
                          ",",
                          events.subList(0, events.size() - 1).stream()
                              .map(Http.Event::data)
                              .toList())
                      + "]"))
          .as(bank)
          .isEqualTo(Json.read(expected));
      assertThat(
              ask(
                  bank + "/bank/bank",
                  "statement_of",
                  "{\"account\":\"account/stream\",\"since\":1}"))
          .isEqualTo(
              Json.read(
                  "[{\"n\":2,\"kind\":\"deposit\",\"amount\":7,\"balance\":12},"
                      + "{\"n\":3,\"kind\":\"withdraw\",\"amount\":2,\"balance\":10}]"));
    }
  }

  @Test
  void anAccountSaysTheSameNoInEveryLanguage() throws Exception {
    for (String bank : banks) {
      String account = bank + "/account/no";
      assertThat(node.http().ask(account, "deposit", "{\"amount\":1}").status()).isEqualTo(404);
      ask(account, "open", "{\"owner\":\"n\"}");
      assertThat(node.http().ask(account, "open", "{\"owner\":\"n\"}").object().string("code", ""))
          .isEqualTo("ALREADY_EXISTS");
      Http.Answer zero = node.http().ask(account, "deposit", "{\"amount\":0}");
      assertThat(zero.object().string("code", "")).isEqualTo("INVALID_ARGUMENT");
      Http.Answer text = node.http().ask(account, "deposit", "{\"amount\":\"1\"}");
      assertThat(text.status()).as(bank + text.body()).isEqualTo(400);
      assertThat(text.object().string("detail", "")).contains("amount");
      Http.Answer poor = node.http().ask(account, "withdraw", "{\"amount\":3}");
      assertThat(poor.object().string("detail", ""))
          .isEqualTo("insufficient funds: balance 0, asked 3");
    }
  }
}
