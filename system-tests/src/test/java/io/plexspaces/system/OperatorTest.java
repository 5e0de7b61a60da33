package io.plexspaces.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.Value;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What an operator does at night, on the command line, against a real node. */
@Timeout(300)
class OperatorTest {
  @TempDir Path dir;

  @Test
  void looksAtAnActorVerifiesBacksUpDeletesAndRestores() throws Exception {
    byte[] wasm = Guests.fastestCounter();
    Path data = dir.resolve("data");
    Path backup = data.resolve("backups/nightly");
    try (NodeProcess node = NodeProcess.start(data)) {
      Map<String, String> env = Map.of("PLEXSPACES_NODE", node.http().base());
      assertThat(node.http().deploy("bank", wasm, Guests.counterConfig(true)).status())
          .isEqualTo(201);
      for (int i = 0; i < 7; i++) {
        assertThat(node.http().ask("bank/counter/main", "increment", "{\"by\":2}").status())
            .isEqualTo(200);
      }

      Value.Obj shown =
          (Value.Obj)
              Cli.run(
                      env,
                      "journal",
                      "show",
                      "bank/counter/main",
                      "--last",
                      "3",
                      "--output",
                      "json")
                  .ok()
                  .json();
      assertThat(shown.array("turns")).hasSize(3);
      Value.Obj last = (Value.Obj) shown.array("turns").getLast();
      assertThat(last.string("op", "")).isEqualTo("increment");
      assertThat(last.object("input").object("value").integer("by", 0)).isEqualTo(2);
      Cli.Result table = Cli.run(env, "journal", "show", "bank/counter/main").ok();
      assertThat(table.out()).contains("SEQ", "increment", "{\"by\":2}", "replied");
      assertThat(Cli.run(env, "journal", "show", "bank/counter/main", "--state").ok().out())
          .contains("14");
      assertThat(Cli.run(env, "journal", "show", "bank/counter/none").err())
          .contains("has no journal");

      assertThat(Cli.run(env, "journal", "verify", "all").ok().out()).contains("no damage");
      assertThat(Cli.run(env, "journal", "verify", "bank/counter/main").ok().out())
          .contains("1 journal verified, no damage");
      assertThat(Cli.run(env, "journal", "dead", "--app", "bank").ok().out()).contains("ACTOR");
      assertThat(
              Cli.run(env, "journal", "show", "bank/counter/main", "--data-dir", data.toString())
                  .err())
          .contains("a node has", "--node instead of --data-dir");

      assertThat(Cli.run(env, "backup", "nightly").ok().out()).contains("Backup nightly");
      assertThat(Cli.run(env, "backup", "--list").ok().out()).contains("nightly");
      assertThat(node.http().ask("bank/counter/main", "increment", "{}").status()).isEqualTo(200);

      Cli.Result unasked = Cli.run(env, "actor", "delete", "bank/counter/main");
      assertThat(unasked.status()).isEqualTo(2);
      assertThat(unasked.err()).contains("cannot be undone: say --yes");
      Cli.run(env, "actor", "delete", "bank/counter/main", "--yes").ok();
      assertThat(Guests.count(node.http().ask("bank/counter/main", "get", "").body())).isZero();
      assertThat(node.stop()).isZero();
    }
    Map<String, String> none = Map.of();
    assertThat(Cli.run(none, "journal", "verify", "all", "--data-dir", data.toString()).ok().out())
        .contains("no damage");

    Path restored = dir.resolve("restored");
    Cli.run(none, "restore", backup.toString(), "--data-dir", restored.toString()).ok();
    assertThat(Cli.run(none, "restore", backup.toString(), "--data-dir", restored.toString()).err())
        .contains("is not empty");
    assertThat(
            Cli.run(
                    none,
                    "journal",
                    "show",
                    "bank/counter/main",
                    "--state",
                    "--data-dir",
                    restored.toString())
                .ok()
                .out())
        .contains("14");
    try (NodeProcess node = NodeProcess.start(restored)) {
      assertThat(Guests.count(node.http().ask("bank/counter/main", "get", "").body()))
          .isEqualTo(14);
    }
  }

