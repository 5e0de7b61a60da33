package io.plexspaces.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What quickstart refuses before it builds or starts anything. */
class QuickstartUsageTest {
  @TempDir private Path dir;

  private static CommandRun docs(Path folder) {
    CommandRun run = CommandRun.of("quickstart", "--docs", folder.toString());
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).startsWith("plexspaces: ");
    return run;
  }

  @Test
  void aFolderThatIsNoneIsAMatterOfUsage() throws IOException {
    CommandRun gone = docs(dir.resolve("gone"));
    assertThat(gone.status()).isEqualTo(2);
    assertThat(gone.err()).contains("there is no folder " + dir.resolve("gone"));
    CommandRun file = docs(Files.writeString(dir.resolve("a.txt"), "text"));
    assertThat(file.status()).isEqualTo(2);
    assertThat(file.err()).contains("is a file: name the folder that it is in");
  }

  @Test
  void aFolderWithoutTextSaysWhatIsInIt() throws IOException {
    CommandRun empty = docs(dir);
    assertThat(empty.status()).isEqualTo(1);
    assertThat(empty.err()).contains(dir + " is empty: name one with text files");
    Files.write(dir.resolve("logo.png"), new byte[] {0, 1, 2});
    CommandRun binary = docs(dir);
    assertThat(binary.status()).isEqualTo(1);
    assertThat(binary.err())
        .contains(dir + " has no text that can be read: name one with text files")
        .contains("\n  left out 1 (binary): logo.png\n");
    Files.writeString(dir.resolve("dots.txt"), "...");
    assertThat(docs(dir).err()).contains("no word was found");
  }

  @Test
  void anotherNodeIsNotTaken() {
    CommandRun run = CommandRun.of("quickstart", "--node", "http://127.0.0.1:8001");
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).contains("--node: quickstart starts a node of its own");
  }
}
