package io.plexspaces.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.plexspaces.api.Value;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code quickstart} from the distribution, on folders as people have them. */
@Timeout(180)
class QuickstartTest {
  @TempDir Path dir;

  private static Cli.Result quickstart(Path folder) throws Exception {
    return quickstart("quickstart", "--docs", folder.toString());
  }

  private static Cli.Result quickstart(String... args) throws Exception {
    assumeTrue(
        Guests.class.getResource("/quickjs/quickjs.wasm") != null,
        "skipped: the QuickJS engine is not in this build; install npm (apt install npm) and"
            + " build again");
    Path lib = Guests.ROOT.resolve("plexspaces-cli/target/dist/lib").normalize();
    assertThat(lib).as("the distribution, which the build makes").isDirectory();
    List<String> command = new ArrayList<>(NodeProcess.java(args));
    command.set(command.indexOf("-cp") + 1, jars(lib));
    return Cli.run(command, Map.of());
  }

  private static String jars(Path lib) throws Exception {
    try (var files = Files.list(lib)) {
      return String.join(":", files.map(Path::toString).sorted().toList());
    }
  }

  @Test
  void answersFromTheFilesOfAnyFolder() throws Exception {
    Files.writeString(
        dir.resolve("bees.md"),
        "# How bees dance\n\nA bee that found flowers tells the others by a waggle dance.\n");
    Files.writeString(
        dir.resolve("tea.txt"), "Brewing green tea\n\nGreen tea wants water of eighty degrees.\n");
    Files.write(dir.resolve("picture.png"), new byte[] {(byte) 0x89, 'P', 'N', 'G', 0, 0, 1});
    Cli.Result r = quickstart(dir).ok();
    assertThat(r.out())
        .contains("retriever-1")
        .contains("retriever-3")
        .contains("librarian")
        .containsPattern("(bees\\.md|tea\\.txt):\\d+")
        .contains("Try next");
  }

  @Test
  void theProjectsOwnDocsAnswerAndASecondRunBuildsNothing() throws Exception {
    var _ = quickstart("--output", "json", "quickstart").ok();
    Value.Obj again = (Value.Obj) quickstart("--output", "json", "quickstart").ok().json();
    assertThat(again.bool("built", true)).as(again.toString()).isFalse();
    assertThat(again.toString()).contains(".md");
  }

  @Test
  void foldersWithoutTextAndFoldersThatAreNoneAreExplained() throws Exception {
    Path empty = Files.createDirectory(dir.resolve("empty"));
    Cli.Result none = quickstart(empty);
    assertThat(none.status()).isEqualTo(1);
    assertThat(none.err()).contains(empty.toString());
    Cli.Result missing = quickstart(dir.resolve("nowhere"));
    assertThat(missing.status()).isPositive();
    assertThat(missing.err()).contains("nowhere");
    Path binary = Files.createDirectory(dir.resolve("binary"));
    Files.write(binary.resolve("x.bin"), new byte[] {0, 1, 2, 3});
    Cli.Result bin = quickstart(binary);
    assertThat(bin.status()).isEqualTo(1);
    assertThat(bin.err()).containsIgnoringCase("binary");
  }
}
