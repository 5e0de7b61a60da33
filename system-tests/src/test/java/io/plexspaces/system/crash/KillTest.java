package io.plexspaces.system.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same bank, killed with {@code kill -9} at any moment, again and again. */
class KillTest {
  private static final long SEED = Long.getLong("plexspaces.seed", 1);
  private static final int KILLS = Integer.getInteger("plexspaces.kills", 30);
  private static final int FOR_EVER = 1_000_000;

  @TempDir Path dir;

  @Test
  void nothingIsLostAndNothingDoneTwice() throws Exception {
    kill(KILLS);
  }

  @Test
  @Tag("long")
  void norInThreeHundredKills() throws Exception {
    kill(300);
  }

  private void kill(int kills) throws Exception {
    Path data = dir.resolve("data");
    Path clients = dir.resolve("clients");
    Random random = new Random(SEED);
    Files.createFile(clients);
    int unanswered = 0;
    ClientLog log = new ClientLog(_ -> {});
    for (int kill = 1; kill <= kills; kill++) {
      kill(data, clients, random);
      log = new ClientLog(line -> append(clients, line));
      Files.readAllLines(clients).forEach(log::read);
      unanswered += log.unanswered().size();
      log.life(System.currentTimeMillis());
      try (BankNode node = BankNode.start(data, InstantSource.system(), Planted.NOTHING::between)) {
        Clients all = new Clients(node, log);
        all.resume(random);
        assertThat(all.settle(Duration.ofSeconds(20)))
            .as("seed %d, kill %d: all money has arrived", SEED, kill)
            .isTrue();
      }
      assertThat(Checker.check(data, log)).as("seed %d, kill %d", SEED, kill).isEmpty();
    }
    System.out.printf(
        "kill -9 %d times: %d requests, %d of them without an answer at a kill, %d reads%n",
        kills, log.meant().size(), unanswered, log.seen().size());
    assertThat(log.meant().size()).isGreaterThan(kills * 10);
    assertThat(unanswered).isPositive();
  }

  /** Most kills come while clients work, some while the node starts. */
  private void kill(Path data, Path clients, Random random)
      throws IOException, InterruptedException {
    Path output = dir.resolve("output");
    long before = Files.size(clients);
    boolean early = random.nextInt(5) == 0;
    long after = early ? 1 : 200 + random.nextInt(60_000);
    Process p =
        BankProcess.command(data, clients, random.nextLong(), FOR_EVER, Planted.NOTHING, Map.of())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
            .start();
    while (Files.size(clients) < before + after) {
      if (p.waitFor(1, TimeUnit.MILLISECONDS)) {
        throw new IllegalStateException("the bank has ended: " + Files.readString(output));
      }
    }
    if (early) {
      TimeUnit.MILLISECONDS.sleep(random.nextInt(400)); // any moment of its start
    }
    p.destroyForcibly();
    p.waitFor();
  }

  private static void append(Path clients, String line) {
    try {
      Files.write(clients, List.of(line.stripTrailing()), StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
