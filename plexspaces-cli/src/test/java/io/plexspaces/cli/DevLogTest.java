package io.plexspaces.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DevLogTest {
  private static final String LOGS = "GET /api/v1/apps/a/logs";
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private FakeNode node;

  @BeforeEach
  void start() throws IOException {
    node = new FakeNode();
  }

  @AfterEach
  void stop() {
    node.close();
  }

  private DevLog log(long after, Instant since) {
    PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
    Terminal terminal = new Terminal(InputStream.nullInputStream(), print, print, Map.of(), true);
    return new DevLog(terminal, new NodeClient(node.url(), null, line -> {}), "a", after, since);
  }

  private static String line(int number, String message) {
    return "{\"number\":"
        + number
        + ",\"at\":\"2026-01-01T00:00:0"
        + number
        + "Z\",\"level\":\"info\",\"actor\":\"a/t/k\",\"message\":\""
        + message
        + "\"}";
  }

  private void answers(int last, String... lines) {
    node.on(LOGS, 200, "{\"lines\":[" + String.join(",", lines) + "],\"last\":" + last + "}");
  }

  private String asked() {
    return node.lastRequest().target().replaceAll("&.*", "");
  }

  private String printed() {
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void whatIsOlderThanTheDeploymentIsNotShown() {
    answers(3, line(1, "of another time"), line(2, "from init"), line(3, "later"));
    log(0, Instant.parse("2026-01-01T00:00:02Z")).poll();
    assertThat(printed()).isEqualTo("00:00:02 info t/k: from init\n00:00:03 info t/k: later\n");
  }

  @Test
  void aNodeThatCountsFromOneAgainIsFollowedFromOne() {
    DevLog log = log(0, Instant.EPOCH);
    answers(7, line(7, "before"));
    log.poll();
    // Nothing above 7, and the last one is 0: the node was started again.
    answers(0);
    log.poll();
    assertThat(asked()).endsWith("?after=7");
    answers(1, line(1, "after"));
    log.poll();
    assertThat(asked()).endsWith("?after=0");
    log.poll();
    assertThat(asked()).endsWith("?after=1");
    assertThat(printed()).contains("before\n").contains("after\n");
  }

  @Test
  void aNodeMayAnswerFromTheBeginningAtOnce() {
    DevLog log = log(9, Instant.EPOCH);
    answers(2, line(1, "one"), line(2, "two"));
    log.poll();
    assertThat(printed()).contains("one\n").contains("two\n");
    log.poll();
    assertThat(asked()).endsWith("?after=2");
  }

  @Test
  void whatActorsLogIsOneLineThatSteersNoTerminal() {
    answers(1, line(1, "\\u001b[2Jx\\n00:00:00 error forged"));
    log(0, Instant.EPOCH).poll();
    assertThat(printed()).isEqualTo("00:00:01 info t/k: \\u001b[2Jx\\n00:00:00 error forged\n");
  }
}
