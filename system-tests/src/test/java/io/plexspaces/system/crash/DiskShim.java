package io.plexspaces.system.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The library that records what a process does to its files; built with the system's cc. */
public final class DiskShim {
  private static final Path SOURCE =
      Path.of(System.getProperty("plexspaces.root", ".."))
          .resolve("store/src/test/resources/disk_log.c");

  private static final Pattern SEGMENT = Pattern.compile("/log/\\d+\\.log$");

  private final Path library;

  private DiskShim(Path library) {
    this.library = library;
  }

  /**
   * Builds it in {@code dir}; without Linux or a C compiler the test that calls this is skipped.
   */
  public static DiskShim build(Path dir) throws IOException, InterruptedException {
    assumeTrue(
        onPath("cc") && System.getProperty("os.name", "").equals("Linux"),
        "skipped: needs Linux and a C compiler (apt install gcc libc6-dev)");
    Path library = dir.resolve("disk_log.so");
    Process cc =
        new ProcessBuilder(
                "cc",
                "-O2",
                "-shared",
                "-fPIC",
                "-o",
                library.toString(),
                SOURCE.toString(),
                "-ldl",
                "-lpthread")
            .inheritIO()
            .start();
    assertThat(cc.waitFor()).as("cc").isZero();
    return new DiskShim(library);
  }

  private static boolean onPath(String command) {
    for (String d : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
      if (Files.isExecutable(Path.of(d, command))) {
        return true;
      }
    }
    return false;
  }

  /** What a process is started with to have its syncs listed in {@code syncs}. */
  public Map<String, String> listing(Path syncs) {
    return Map.of("LD_PRELOAD", library.toString(), "SYNC_LOG", syncs.toString());
  }

  /**
   * What a process is started with to be recorded.
   *
   * @param root absolute, without links
   * @param log is added to
   * @param marks outside of the root
   * @param kill at which event the process is killed; 0 for never
   * @param forget syncs of paths that contain it are left out; null for none
   */
  Map<String, String> recording(
      Path root, Path log, Path marks, int syncMicros, long kill, @Nullable String forget) {
    Map<String, String> environment = new HashMap<>();
    environment.put("LD_PRELOAD", library.toString());
    environment.put("DISK_ROOT", root.toString());
    environment.put("DISK_LOG", log.toString());
    environment.put("DISK_MARKS", marks.toString());
    environment.put("DISK_SYNC_MICROS", Integer.toString(syncMicros));
    environment.put("DISK_KILL", Long.toString(kill));
    if (forget != null) {
      environment.put("DISK_FORGET", forget);
    }
    return environment;
  }

  /** Syncs of the commit log so far; the list has a path a line. */
  public static long logSyncs(Path syncs) throws IOException {
    try (var lines = Files.lines(syncs)) {
      return lines.filter(l -> SEGMENT.matcher(l).find()).count();
    }
  }
}
