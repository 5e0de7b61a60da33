package io.plexspaces.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What commands send, and what they make of the answer. */
class RequestTest {
  private static final String COUNTER =
      """
      {"app":"counter","version":"1.2.0","state":"running","module_digest":"sha256:ab","actors":3,
       "mailbox_depth":0,"memory_bytes":18432,"restarts":0,"deployed_at":"2026-11-01T00:00:00Z"}\
      """;
  private static final String REPORTS =
      """
      {"app":"reports-of-the-year","version":"2","state":"failed","failure":"too many restarts",
       "actors":12,"mailbox_depth":7,"memory_bytes":900,"restarts":10}\
      """;

  private FakeNode node;

  @BeforeEach
  void start() throws IOException {
    node = new FakeNode();
  }

  @AfterEach
  void stop() {
    node.close();
  }

  private CommandRun run(String... args) {
    return CommandRun.of(Map.of("PLEXSPACES_NODE", node.url()), "", args);
  }

  @Test
  void appsAreATableWithAlignedColumns() {
    node.on("GET /api/v1/apps", 200, "{\"apps\":[" + COUNTER + "," + REPORTS + "]}");
    assertThat(run("apps").out())
        .isEqualTo(
            """
            APP                   VERSION   STATE     ACTORS   QUEUED     MEMORY   RESTARTS   DEPLOYED
            counter               1.2.0     running        3        0   18.0 KiB          0   2026-11-01T00:00:00Z
            reports-of-the-year   2         failed        12        7      900 B         10
            """);
  }

  @Test
  void coloursAreForTerminalsOnly() {
    node.on("GET /api/v1/apps", 200, "{\"apps\":[" + COUNTER + "]}");
    Map<String, String> env = Map.of("PLEXSPACES_NODE", node.url());
    assertThat(CommandRun.of(env, "", true, "apps").out()).contains("\u001b[32mrunning\u001b[0m");
    assertThat(CommandRun.of(env, "", false, "apps").out()).doesNotContain("\u001b");
    Map<String, String> plain = Map.of("PLEXSPACES_NODE", node.url(), "NO_COLOR", "1");
    assertThat(CommandRun.of(plain, "", true, "apps").out()).doesNotContain("\u001b");
  }

  @Test
  void theSameAsYaml() {
    node.on("GET /api/v1/apps", 200, "{\"apps\":[" + COUNTER + "],\"more\":false,\"none\":[]}");
    assertThat(run("apps", "--output", "yaml").out())
        .isEqualTo(
            """
            apps:
              - app: counter
                version: "1.2.0"
                state: running
                module_digest: "sha256:ab"
                actors: 3
                mailbox_depth: 0
                memory_bytes: 18432
                restarts: 0
                deployed_at: "2026-11-01T00:00:00Z"
            more: false
            none: []
            """);
  }

  @Test
  void anAskPercentEncodesTheKeyAndPrintsTheReply() {
    node.on(
        "POST /api/v1/actors/shop/cart/a%2Fb%20%C3%BC%3F/ask/add", 200, "{\"n\":1,\"l\":[1,2]}");
    CommandRun run =
        run(
            "actor",
            "ask",
            "shop/cart/a/b ü?",
            "add",
            "{\"by\":2}",
            "--timeout",
            "5s",
            "--idempotency-key",
            "k\"1",
            "--token",
            "secret");
    assertThat(run.err()).isEmpty();
    assertThat(run.out()).isEqualTo("{\n  \"n\": 1,\n  \"l\": [\n    1,\n    2\n  ]\n}\n");
    FakeNode.Asked asked = node.onlyRequest();
    assertThat(asked.target()).endsWith("/ask/add?timeout_ms=5000");
    assertThat(asked.body()).isEqualTo("{\"by\":2}");
    assertThat(asked.contentType()).isEqualTo("application/json");
    assertThat(asked.authorization()).isEqualTo("Bearer secret");
    assertThat(asked.idempotencyKey()).isEqualTo("\"k\\\"1\"");
  }

  @Test
  void aPayloadComesFromAFileOrStandardInput(@TempDir Path dir) throws Exception {
    node.on("POST /api/v1/actors/a/b/c/send/op", 202, "{\"message_id\":\"m-1\"}");
    Path file = Files.writeString(dir.resolve("p.json"), "[1]");
    assertThat(run("actor", "send", "a/b/c", "op", "@" + file).out())
        .isEqualTo("Queued as message m-1\n");
    CommandRun.of(
        Map.of("PLEXSPACES_NODE", node.url()), "[2]", "actor", "send", "a/b/c", "op", "-");
    assertThat(node.requests()).isEqualTo(2);
  }

