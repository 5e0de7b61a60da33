package io.plexspaces.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.Value;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The tuples of a durable space through {@code kill -9}, restarts and damage. */
@Timeout(300)
class DurableSpaceTest {
  private static final int KILLS = Integer.getInteger("plexspaces.kills", 20) / 4;
  private static final int WRITERS = 3;
  private static final int WORKERS = 6;

  private static final String CONFIG =
      """
      [[spaces]]
      name = "default"
      durable = true

      [actor_types.desk]

      [actor_types.worker]
      facets = [ { type = "durability", config = { checkpoint_interval = 1 } } ]
      """;

  @TempDir Path dir;

  private final AtomicInteger ids = new AtomicInteger();
  private final Set<Long> put = ConcurrentHashMap.newKeySet();
  private final Set<Long> done = ConcurrentHashMap.newKeySet();

  @Test
  void everyTupleIsThereExactlyOnceAfterKillNine() throws Exception {
    byte[] wasm = Guests.build(Path.of("src/test/guests/jobs.js"));
    Path data = dir.resolve("data");
    long seed = Long.getLong("plexspaces.seed", System.nanoTime());
    Random random = new Random(seed);
    NodeProcess node = NodeProcess.start(data);
    try {
      Http.Answer d = node.http().deploy("jobs", wasm, CONFIG);
      assertThat(d.status()).as(d.body()).isEqualTo(201);
      for (int kill = 1; kill <= KILLS; kill++) {
        workUntilKilled(node, random);
        node = NodeProcess.start(data);
        check(node.http(), "seed " + seed + ", kill " + kill);
      }
      System.out.printf(
          "kill -9 %d times: %d tuples written, %d taken and passed on%n",
          KILLS, put.size(), done.size());
      assertThat(done).hasSizeGreaterThan(KILLS * 10);
    } finally {
      node.close();
    }
  }

