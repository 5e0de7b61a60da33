package io.plexspaces.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.Value;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two apps of one module beside each other on one node. */
@Timeout(120)
class SideBySideTest {
  @TempDir Path dir;

  private static void deployed(Http.Answer a) {
    assertThat(a.status()).as(a.body()).isEqualTo(201);
  }

  @Test
  void appsOfOneModuleDoNotSeeEachOther() throws Exception {
    byte[] wasm = Guests.counter();
    try (NodeProcess node = NodeProcess.start(dir.resolve("data"))) {
      Http http = node.http();
      deployed(http.deploy("red", wasm, Guests.counterConfig(false)));
      deployed(http.deploy("blue", wasm, Guests.counterConfig(false)));

      // actors
      assertThat(http.ask("red/counter/main", "increment", "{\"by\":5}").body())
          .isEqualTo("{\"count\":5}");
      assertThat(http.ask("blue/counter/main", "get", "").body()).isEqualTo("0");
      assertThat(http.ask("blue/counter/main", "whoami", "").body())
          .isEqualTo("\"blue/counter/main\"");

      // names
      assertThat(http.ask("red/counter/main", "register", "{\"name\":\"boss\"}").status())
          .isEqualTo(200);
      assertThat(http.ask("red/counter/x", "lookup", "{\"name\":\"boss\"}").body())
          .isEqualTo("\"red/counter/main\"");
      assertThat(http.ask("blue/counter/x", "lookup", "{\"name\":\"boss\"}").body())
          .isEqualTo("null");

      // tuples
      assertThat(http.ask("red/counter/main", "put", "{\"tuple\":[\"job\",1]}").status())
          .isEqualTo(200);
      assertThat(http.ask("blue/counter/x", "take", "{\"pattern\":[\"job\",null]}").body())
          .isEqualTo("null");
      assertThat(http.ask("red/counter/x", "take", "{\"pattern\":[\"job\",null]}").body())
          .isEqualTo("[\"job\",1]");

      // one may not call the other
      Http.Answer refused =
          http.ask(
              "red/counter/main",
              "ask_other",
              "{\"target\":\"blue/counter/main\",\"op\":\"increment\"}");
      assertThat(refused.status()).isEqualTo(403);
      assertThat(refused.body()).contains("may not call");
    }
  }

  @Test
  void undeployingOneUnderLoadLeavesTheOtherUninterruptedAndNoTrace() throws Exception {
    byte[] wasm = Guests.counter();
    Path data = dir.resolve("data");
    try (NodeProcess node = NodeProcess.start(data);
        ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      Http http = node.http();
      deployed(http.deploy("survivor", wasm, Guests.counterConfig(true)));
      AtomicBoolean stop = new AtomicBoolean();
      AtomicInteger asked = new AtomicInteger();
      List<Future<Integer>> survivors = new ArrayList<>();
      for (int c = 0; c < 4; c++) {
        String actor = "survivor/counter/s" + c;
        survivors.add(
            clients.submit(() -> {
              int n = 0;
              while (!stop.get()) {
                Http.Answer a = http.ask(actor, "increment", "{}");
                assertThat(a.status()).as(a.body()).isEqualTo(200);
                assertThat(a.body()).isEqualTo("{\"count\":" + ++n + "}");
                asked.incrementAndGet();
              }
              return n;
            }));
      }
      try {
        for (int round = 0; round < 3; round++) {
          deployed(http.deploy("victim", wasm, Guests.counterConfig(true)));
          AtomicBoolean gone = new AtomicBoolean();
          Future<?> load =
              clients.submit(() -> {
                // Asks until the app is away; those in between may be refused, never lost.
                while (!gone.get() && !stop.get()) {
                  Http.Answer a = http.ask("victim/counter/v", "increment", "{}");
                  assertThat(a.status()).isIn(200, 404, 409, 503);
                }
                return null;
              });
          int before = asked.get();
          while (asked.get() < before + 20) {
            Thread.onSpinWait();
          }
          Http.Answer undeployed = http.delete("/api/v1/apps/victim?drain=5s&purge=true");
          assertThat(undeployed.status()).as(undeployed.body()).isBetween(200, 204);
          gone.set(true);
          var _ = load.get();
          assertThat(http.ask("victim/counter/v", "get", "").status()).isEqualTo(404);
        }
        int before = asked.get();
        while (asked.get() < before + 20) {
          Thread.onSpinWait();
        }
      } finally {
        stop.set(true); // or a failure would wait for the clients for ever
      }
      for (Future<Integer> f : survivors) {
        assertThat(f.get()).isPositive(); // and not one failed ask among them
      }

      Value.Obj apps = http.get("/api/v1/apps").object();
      assertThat(apps.toString()).contains("survivor").doesNotContain("victim");
      assertThat(http.get("/metrics").body()).contains("survivor").doesNotContain("victim");
      try (var files = Files.walk(data)) {
        assertThat(files.map(Path::toString).filter(p -> p.contains("victim"))).isEmpty();
      }
    }
  }

