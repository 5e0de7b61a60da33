package io.plexspaces.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole node in this process, looked at with the command line. */
class NodeTest {
  @TempDir private Path dir;

  private CommandRun run(String url, String... args) {
    return CommandRun.of(Map.of("PLEXSPACES_NODE", url), "", args);
  }

  @Test
  void startsAnswersAndStopsWithoutATrace() {
    Path data = dir.resolve("data");
    String url;
    try (Node node = Node.start(NodeConfig.local(data, 0))) {
      url = node.url();
      assertThat(node.port()).isPositive();
      assertThat(run(url, "health").status()).isZero();
      assertThat(run(url, "apps").out()).startsWith("No apps.");
      CommandRun status = run(url, "node", "status", "--data-dir", data.toString());
      assertThat(status.out()).contains(url).contains("ready");
      assertThat(run(url, "metrics").out()).contains("jvm_");
      CommandRun nobody = run(url, "app", "show", "nobody");
      assertThat(nobody.status()).isEqualTo(1);
      assertThat(nobody.err()).contains("there is no app \"nobody\" (NOT_FOUND)");
    }
    assertThat(data.resolve("node.json")).doesNotExist();
    assertThat(run(url, "apps").err()).contains("no node answers");
    // The directory is free again.
    Node.start(NodeConfig.local(data, 0)).close();
  }

  @Test
  void twoNodesDoNotShareADirectory() {
    try (Node first = Node.start(NodeConfig.local(dir, 0))) {
      assertThatThrownBy(() -> Node.start(NodeConfig.local(dir, 0)))
          .hasMessageContaining("is in use by another node");
      assertThat(run(first.url(), "health").status()).isZero();
    }
  }

  @Test
  void aNodeThatCannotListenLeavesNothingBehind() {
    try (Node first = Node.start(NodeConfig.local(dir.resolve("a"), 0))) {
      NodeConfig same = NodeConfig.local(dir.resolve("b"), first.port());
      assertThatThrownBy(() -> Node.start(same)).hasMessageContaining("" + first.port());
    }
    Node.start(NodeConfig.local(dir.resolve("b"), 0)).close();
  }

  @Test
  void aNodeFileOfAProcessThatIsGoneIsNoNode() throws Exception {
    // Our own number with another start: the system has used it again.
    Files.writeString(
        dir.resolve("node.json"),
        "{\"pid\":"
            + ProcessHandle.current().pid()
            + ",\"process_start_ms\":1,\"url\":\"http://127.0.0.1:1\"}");
    CommandRun run = CommandRun.of("node", "stop", "--data-dir", dir.toString());
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).contains("no node runs from " + dir);
  }
}
