package io.plexspaces.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** More actors than fit into the node's memory budget: the idle ones make room. */
@Timeout(120)
class MemoryBudgetTest {
  private static final int ACTORS = 4000;
  private static final int CLIENTS = 8;

  @TempDir Path dir;

  @Test
  void idleActorsLeaveMemoryWhenItIsNearlyUsedUp() throws Exception {
    byte[] wasm = Guests.fastestCounter();
    String config =
        """
        [actor_types.counter]
        facets = [
          { type = "virtual_actor", config = { idle_timeout = "1h" } },
          { type = "durability", config = { checkpoint_interval = 1 } } ]
        """;
    try (NodeProcess node =
        NodeProcess.start(dir.resolve("data"), Map.of("PLEXSPACES_NODE_MEMORY_BUDGET", "16MiB"))) {
      Http http = node.http();
      assertThat(http.deploy("many", wasm, config).status()).isEqualTo(201);
      AtomicInteger refused = new AtomicInteger();
      try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<?>> all = new ArrayList<>();
        for (int c = 0; c < CLIENTS; c++) {
          int first = c;
          all.add(
              clients.submit(() -> {
                for (int i = first; i < ACTORS; i += CLIENTS) {
                  Http.Answer a = http.ask("many/counter/k" + i, "increment", "{}");
                  while (a.status() == 429) { // at the budget: room is being made
                    refused.incrementAndGet();
                    a = http.ask("many/counter/k" + i, "increment", "{}");
                  }
                  assertThat(a.status()).as(a.body()).isEqualTo(200);
                }
                return null;
              }));
        }
        for (Future<?> f : all) {
          var _ = f.get();
        }
      }
      long inMemory = http.get("/api/v1/apps/many").object().integer("actors", -1);
      System.out.printf(
          "%d actors used, %d in memory, %d asks refused meanwhile%n",
          ACTORS, inMemory, refused.get());
      assertThat(inMemory).isBetween(1L, ACTORS - 100L);
      // And those that left come back as they were.
      assertThat(Guests.count(http.ask("many/counter/k0", "get", "").body())).isEqualTo(1);
      assertThat(http.get("/api/v1/apps/many").object().integer("restarts", -1)).isZero();
    }
  }
}
