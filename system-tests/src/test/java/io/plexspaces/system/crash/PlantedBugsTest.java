package io.plexspaces.system.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The test of the test: what is broken on purpose is found. */
class PlantedBugsTest {
  private static final long SEED = Long.getLong("plexspaces.seed", 1);

  /** So many images at most until a bug is found. */
  private static final int ENOUGH = 300;

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
  void aSyncThatIsLeftOut() throws Exception {
    assertThat(find(Planted.NOTHING, "/log/", Planted.NOTHING))
        .anyMatch(v ->
            v.contains("was done 0 times")
                || v.contains("was taken in 0 times")
                || v.contains("before it")
                || v.contains("recovery failed")
                || v.contains("which it never was"));
  }

  @Test
  void outputsBeforeTheirCommit() throws Exception {
    assertThat(find(Planted.OUTPUT_BEFORE_COMMIT, null, Planted.NOTHING))
        .anyMatch(v ->
            v.contains("was done 0 times")
                || v.contains("before it")
                || v.contains("which it never was")
                || v.contains(Clients.Different.class.getName()));
  }

  @Test
  void receiversThatForgetWhatTheyHaveHad() throws Exception {
    assertThat(find(Planted.NOTHING, null, Planted.NO_WATERMARKS))
        .anyMatch(v -> v.contains("arrived 2 times"));
  }

  /** What is wrong, in words. */
  private List<String> find(Planted recorded, @Nullable String forget, Planted recovering)
      throws IOException, InterruptedException {
    DiskShim shim = DiskShim.build(dir);
    Recording r;
    try {
      r = Recording.make(shim, dir, new Recording.Script(SEED, 25, recorded, forget));
    } catch (AssertionError e) {
      if (recorded == Planted.NOTHING) {
        throw e;
      }
      // Its clients noticed it themselves, when they asked again after one of the kills.
      return List.of(String.valueOf(e.getMessage()));
    }
    Crashes.Result result =
        Crashes.run(
            r,
            Crashes.points(r, ENOUGH, SEED),
            new Crashes.Settings(dir, 2, recovering, true, Optional.empty()));
    System.out.printf(
        "%s found by image %d%n",
        recorded == Planted.NOTHING && forget == null
            ? recovering
            : forget == null ? recorded : "no sync of " + forget,
        result.images());
    assertThat(result.violations()).as("violations in %d images", result.images()).isNotEmpty();
    return result.violations().getFirst().what();
  }
}