  @Test
  void anOpaqueReplyIsPassedThrough() {
    node.on("POST /api/v1/actors/a/b/c/ask/op", 200, "text/plain", "as it is");
    assertThat(run("actor", "ask", "a/b/c", "op").out()).isEqualTo("as it is");
  }

  @Test
  void aDeploymentIsOneMultipartRequest(@TempDir Path dir) throws Exception {
    node.on("POST /api/v1/apps", 201, COUNTER);
    Path wasm = Files.write(dir.resolve("c.wasm"), new byte[] {0, 'a', 's', 'm', 1, 0, 0, 0});
    Path config = Files.writeString(dir.resolve("c.toml"), "name = \"c\"");
    CommandRun run =
        run(
            "deploy",
            "--app",
            "counter",
            "--wasm",
            wasm.toString(),
            "--config",
            config.toString(),
            "--version",
            "1.2.0",
            "--wait");
    assertThat(run.err()).isEmpty();
    assertThat(run.out()).startsWith("Deployed: counter 1.2.0 is running, 3 actors (");
    assertThat(run.status()).isZero();
    FakeNode.Asked asked = node.onlyRequest();
    String boundary = asked.contentType().replace("multipart/form-data; boundary=", "");
    assertThat(asked.body())
        .contains(
            "--" + boundary + "\r\nContent-Disposition: form-data; name=\"app\"\r\n\r\ncounter\r\n")
        .contains("name=\"version\"\r\n\r\n1.2.0\r\n")
        .contains(
            "name=\"wasm\"; filename=\"module.wasm\"\r\nContent-Type: application/wasm\r\n\r\n\0asm")
        .contains("\r\n\r\nname = \"c\"\r\n")
        .endsWith("--" + boundary + "--\r\n");
  }

