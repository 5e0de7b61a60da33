package io.plexspaces.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Records a process's own sync calls: a small library, preloaded. Built with the system's cc. */
final class SyncShim {
  private SyncShim() {}

  static Path build(Path dir) throws IOException, InterruptedException {
    assumeTrue(
        onPath("cc") && System.getProperty("os.name", "").equals("Linux"),
        "skipped: needs Linux and a C compiler (apt install gcc)");
    Path source = Guests.ROOT.resolve("store/src/test/resources/sync_log.c");
    Path library = dir.resolve("sync_log.so");
    Process cc =
        new ProcessBuilder(
                "cc", "-shared", "-fPIC", "-o", library.toString(), source.toString(), "-ldl")
            .inheritIO()
            .start();
    assertThat(cc.waitFor()).as("cc").isZero();
    return library;
  }

  private static boolean onPath(String command) {
    for (String d : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
      if (Files.isExecutable(Path.of(d, command))) {
        return true;
      }
    }
    return false;
  }

  /** Syncs of journals so far; the log has a path a line. */
  static long journalSyncs(Path log) throws IOException {
    try (var lines = Files.lines(log)) {
      return lines.filter(l -> l.contains("/journals/")).count();
    }
  }
}
