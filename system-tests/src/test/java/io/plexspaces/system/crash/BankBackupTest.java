package io.plexspaces.system.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.upkeep.Backups;
import io.plexspaces.store.BackupReader;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The bank is backed up while transfers run. In what is restored there is all the money; what was
 * answered before the backup began is done, once, as it was told; what was begun after the backup
 * was complete is not there.
 */
@Timeout(180)
class BankBackupTest {
  private static final long SEED = Long.getLong("plexspaces.seed", 1);
  private static final int CLIENTS = 8;

  @TempDir Path dir;

  @Test
  void theCutIsConsistentOverAllAccounts() throws Exception {
    List<String> lines = Collections.synchronizedList(new ArrayList<>());
    List<List<String>> begun = new ArrayList<>();
    List<List<String>> complete = new ArrayList<>();
    Path backups = dir.resolve("backups");
    try (BankNode node =
            BankNode.start(dir.resolve("data"), InstantSource.system(), Planted.NOTHING::between);
        ExecutorService threads = Executors.newSingleThreadExecutor()) {
      ClientLog log = new ClientLog(lines::add);
      log.life(System.currentTimeMillis());
      Future<?> working =
          threads.submit(() -> {
            new Clients(node, log).work(CLIENTS, 1200, new Random(SEED));
            return null;
          });
      for (int b = 0; b < 3; b++) {
        int enough = lines.size() + 200;
        while (lines.size() < enough) {
          Thread.onSpinWait();
        }
        begun.add(snapshot(lines));
        Backups.Backup made = node.backup(backups, "b" + b);
        complete.add(snapshot(lines));
        assertThat(made.damaged()).isEmpty();
      }
      assertThat(working.isDone()).as("the last backup was written under load").isFalse();
      var _ = working.get();
    }
    for (int b = 0; b < 3; b++) {
      check(b, backups.resolve("b" + b), begun.get(b), complete.get(b));
    }
  }

  private void check(int b, Path backup, List<String> begun, List<String> complete)
      throws Exception {
    Path restored = dir.resolve("restored" + b);
    Backups.Backup _ = BackupReader.restore(backup, restored, _ -> {});
    ClientLog known = new ClientLog(_ -> {});
    begun.forEach(known::read);
    complete.stream()
        .skip(begun.size())
        .filter(line -> line.startsWith("meant") || line.startsWith("sends"))
        .forEach(known::read);
    int unanswered = known.unanswered().size();
    known.life(System.currentTimeMillis());
    try (BankNode node =
        BankNode.start(restored, InstantSource.system(), Planted.NOTHING::between)) {
      Clients all = new Clients(node, known);
      all.resume(new Random(SEED));
      assertThat(all.settle(Duration.ofSeconds(20))).as("backup %d: all money", b).isTrue();
      // Some money had arrived before its sender was told: it is sent again, and known.
      long until = System.nanoTime() + Duration.ofSeconds(20).toNanos();
      while (node.undelivered() > 0 && System.nanoTime() < until) {
        Thread.onSpinWait();
      }
    }
    assertThat(Checker.check(restored, known)).as("seed %d, backup %d", SEED, b).isEmpty();
    System.out.printf(
        "backup %d under load: %d answered before it, %d begun and not answered, restored%n",
        b, known.meant().size() - unanswered, unanswered);
  }

  private static List<String> snapshot(List<String> lines) {
    synchronized (lines) {
      return lines.stream().map(String::stripTrailing).toList();
    }
  }
}