  @Test
  void everyErrorOfAConfigurationIsALine() {
    node.on(
        "POST /api/v1/apps/x/start",
        400,
        """
        {"code":"INVALID_ARGUMENT","detail":"app-config.toml has 2 errors:\\nline 1: a\\nline 2: b",
         "retryable":false}\
        """);
    CommandRun run = run("app", "start", "x");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err())
        .isEqualTo(
            """
            plexspaces: app-config.toml has 2 errors (INVALID_ARGUMENT)
              line 1: a
              line 2: b
            """);
  }

  @Test
  void aMissingTokenSaysHowToGiveOne() {
    node.on("GET /api/v1/apps", 401, "{\"code\":\"UNAUTHENTICATED\",\"detail\":\"no token\"}");
    CommandRun run = run("apps");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).contains("no token (UNAUTHENTICATED): give a token with --token");
  }

  @Test
  void undeployDrainsAndPurges() {
    node.on("DELETE /api/v1/apps/counter", 204, "");
    assertThat(run("undeploy", "--app", "counter", "--drain", "2m", "--purge").out())
        .contains("Undeployed counter and removed its journals");
    assertThat(node.onlyRequest().target()).endsWith("?drain=120000ms&purge=true");
  }

  @Test
  void aTreeIsDrawn() {
    node.on(
        "GET /api/v1/apps/rag/tree",
        200,
        """
        {"kind":"supervisor","label":"rag","state":"running","restarts":0,"children":[
          {"kind":"actor","label":"front/front","state":"running","restarts":2,"children":[]},
          {"kind":"dynamic","label":"session","state":"running","restarts":0,"children":[
            {"kind":"actor","label":"session/7","state":"passive","restarts":0,"children":[]}]}]}\
        """);
    assertThat(run("actor", "tree", "rag").out())
        .isEqualTo(
            """
            rag  supervisor, running
            ├─ front/front  actor, running, 2 restarts
            └─ session  dynamic, running
               └─ session/7  actor, passive
            """);
  }

  @Test
  void metricsAreFiltered() {
    node.on(
        "GET /metrics",
        200,
        "text/plain",
        """
        # TYPE plexspaces_messages_total counter
        plexspaces_messages_total{app="a",type="t{x}"} 3.0
        plexspaces_messages_total{app="b",type="t"} 4.0
        jvm_threads 7
        """);
    assertThat(run("metrics", "--app", "a").out())
        .isEqualTo(
            """
            SERIES                      LABELS            VALUE
            plexspaces_messages_total   app=a type=t{x}     3.0
            """);
    assertThat(run("metrics", "--raw").out()).startsWith("# TYPE");
  }

  @Test
  void anUnreadyNodeIsAFailure() {
    node.on("GET /health/live", 200, "{}");
    node.on(
        "GET /health/ready",
        503,
        "{\"code\":\"UNAVAILABLE\",\"detail\":\"the node is starting\",\"retryable\":true}");
    CommandRun run = run("health");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).contains("the node is starting (UNAVAILABLE)");
  }

  @Test
  void aDeadNodeIsOneLineAndAStackTraceWithDebug() throws IOException {
    int free;
    try (ServerSocket s = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      free = s.getLocalPort();
    }
    String url = "http://127.0.0.1:" + free;
    CommandRun run = CommandRun.of("apps", "--node", url);
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err())
        .isEqualTo(
            "plexspaces: no node answers at "
                + url
                + ": start one with \"plexspaces node start\", or name another with --node\n");
    assertThat(CommandRun.of("apps", "--node", url, "--debug").err()).contains("\tat ");
  }

  @Test
  void somethingElseOnThePortIsSaidSo() {
    node.on("GET /api/v1/apps", 200, "text/html", "<html>");
    assertThat(run("apps").err()).contains("is this a PlexSpaces node?");
  }

  @Test
  void aStreamIsPrintedOneValueALine() {
    node.on(
        "POST /api/v1/actors/bank/account/alice/stream/statement",
        200,
        "text/event-stream",
        "id: 1\ndata: {\"n\":\ndata: 1}\n\n:\n\nid: 2\ndata: \"ü\"\n\nevent: end\ndata: {}\n\n");
    CommandRun r =
        run(
            "actor",
            "stream",
            "bank/account/alice",
            "statement",
            "{\"since\":3}",
            "--timeout",
            "5s");
    assertThat(r.out()).isEqualTo("{\"n\":1}\n\"ü\"\n");
    assertThat(r.status()).isZero();
    FakeNode.Asked asked = node.onlyRequest();
    assertThat(asked.target()).endsWith("/stream/statement?timeout_ms=5000");
    assertThat(asked.body()).isEqualTo("{\"since\":3}");
  }

  @Test
  void anErrorInAStreamComesAfterItsValues() {
    node.on(
        "POST /api/v1/actors/a/b/c/stream/s",
        200,
        "text/event-stream",
        "id: 1\ndata: 1\n\nevent: error\ndata: {\"code\":\"FAILED_PRECONDITION\",\"detail\":"
            + "\"no more of it\",\"retryable\":false}\n\n");
    CommandRun r = run("actor", "stream", "a/b/c", "s");
    assertThat(r.status()).isEqualTo(1);
    assertThat(r.out()).isEqualTo("1\n");
    assertThat(r.err()).isEqualTo("plexspaces: no more of it (FAILED_PRECONDITION)\n");
  }

  @Test
  void aStreamThatBreaksOffIsAFailure() {
    node.on("POST /api/v1/actors/a/b/c/stream/s", 200, "text/event-stream", "id: 1\ndata: 1\n\n");
    CommandRun r = run("actor", "stream", "a/b/c", "s");
    assertThat(r.status()).isEqualTo(1);
    assertThat(r.out()).isEqualTo("1\n");
    assertThat(r.err()).contains("ended before the stream did");
  }

  @Test
  void aStreamThatIsRefusedIsAFailure() {
    node.on(
        "POST /api/v1/actors/a/b/c/stream/s",
        400,
        "{\"code\":\"INVALID_ARGUMENT\",\"detail\":\"is no stream: use ask\"}");
    CommandRun r = run("actor", "stream", "a/b/c", "s");
    assertThat(r.status()).isEqualTo(1);
    assertThat(r.err()).contains("is no stream: use ask (INVALID_ARGUMENT)");
  }

  @Test
  void aStreamEndsWhenNobodyReadsItsOutputAnyMore() {
    // As before "| head -1": the first line is taken, and then the pipe is closed.
    node.on(
        "POST /api/v1/actors/a/b/c/stream/s",
        200,
        "text/event-stream",
        "id: 1\ndata: 1\n\nid: 2\ndata: 2\n\nid: 3\ndata: 3\n\nevent: end\ndata: {}\n\n");
    ByteArrayOutputStream taken = new ByteArrayOutputStream();
    OutputStream pipe =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            if (taken.toString(StandardCharsets.UTF_8).endsWith("\n")) {
              throw new IOException("Broken pipe");
            }
            taken.write(b);
          }
        };
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Terminal terminal =
        new Terminal(
            InputStream.nullInputStream(),
            new PrintStream(pipe, false, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            Map.of("PLEXSPACES_NODE", node.url()),
            false);
    assertThat(new Cli(terminal).run("actor", "stream", "a/b/c", "s")).isEqualTo(141);
    assertThat(taken.toString(StandardCharsets.UTF_8)).isEqualTo("1\n");
    assertThat(err.toString(StandardCharsets.UTF_8)).isEmpty();
  }

  @Test
  void whatGuestsSayDoesNotSteerTheTerminal() {
    String clear = "\\u001b[2J\\u009b31m";
    node.on(
        "GET /api/v1/apps",
        200,
        "{\"apps\":[{\"app\":\"a\",\"state\":\"failed\",\"version\":\"" + clear + "\\nrow\"}]}");
    assertThat(run("apps").out()).contains("\\u001b[2J\\u009b31m\\nrow").doesNotContain("\u001b");
    assertThat(run("apps").out().lines()).hasSize(2);

    node.on(
        "POST /api/v1/apps/a/start",
        200,
        "{\"app\":\"a\",\"state\":\"failed\",\"failure\":\"" + clear + "\\nforged\"}");
    assertThat(run("app", "start", "a").out()).contains("31m\\nforged").doesNotContain("\u001b");

    node.on("POST /api/v1/actors/a/b/c/ask/op", 200, "{\"s\":\"" + clear + "\"}");
    assertThat(run("actor", "ask", "a/b/c", "op").out())
        .isEqualTo("{\n  \"s\": \"\\u001B[2J\\u009b31m\"\n}\n");

    node.on("POST /api/v1/actors/a/b/c/ask/op", 200, "text/plain", "x\u001b[2J\ny");
    Map<String, String> env = Map.of("PLEXSPACES_NODE", node.url(), "NO_COLOR", "1");
    assertThat(CommandRun.of(env, "", true, "actor", "ask", "a/b/c", "op").out())
        .isEqualTo("x\\u001b[2J\ny");
    assertThat(run("actor", "ask", "a/b/c", "op").out()).isEqualTo("x\u001b[2J\ny");

    node.on(
        "POST /api/v1/actors/a/b/c/ask/op",
        502,
        "{\"code\":\"GUEST_ERROR\",\"detail\":\"" + clear + "\\nmore" + clear + "\"}");
    assertThat(run("actor", "ask", "a/b/c", "op").err())
        .doesNotContain("\u001b")
        .contains("\\u001b[2J");

    node.on(
        "POST /api/v1/actors/a/b/c/stream/s",
        200,
        "text/event-stream",
        "data: \"\u009b31m\"\n\nevent: end\ndata: {}\n\n");
    assertThat(run("actor", "stream", "a/b/c", "s").out()).isEqualTo("\"\\u009b31m\"\n");
  }

  @Test
  void aCrashInAGuestIsShownWhereItHappenedInItsOwnCode() {
    node.on(
        "POST /api/v1/actors/c/counter/x/ask/boom",
        502,
        """
        {"title":"Bad Gateway","detail":"KeyError: 'x'","code":"INTERNAL","retryable":false,
         "details":{"stack":"Traceback:\\n  File \\"src/app.py\\", line 7\\u001b[31m"}}\
        """);
    assertThat(run("actor", "ask", "c/counter/x", "boom").err())
        .contains("KeyError: 'x' (INTERNAL)")
        .contains("  File \"src/app.py\", line 7")
        .doesNotContain("\u001b");
  }

  @Test
  void hintsFitWhatWasRefused() {
    String path = "POST /api/v1/actors/c/counter/x/ask/go";
    node.on(
        path,
        504,
        """
        {"detail":"the turn ran longer than turn_timeout, 3000 ms","code":"DEADLINE_EXCEEDED",
         "retryable":true}\
        """);
    assertThat(run("actor", "ask", "c/counter/x", "go").err())
        .contains("[limits] turn_timeout")
        .doesNotContain("tried again");
    node.on(path, 403, "{\"detail\":\"set polyglot = true\",\"code\":\"PERMISSION_DENIED\"}");
    assertThat(run("actor", "ask", "c/counter/x", "go").err()).doesNotContain("token");
    node.on(path, 403, "{\"detail\":\"this needs the role x\",\"code\":\"PERMISSION_DENIED\"}");
    assertThat(run("actor", "ask", "c/counter/x", "go").err()).contains("token inspect");
  }
}
