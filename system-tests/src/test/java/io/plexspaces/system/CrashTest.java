package io.plexspaces.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.system.crash.DiskShim;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a client was told is there after {@code kill -9}. */
@Timeout(300)
class CrashTest {
  private static final int COUNTERS = 100;
  private static final int KILLS = Integer.getInteger("plexspaces.kills", 20);
  private static final int CLIENTS = 10;

  @TempDir Path dir;

  /** What the client knows of one counter. */
  private static final class Known {
    long acknowledged;

    /** The key of the increment whose reply was lost, if one was. */
    String lostKey = "";
  }

  @Test
  void everyAcknowledgedIncrementOutlivesKillNine() throws Exception {
    byte[] wasm = Guests.fastestCounter();
    Path data = dir.resolve("data");
    long seed = Long.getLong("plexspaces.seed", System.nanoTime());
    Random random = new Random(seed);
    List<Known> known = new ArrayList<>();
    for (int i = 0; i < COUNTERS; i++) {
      known.add(new Known());
    }
    NodeProcess node = NodeProcess.start(data);
    try {
      Http.Answer d = node.http().deploy("bank", wasm, Guests.counterConfig(true));
      assertThat(d.status()).as(d.body()).isEqualTo(201);
      int lost = 0;
      for (int kill = 0; kill < KILLS; kill++) {
        streamUntilKilled(node, known, random, kill);
        node = NodeProcess.start(data);
        lost += check(node.http(), known, "seed " + seed + ", kill " + kill);
      }
      long total = known.stream().mapToLong(k -> k.acknowledged).sum();
      System.out.printf(
          "kill -9 %d times: %d acknowledged increments of %d counters, %d lost replies%n",
          KILLS, total, COUNTERS, lost);
      assertThat(total).isGreaterThan(KILLS * 10L);
    } finally {
      node.close();
    }
  }

  /** Clients increment until the node is killed, after a random number of replies. */
  private static void streamUntilKilled(
      NodeProcess node, List<Known> known, Random random, int round) throws Exception {
    int after = 20 + random.nextInt(600);
    AtomicInteger replies = new AtomicInteger();
    AtomicBoolean dead = new AtomicBoolean();
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> all = new ArrayList<>();
      for (int c = 0; c < CLIENTS; c++) {
        int first = c;
        all.add(
            clients.submit(() -> {
              for (int n = 0; !dead.get(); n++) {
                // Every client has counters of its own, so it knows their order.
                int i = first + CLIENTS * (n % (COUNTERS / CLIENTS));
                increment(node.http(), known.get(i), i, round + "." + n, dead);
                replies.incrementAndGet();
              }
              return null;
            }));
      }
      while (replies.get() < after) {
        Thread.onSpinWait();
      }
      node.kill();
      dead.set(true);
      for (Future<?> f : all) {
        var _ = f.get();
      }
    }
  }

  private static void increment(Http http, Known k, int i, String key, AtomicBoolean dead)
      throws InterruptedException {
    k.lostKey = key;
    try {
      Http.Answer a = http.ask("bank/counter/c" + i, "increment", "{}", key);
      assertThat(a.status()).as(a.body()).isEqualTo(200);
      k.acknowledged++;
      k.lostKey = "";
      assertThat(Guests.count(a.body())).isEqualTo(k.acknowledged);
    } catch (IOException e) {
      dead.set(true); // the reply was lost with the node
    }
  }

  /** Each counter is what was acknowledged, or one more where the last reply was lost. */
  private static int check(Http http, List<Known> known, String when) throws Exception {
    int lost = 0;
    for (int i = 0; i < COUNTERS; i++) {
      Known k = known.get(i);
      if (k.acknowledged == 0 && k.lostKey.isEmpty()) {
        continue;
      }
      String actor = "bank/counter/c" + i;
      long count = Guests.count(http.ask(actor, "get", "").body());
      if (k.lostKey.isEmpty()) {
        assertThat(count).as(when + ": " + actor).isEqualTo(k.acknowledged);
        continue;
      }
      lost++;
      assertThat(count).as(when + ": " + actor).isBetween(k.acknowledged, k.acknowledged + 1);
      // A retry with the key returns the reply that was lost, or does it now; never twice.
      Http.Answer again = http.ask(actor, "increment", "{}", k.lostKey);
      assertThat(Guests.count(again.body())).isEqualTo(k.acknowledged + 1);
      assertThat(Guests.count(http.ask(actor, "get", "").body())).isEqualTo(k.acknowledged + 1);
      k.acknowledged++;
      k.lostKey = "";
    }
    return lost;
  }

  @Test
  void appsAndTheirStateAreBackAfterAGracefulRestartToo() throws Exception {
    byte[] wasm = Guests.counter();
    Path data = dir.resolve("data");
    try (NodeProcess node = NodeProcess.start(data)) {
      assertThat(node.http().deploy("on", wasm, Guests.counterConfig(true)).status())
          .isEqualTo(201);
      assertThat(node.http().deploy("off", wasm, Guests.counterConfig(true)).status())
          .isEqualTo(201);
      assertThat(node.http().ask("on/counter/main", "increment", "{\"by\":7}").status())
          .isEqualTo(200);
      assertThat(node.http().post("/api/v1/apps/off/stop", "", null).status()).isEqualTo(200);
      assertThat(node.stop()).isZero();
    }
    try (NodeProcess node = NodeProcess.start(data)) {
      assertThat(node.http().ask("on/counter/main", "get", "").body()).isEqualTo("7");
      assertThat(node.http().get("/api/v1/apps/off").object().string("state", ""))
          .isEqualTo("stopped");
      Http.Answer stopped = node.http().ask("off/counter/main", "get", "");
      assertThat(stopped.status()).isEqualTo(409);
      assertThat(stopped.body()).contains("app start off");
      assertThat(node.http().post("/api/v1/apps/off/start", "", null).status()).isEqualTo(200);
      assertThat(node.http().ask("off/counter/main", "get", "").body()).isEqualTo("0");
    }
  }

  @Test
  void everyAcknowledgedTurnWasSyncedFirst() throws Exception {
    DiskShim shim = DiskShim.build(dir);
    byte[] wasm = Guests.counter();
    Path syncs = dir.resolve("syncs");
    Files.createFile(syncs);
    try (NodeProcess node = NodeProcess.start(dir.resolve("data"), shim.listing(syncs))) {
      Http http = node.http();
      assertThat(http.deploy("bank", wasm, Guests.counterConfig(true)).status()).isEqualTo(201);
      assertThat(http.ask("bank/counter/main", "increment", "{}").status()).isEqualTo(200);
      // One client, one counter: nothing to batch, so each reply needs a sync of its own before.
      for (int i = 0; i < 50; i++) {
        long before = DiskShim.logSyncs(syncs);
        assertThat(http.ask("bank/counter/main", "increment", "{}").status()).isEqualTo(200);
        assertThat(DiskShim.logSyncs(syncs)).isGreaterThan(before);
      }
    }
  }
}