  @Test
  void offlineDamageIsNamedWithWhatToDo() throws Exception {
    Path data = dir.resolve("data");
    try (NodeProcess node = NodeProcess.start(data)) {
      assertThat(
              node.http()
                  .deploy("bank", Guests.fastestCounter(), Guests.counterConfig(true))
                  .status())
          .isEqualTo(201);
      for (String key : List.of("a", "b")) {
        assertThat(node.http().ask("bank/counter/" + key, "increment", "{}").status())
            .isEqualTo(200);
      }
      assertThat(node.stop()).isZero();
    }
    Path file = data.resolve("journals/default/bank/counter/a.db");
    Files.writeString(file, "no journal any more ".repeat(500));
    Cli.Result verify =
        Cli.run(Map.of(), "journal", "verify", "all", "--data-dir", data.toString());
    assertThat(verify.status()).isEqualTo(1);
    assertThat(verify.out())
        .contains("journals/default/bank/counter/a.db: is damaged: not a database: restore it")
        .contains("1 finding");
    // That actor is in a clear state, the other one answers.
    try (NodeProcess node = NodeProcess.start(data)) {
      assertThat(Guests.count(node.http().ask("bank/counter/b", "get", "").body())).isEqualTo(1);
      Http.Answer lost = node.http().ask("bank/counter/a", "get", "");
      assertThat(lost.status()).isEqualTo(500);
      assertThat(lost.body()).contains("DATA_LOSS", "a.db");
    }
  }

  /** Clients increment while a backup is written; what is restored is between what they knew. */
  @Test
  void aBackupUnderLoadHasAllThatWasAcknowledgedBeforeItAndNothingAfter() throws Exception {
    int counters = 20;
    Path data = dir.resolve("data");
    List<AtomicLong> known = new ArrayList<>();
    List<Long> before = new ArrayList<>();
    List<Long> after = new ArrayList<>();
    AtomicBoolean stop = new AtomicBoolean();
    try (NodeProcess node = NodeProcess.start(data);
        ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      assertThat(
              node.http()
                  .deploy("bank", Guests.fastestCounter(), Guests.counterConfig(true))
                  .status())
          .isEqualTo(201);
      List<Future<?>> running = new ArrayList<>();
      for (int c = 0; c < counters; c++) {
        AtomicLong count = new AtomicLong();
        known.add(count);
        String actor = "bank/counter/c" + c;
        running.add(
            clients.submit(() -> {
              while (!stop.get()) {
                Http.Answer a = node.http().ask(actor, "increment", "{}");
                assertThat(a.status()).as(a.body()).isEqualTo(200);
                count.set(Guests.count(a.body()));
              }
              return null;
            }));
      }
      while (known.stream().anyMatch(k -> k.get() < 5)) {
        Thread.onSpinWait();
      }
      known.forEach(k -> before.add(k.get()));
      Http.Answer made = node.http().command("POST", "/api/v1/backups?name=busy");
      known.forEach(k -> after.add(k.get()));
      assertThat(made.status()).as(made.body()).isEqualTo(201);
      stop.set(true);
      for (Future<?> f : running) {
        var _ = f.get();
      }
    }
    Path restored = dir.resolve("restored");
    Cli.run(
            Map.of(),
            "restore",
            data.resolve("backups/busy").toString(),
            "--data-dir",
            restored.toString())
        .ok();
    try (NodeProcess node = NodeProcess.start(restored)) {
      for (int c = 0; c < counters; c++) {
        long count = Guests.count(node.http().ask("bank/counter/c" + c, "get", "").body());
        // One more than a client knew may have been committed, its reply on the way.
        assertThat(count).as("counter " + c).isBetween(before.get(c), after.get(c) + 1);
      }
      Map<String, String> env = Map.of("PLEXSPACES_NODE", node.http().base());
      assertThat(Cli.run(env, "journal", "verify", "all").ok().out()).contains("no damage");
    }
  }
}
