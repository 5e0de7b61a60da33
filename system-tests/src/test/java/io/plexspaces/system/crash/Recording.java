package io.plexspaces.system.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * All that a bank did to its disk in six lives: five times it is killed while it works, and it
 * begins the next life by recovering; the last one ends gracefully. So there are crashes of
 * recoveries too, and power failures after a kill: then what was recovered may never have been
 * synced.
 *
 * @param log of {@link DiskShim}
 * @param root where the files were
 * @param starts at which events processes began
 */
record Recording(Path log, Path root, long events, List<Long> starts) {
  Recording {
    starts = List.copyOf(starts);
  }

  private static final int SYNC_MICROS = 400;
  private static final int LIVES = 6;

  /** What is recorded, and what of it is left out or made wrong. */
  record Script(long seed, int requests, Planted planted, @Nullable String forget) {}

  /**
   * @param dir empty; on a fast disk: nothing here depends on real syncs
   */
  static Recording make(DiskShim shim, Path dir, Script script)
      throws IOException, InterruptedException {
    Path root = Files.createDirectory(dir.resolve("data")).toRealPath();
    Path log = dir.resolve("disk.log");
    Path clients = dir.resolve("clients").toAbsolutePath();
    Path output = dir.resolve("output");
    Random random = new Random(script.seed());
    for (int life = 0; life < LIVES; life++) {
      long kill = life == LIVES - 1 ? 0 : script.requests() * (30L + random.nextInt(150));
      Process p =
          BankProcess.command(
                  root,
                  clients,
                  random.nextLong(),
                  script.requests(),
                  script.planted(),
                  shim.recording(root, log, clients, SYNC_MICROS, kill, script.forget()))
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
              .start();
      boolean ended = p.waitFor(120, TimeUnit.SECONDS);
      p.destroyForcibly();
      // 137: killed; a life may end before.
      assertThat(ended && (p.exitValue() == 0 || (kill > 0 && p.exitValue() == 137)))
          .as("the bank in life %d: %s", life, Files.readString(output))
          .isTrue();
    }
    return read(log, root);
  }

  /** Reads all of it once, and compares what comes out with what is there. */
  private static Recording read(Path log, Path root) throws IOException {
    Disk disk = new Disk(root);
    long events = 0;
    List<Long> starts = new ArrayList<>();
    try (DiskLog in = DiskLog.open(log)) {
      for (DiskEvent e = in.next(); e != null; e = in.next()) {
        disk.apply(e);
        events++;
        if (e instanceof DiskEvent.Started) {
          starts.add(events);
        }
      }
    }
    Image now = disk.now();
    List<String> files;
    try (Stream<Path> all = Files.walk(root)) {
      files =
          all.filter(Files::isRegularFile)
              .map(f -> root.relativize(f).toString())
              .filter(f -> !Disk.isSharedMemory(f))
              .sorted()
              .toList();
    }
    assertThat(now.files().keySet()).as("recorded files").isEqualTo(new TreeSet<>(files));
    for (Map.Entry<String, Content> f : now.files().entrySet()) {
      boolean same =
          Arrays.equals(f.getValue().bytes(), Files.readAllBytes(root.resolve(f.getKey())));
      assertThat(same).as("what was recorded of %s is what is there", f.getKey()).isTrue();
    }
    return new Recording(log, root, events, starts);
  }
}
