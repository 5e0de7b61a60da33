package io.plexspaces.system.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Whatever of the unsynced a crash takes, nothing that was acknowledged is lost or done twice. */
class CrashImagesTest {
  private static final long SEED = Long.getLong("plexspaces.seed", 1);
  private static final int IMAGES = Integer.getInteger("plexspaces.images", 2000);
  private static final int LONG_IMAGES = 20_000;
  private static final int LONG_RECORDINGS = 20;
  private static final int WORKERS = 3;

  /** Images that did not recover. */
  private static final Path KEPT = Path.of("target/crash").toAbsolutePath();

  private Path dir = Path.of("");

  @BeforeEach
  void begin() throws IOException {
    dir = Trees.temporary();
  }

  @AfterEach
  void end() {
    Trees.delete(dir);
  }

  @Test
  void everyImageRecovers() throws Exception {
    recover(SEED, 4, IMAGES);
  }

  @Test
  @Tag("long")
  void everyOneOfTwentyThousandImagesRecovers() throws Exception {
    recover(SEED + 1000, LONG_RECORDINGS, LONG_IMAGES);
  }

  private void recover(long first, int recordings, int images) throws Exception {
    DiskShim shim = DiskShim.build(dir);
    for (int i = 0; i < recordings; i++) {
      long seed = first + i;
      long begun = System.nanoTime();
      Path here = Files.createDirectory(dir.resolve("recording-" + i));
      Recording r =
          Recording.make(shim, here, new Recording.Script(seed, 40, Planted.NOTHING, null));
      long made = System.nanoTime();
      Crashes.Result result =
          Crashes.run(
              r,
              Crashes.points(r, images / recordings, seed),
              new Crashes.Settings(dir, WORKERS, Planted.NOTHING, false, Optional.of(KEPT)));
      System.out.printf(
          "seed %d: %d events in %d ms, %d MB; %d images recovered in %d ms, %d violations%n",
          seed,
          r.events(),
          (made - begun) / 1_000_000,
          Files.size(r.log()) >> 20,
          result.images(),
          (System.nanoTime() - made) / 1_000_000,
          result.violations().size());
      report(result.violations());
      assertThat(result.violations().size()).as("violations with seed %d", seed).isZero();
      Trees.delete(here);
    }
  }

  /** {@code -Dplexspaces.image=system-tests/target/crash/...}: one image again. */
  @Test
  @EnabledIfSystemProperty(named = "plexspaces.image", matches = ".+")
  void oneImageAgain() throws Exception {
    Path kept =
        Path.of(
            System.getProperty("plexspaces.root", ".."), System.getProperty("plexspaces.image"));
    Path copy = dir.resolve("copy");
    Trees.copy(kept.resolve("data"), copy);
    long seed = Long.parseLong(kept.getFileName().toString().replaceFirst(".*[A-Z]-", ""));
    List<String> found =
        Crashes.recover(copy, Files.readAllLines(kept.resolve("clients")), Planted.NOTHING, seed);
    if (!found.isEmpty()) {
      Trees.copy(copy, kept.resolve("recovered"));
    }
    assertThat(found).isEmpty();
  }

  private static void report(List<Crashes.Violation> violations) {
    violations.stream()
        .limit(20)
        .forEach(v -> System.out.println(v.point() + " " + v.what().stream().limit(6).toList()));
  }
}
