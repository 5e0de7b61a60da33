package io.plexspaces.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Value;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Streams and declared types of a real guest, seen by clients of a real node. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(240)
class StreamsOnANodeTest {
  private static final Path TOOLS = Guests.ROOT.resolve("sdk-typescript/node_modules/.bin");

  @TempDir static Path dir;

  private NodeProcess node;

  @BeforeAll
  void deploy() throws Exception {
    var _ = Guests.counter(); // skips without the JavaScript engine
    assumeTrue(Files.exists(TOOLS.resolve("tsc")), "skipped: run npm ci in sdk-typescript");
    Path wasm = dir.resolve("streams.wasm");
    Cli.run(
            NodeProcess.java(
                List.of("-Dplexspaces.tools=" + TOOLS),
                "build",
                "src/test/guests/streams.ts",
                "-o",
                wasm.toString()),
            Map.of())
        .ok();
    node = NodeProcess.start(dir.resolve("data"), Map.of(), List.of("-Xmx1g"));
    deploy("streams", Files.readAllBytes(wasm), "[actor_types.ticker]\n");
  }

  private void deploy(String app, byte[] wasm, String config) throws Exception {
    Http.Answer a = node.http().deploy(app, wasm, config);
    assertThat(a.status()).as(a.body()).isEqualTo(201);
  }

  @AfterAll
  void stop() {
    if (node != null) {
      node.close();
    }
  }

  /**
   * Asks until the answer is {@code wanted}: what a client has left is closed soon, not at once.
   */
  private void awaitAnswer(String address, String op, String wanted) throws Exception {
    String answer = "";
    for (int i = 0; i < 6000 && !answer.equals(wanted); i++) {
      answer = node.http().ask(address, op, "").body();
    }
    assertThat(answer).isEqualTo(wanted);
  }

  @Test
  void ctrlCEndsTheCommandAndClosesTheStreamAtTheNode() throws Exception {
    List<String> command =
        NodeProcess.java("actor", "stream", "streams/ticker/watched", "ticks", "{\"from\":7}");
    ProcessBuilder b = new ProcessBuilder(withSigint(command));
    b.environment().put("PLEXSPACES_NODE", node.http().base());
    Process p = b.redirectErrorStream(true).start();
    try (BufferedReader out =
        new BufferedReader(new InputStreamReader(p.getInputStream(), StandardCharsets.UTF_8))) {
      assertThat(out.readLine()).isEqualTo("7");
      assertThat(out.readLine()).isEqualTo("8");
      assertThat(node.http().ask("streams/ticker/watched", "closed", "").body()).isEqualTo("0");
      assertThat(new ProcessBuilder("kill", "-INT", "" + p.pid()).start().waitFor()).isZero();
      // It reads on until the command is gone, which a full pipe would hold up.
      String line = out.readLine();
      while (line != null) {
        assertThat(line).matches("\\d*");
        line = out.readLine();
      }
      assertThat(p.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(p.exitValue()).isEqualTo(128 + 2);
    } finally {
      p.destroyForcibly();
    }
    awaitAnswer("streams/ticker/watched", "closed", "1");
  }

  /**
   * A shell without job control starts what is in its background deaf to SIGINT; this ends that.
   */
  private static List<String> withSigint(List<String> command) throws Exception {
    List<String> with = new ArrayList<>(List.of("env", "--default-signal=INT"));
    Process there =
        new ProcessBuilder("env", "--default-signal=INT", "true").redirectErrorStream(true).start();
    there.getInputStream().readAllBytes();
    if (there.waitFor() != 0) {
      return command;
    }
    with.addAll(command);
    return with;
  }

  @Test
  void anAppHasOnlySoManyOpenStreamsAndRoomAgainWhenTheyAreClosed() throws Exception {
    int limit = 10_000;
    int hubs = 10;
    deploy("limits", rust(), "[actor_types.ticker]\n[actor_types.hub]\n");
    List<Http.Events> open = new ArrayList<>();
    int streams = 0;
    try {
      for (int i = 0; i < hubs; i++) {
        int each = limit / hubs - 1;
        Http.Events e = node.http().open(gather(i, each));
        assertThat(e.next().data()).isEqualTo("" + each);
        open.add(e);
        streams += each + 1;
      }
      assertThat(streams).isEqualTo(limit);
      assertThatThrownBy(() -> node.http().open(ticks("late")).close())
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("429: ")
          .hasMessageContaining("app \\\"limits\\\" has 10000 open streams already");
      // Nothing else is held up.
      assertThat(node.http().ask("limits/ticker/late", "closed", "").body()).isEqualTo("0");
    } finally {
      for (Http.Events e : open) {
        e.close();
      }
    }
    for (int i = 0; i < hubs; i++) {
      awaitAnswer("limits/ticker/t" + i, "closed", "999");
    }
    try (Http.Events e = node.http().open(ticks("late"))) {
      assertThat(e.next().data()).isEqualTo("0");
    }
  }

  private static byte[] rust() {
    try {
      return Guests.build(Path.of("src/test/guests/streams-rust"));
    } catch (HostException e) {
      assumeTrue(e.code() != ErrorCode.FAILED_PRECONDITION, "skipped: " + e.getMessage());
      throw e;
    }
  }

  private static String gather(int i, int each) {
    return "/api/v1/actors/limits/hub/h" + i + "/stream/gather?of=t" + i + "&each=" + each;
  }

  private static String ticks(String key) {
    return "/api/v1/actors/limits/ticker/" + key + "/stream/ticks";
  }

  @Test
  void payloadsThatAreNotOfTheDeclaredTypeAreRefusedNamingTheField() throws Exception {
    Http http = node.http();
    String ticker = "/api/v1/actors/streams/ticker/typed";
    assertThat(http.ask("streams/ticker/typed", "sum", "{\"numbers\":[1,2.0]}").body())
        .isEqualTo("3");
    refused(http.ask("streams/ticker/typed", "sum", "{\"numbers\":[1,\"2\"]}"), "numbers[1]");
    refused(http.ask("streams/ticker/typed", "sum", "{\"tag\":{}}"), "numbers", "tag.name");

    Http.Answer sent = http.post(ticker + "/send/note", "{\"text\":7}", null);
    refused(sent, "text");
    assertThat(sent.body()).contains("string").contains("integer");
    refused(http.post(ticker + "/send/note", "{}", null), "text");
    assertThat(http.post(ticker + "/send/note", "{\"text\":\"kept\"}", null).status())
        .isEqualTo(202);
    awaitAnswer("streams/ticker/typed", "notes", "[\"kept\"]");

    refused(http.post(ticker + "/stream/ticks", "{\"from\":\"seven\"}", null), "from");
    refused(http.post(ticker + "/stream/ticks", "{\"from\":1.5}", null), "from");
    refused(http.post(ticker + "/stream/ticks", "[1]", null), "");
    assertThat(http.ask("streams/ticker/typed", "closed", "").body()).isEqualTo("0");
  }

  private static void refused(Http.Answer a, String... fields) {
    assertThat(a.status()).as(a.body()).isEqualTo(400);
    assertThat(a.object().string("code", "")).isEqualTo("INVALID_ARGUMENT");
    assertThat(a.object().object("details").array("fields"))
        .extracting(f -> ((Value.Obj) f).string("path", "?"))
        .containsExactly(fields);
    assertThat(a.object().string("detail", "")).contains(fields);
  }
}