  private void workUntilKilled(NodeProcess node, Random random) throws Exception {
    int after = 50 + random.nextInt(400);
    AtomicInteger replies = new AtomicInteger();
    AtomicBoolean dead = new AtomicBoolean();
    Http http = node.http();
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> all = new ArrayList<>();
      for (int w = 0; w < WRITERS; w++) {
        String desk = "jobs/desk/d" + w;
        all.add(
            clients.submit(() ->
                repeat(
                    dead,
                    replies,
                    () -> {
                      long id = ids.incrementAndGet();
                      Http.Answer a = http.ask(desk, "put", "{\"id\":" + id + "}");
                      assertThat(a.status()).as(a.body()).isEqualTo(200);
                      put.add(id);
                    })));
      }
      for (int w = 0; w < WORKERS; w++) {
        String worker = w == 0 ? "jobs/desk/forwarder" : "jobs/worker/w" + w;
        String op = w == 0 ? "forward" : "work";
        all.add(
            clients.submit(() ->
                repeat(
                    dead,
                    replies,
                    () -> {
                      Http.Answer a = http.ask(worker, op, "{}");
                      assertThat(a.status()).as(a.body()).isEqualTo(200);
                      if (a.json() instanceof Value.Int id) {
                        assertThat(done.add(id.value())).as("taken twice: %s", id).isTrue();
                      }
                    })));
      }
      while (replies.get() < after && !dead.get()) {
        Thread.onSpinWait();
      }
      node.kill();
      dead.set(true);
      for (Future<?> f : all) {
        var _ = f.get();
      }
    }
  }

  private interface Request {
    void run() throws IOException, InterruptedException;
  }

  private static Void repeat(AtomicBoolean dead, AtomicInteger replies, Request request)
      throws InterruptedException {
    while (!dead.get()) {
      try {
        request.run();
        replies.incrementAndGet();
      } catch (IOException e) {
        dead.set(true); // the reply was lost with the node
      }
    }
    return null;
  }

  private void check(Http http, String when) throws Exception {
    List<Long> waiting = numbers(http, "jobs/desk/check", "all", "{\"pattern\":[\"job\",null]}");
    List<Long> finished =
        numbers(http, "jobs/desk/check", "all", "{\"pattern\":[\"done\",null,null]}");
    assertThat(waiting)
        .as(when)
        .doesNotHaveDuplicates()
        .isSorted()
        .doesNotContainAnyElementsOf(finished);
    assertThat(finished).as(when).doesNotHaveDuplicates().containsAll(done);
    Set<Long> all = new HashSet<>(waiting);
    all.addAll(finished);
    assertThat(all).as(when).containsAll(put);
    // The state of a durable worker and its tuples are of one piece.
    List<Long> mine = new ArrayList<>();
    for (int w = 1; w < WORKERS; w++) {
      mine.addAll(numbers(http, "jobs/worker/w" + w, "mine", "{}"));
    }
    List<Long> desk =
        numbers(http, "jobs/desk/check", "all", "{\"pattern\":[\"done\",null,\"desk\"]}");
    mine.addAll(desk);
    assertThat(mine).as(when).containsExactlyInAnyOrderElementsOf(finished);
    // Whoever lost a reply knows now.
    done.addAll(finished);
    put.addAll(all);
  }

  private static List<Long> numbers(Http http, String actor, String op, String payload)
      throws IOException, InterruptedException {
    Http.Answer a = http.ask(actor, op, payload);
    assertThat(a.status()).as(a.body()).isEqualTo(200);
    return ((Value.Arr) a.json()).items().stream().map(v -> ((Value.Int) v).value()).toList();
  }

  @Test
  void tuplesOutliveARestartAndAnUndeployButNotAPurge() throws Exception {
    byte[] wasm = Guests.build(Path.of("src/test/guests/jobs.js"));
    Path data = dir.resolve("data");
    try (NodeProcess node = NodeProcess.start(data)) {
      Http http = node.http();
      assertThat(http.deploy("jobs", wasm, CONFIG).status()).isEqualTo(201);
      assertThat(http.ask("jobs/desk/a", "put", "{\"id\":1}").status()).isEqualTo(200);
      assertThat(http.ask("jobs/worker/a", "work", "{}").body()).isEqualTo("1");
      assertThat(http.ask("jobs/desk/a", "put", "{\"id\":2}").status()).isEqualTo(200);
      assertThat(node.stop()).isZero();
    }
    try (NodeProcess node = NodeProcess.start(data)) {
      Http http = node.http();
      String jobs = "{\"pattern\":[\"job\",null]}";
      assertThat(numbers(http, "jobs/desk/a", "all", jobs)).containsExactly(2L);
      assertThat(http.delete("/api/v1/apps/jobs").status()).isBetween(200, 204);
      assertThat(http.deploy("jobs", wasm, CONFIG).status()).isEqualTo(201);
      assertThat(numbers(http, "jobs/desk/a", "all", jobs)).containsExactly(2L);
      assertThat(http.delete("/api/v1/apps/jobs?purge=true").status()).isBetween(200, 204);
      assertThat(http.deploy("jobs", wasm, CONFIG).status()).isEqualTo(201);
      assertThat(numbers(http, "jobs/desk/a", "all", jobs)).isEmpty();
    }
  }

  @Test
  void aDamagedSpaceIsNamedAndEverythingElseRuns() throws Exception {
    byte[] wasm = Guests.build(Path.of("src/test/guests/jobs.js"));
    Path data = dir.resolve("data");
    try (NodeProcess node = NodeProcess.start(data)) {
      for (String app : List.of("jobs", "others")) {
        assertThat(node.http().deploy(app, wasm, CONFIG).status()).isEqualTo(201);
        assertThat(node.http().ask(app + "/desk/a", "put", "{\"id\":1}").status()).isEqualTo(200);
      }
      assertThat(node.stop()).isZero();
    }
    Path file = data.resolve("spaces/default/jobs/default.db");
    assertThat(file).exists();
    try (FileChannel c = FileChannel.open(file, StandardOpenOption.WRITE)) {
      c.truncate(5000);
    }
    Files.deleteIfExists(file.resolveSibling("default.db-wal"));
    try (NodeProcess node = NodeProcess.start(data)) {
      Http http = node.http();
      Http.Answer a = http.ask("jobs/desk/a", "put", "{\"id\":2}");
      assertThat(a.object().string("code", "")).as(a.body()).isEqualTo("DATA_LOSS");
      assertThat(a.body()).contains("spaces/default/jobs/default.db");
      assertThat(http.ask("jobs/worker/a", "mine", "{}").body()).isEqualTo("[]");
      assertThat(http.ask("others/worker/a", "work", "{}").body()).isEqualTo("1");
      assertThat(node.log())
          .contains("the tuples of app")
          .contains("spaces/default/jobs/default.db");
    }
  }

  @Test
  void aHundredThousandTuplesAreThereInWellUnderASecond() throws Exception {
    byte[] wasm = Guests.build(Path.of("src/test/guests/jobs.js"));
    Path data = dir.resolve("data");
    NodeProcess node = NodeProcess.start(data);
    try {
      assertThat(node.http().deploy("jobs", wasm, CONFIG).status()).isEqualTo(201);
      for (int i = 0; i < 100; i++) {
        Http.Answer a =
            node.http().ask("jobs/desk/a", "fill", "{\"from\":" + i * 1000 + ",\"n\":1000}");
        assertThat(a.status()).as(a.body()).isEqualTo(200);
      }
      node.kill();
      long before = System.nanoTime();
      node = NodeProcess.start(data);
      long up = System.nanoTime();
      assertThat(
              numbers(node.http(), "jobs/desk/a", "all", "{\"pattern\":[\"resident\",54321,null]}"))
          .containsExactly(54321L);
      System.out.printf(
          "after a kill -9 with 100,000 tuples: %d ms to the node, %d ms more to an answer%n",
          (up - before) / 1_000_000, (System.nanoTime() - up) / 1_000_000);
    } finally {
      node.close();
    }
  }
}