  @Test
  void aSpinningActorIsStoppedAndItsNeighboursAnswer() throws Exception {
    byte[] wasm = Guests.counter();
    try (NodeProcess node = NodeProcess.start(dir.resolve("data"))) {
      Http http = node.http();
      deployed(
          http.deploy(
              "spin", wasm, Guests.counterConfig(false) + "\n[limits]\nturn_timeout = \"1s\"\n"));
      deployed(http.deploy("calm", wasm, Guests.counterConfig(false)));
      assertThat(http.ask("spin/counter/s0", "increment", "{}").status()).isEqualTo(200);
      int spinners = 8; // twice the carriers of this process
      try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<Http.Answer>> spinning = new ArrayList<>();
        for (int i = 0; i < spinners; i++) {
          String actor = "spin/counter/s" + i;
          spinning.add(clients.submit(() -> http.ask(actor, "spin", "{}")));
        }
        for (int i = 1; i <= 20; i++) {
          assertThat(http.ask("calm/counter/main", "increment", "{}").body())
              .isEqualTo("{\"count\":" + i + "}");
        }
        // All of that while they spun: together they may run for 8 seconds.
        assertThat(spinning.stream().filter(Future::isDone).count()).isLessThan(spinners);
        for (Future<Http.Answer> f : spinning) {
          assertThat(f.get().status()).isEqualTo(504);
          assertThat(f.get().body()).contains("turn_timeout");
        }
      }
      // Its turn limit ended the turn, and it is as it was before.
      assertThat(http.ask("spin/counter/s0", "get", "").body()).isEqualTo("1");
      assertThat(http.get("/api/v1/apps/spin").object().integer("restarts", -1)).isZero();
    }
  }

  @Test
  void errorsSayWhoseTheyAre() throws Exception {
    byte[] wasm = Guests.counter();
    try (NodeProcess node = NodeProcess.start(dir.resolve("data"))) {
      Http http = node.http();
      deployed(http.deploy("app", wasm, Guests.counterConfig(true)));
      assertThat(http.ask("app/counter/main", "increment", "{\"by\":3}").status()).isEqualTo(200);

      Http.Answer refused = http.ask("app/counter/main", "change_and_refuse", "{}");
      assertThat(refused.object().string("code", "")).isEqualTo("FAILED_PRECONDITION");
      assertThat(refused.body()).contains("changed my mind");
      assertThat(http.ask("app/counter/main", "get", "").body()).isEqualTo("3");

      Http.Answer crash = http.ask("app/counter/main", "crash", "{}");
      assertThat(crash.status()).isEqualTo(502);
      assertThat(crash.object().string("code", "")).isEqualTo("INTERNAL");
      assertThat(http.ask("app/counter/main", "get", "").body()).isEqualTo("3");

      Http.Answer unknown = http.ask("app/counter/main", "fly", "{}");
      assertThat(unknown.status()).isEqualTo(404);
      assertThat(unknown.body()).contains("has no operation");
    }
  }
}
