package io.plexspaces.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a client may cost, and what happens when it leaves. */
@Timeout(30)
class LimitsTest {
  private static final String ASK = "/api/v1/actors/shop/counter/main/ask/increment";

  private static TestNode node(GatewayConfig config) {
    TestNode n = new TestNode(config);
    n.engine.run(new AppId("default", "shop"));
    return n;
  }

  private static GatewayConfig.Limits quick() {
    return GatewayConfig.Limits.DEFAULT.withTimes(
        Duration.ofMillis(100), Duration.ofMillis(300), Duration.ofMillis(300));
  }

  @Test
  void aBodyAtTheLimitPassesAndOneByteMoreIs413() {
    GatewayConfig.Limits limits = GatewayConfig.Limits.DEFAULT.withPayload(1 << 20);
    try (TestNode node = node(GatewayConfig.local(0).withLimits(limits))) {
      node.engine.answer = c -> Payload.json(Integer.toString(c.payload().size()));
      byte[] fits = new byte[1 << 20];
      byte[] tooBig = new byte[(1 << 20) + 1];
      for (boolean chunked : new boolean[] {false, true}) {
        assertThat(post(node, fits, chunked).body()).isEqualTo("1048576");
        HttpResponse<String> r = post(node, tooBig, chunked);
        assertThat(r.statusCode()).isEqualTo(413);
        assertThat(TestNode.json(r).string("detail", "")).contains("1048576");
      }
    }
  }

  private static HttpResponse<String> post(TestNode node, byte[] body, boolean chunked) {
    return node.send(
        node.request(ASK)
            .header("Content-Type", "application/octet-stream")
            .POST(
                chunked
                    ? BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(body))
                    : BodyPublishers.ofByteArray(body))
            .build());
  }

  @Test
  void aBodyThatIsAnnouncedTooLargeIsNotWaitedFor() {
    try (TestNode node = node(GatewayConfig.local(0))) {
      String answer =
          node.raw(
              "POST "
                  + ASK
                  + " HTTP/1.1\r\n"
                  + node.host()
                  + "Content-Length: 99999999999\r\nExpect: 100-continue\r\n\r\n");
      assertThat(answer).startsWith("HTTP/1.1 413 ");
    }
  }

  @Test
  void aClientThatWaitsToContinueIsToldTo() throws IOException {
    try (TestNode node = node(GatewayConfig.local(0));
        Socket s = node.socket()) {
      write(
          s,
          "POST "
              + ASK
              + " HTTP/1.1\r\n"
              + node.host()
              + "Content-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n");
      assertThat(TestNode.head(s.getInputStream())).startsWith("HTTP/1.1 100 ");
      write(s, "{}");
      assertThat(rest(s)).startsWith("HTTP/1.1 200 ").endsWith("{}");
    }
  }

  @Test
  void aBodyThatStopsComingIs408() throws IOException {
    try (TestNode node = node(GatewayConfig.local(0).withLimits(quick()));
        Socket s = node.socket()) {
      write(s, "POST " + ASK + " HTTP/1.1\r\n" + node.host() + "Content-Length: 100\r\n\r\n{");
      assertThat(rest(s)).startsWith("HTTP/1.1 408 ").contains("too slowly");
      assertThat(node.engine.calls).isEmpty();
    }
  }

  @Test
  void headersThatNeverEndAndIdleConnectionsAreClosed() throws IOException {
    try (TestNode node = node(GatewayConfig.local(0).withLimits(quick()));
        Socket slow = node.socket();
        Socket silent = node.socket();
        Socket idle = node.socket()) {
      write(slow, "GET /health/live HTTP/1.1\r\nX-A: b\r\n");
      write(idle, "GET /health/live HTTP/1.1\r\n" + node.host() + "\r\n");
      assertThat(rest(slow)).isEmpty();
      assertThat(rest(silent)).isEmpty();
      assertThat(rest(idle)).startsWith("HTTP/1.1 200 ");
    }
  }

  @Test
  void aRequestThatTakesLongerThanTheIdleTimeIsNotCutOff() {
    try (TestNode node = node(GatewayConfig.local(0).withLimits(quick()))) {
      CountDownLatch never = new CountDownLatch(1);
      node.engine.answer =
          c -> {
            try {
              // longer than two idle times: an answer must come all the same
              assertThat(never.await(700, TimeUnit.MILLISECONDS)).isFalse();
            } catch (InterruptedException e) {
              throw new HostException(ErrorCode.CANCELLED, "interrupted");
            }
            return c.payload();
          };
      assertThat(node.post(ASK, "{}").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void longLinesAndHeadersAndBrokenHttpAreRefusedAsProblems() {
    try (TestNode node = node(GatewayConfig.local(0))) {
      String line = "GET /" + "a".repeat(20_000) + " HTTP/1.1\r\n" + node.host() + "\r\n";
      assertThat(node.raw(line)).contains(" 414 URI Too Long").contains("problem+json");
      String header =
          "GET / HTTP/1.1\r\n" + node.host() + "X-A: " + "a".repeat(20_000) + "\r\n\r\n";
      assertThat(node.raw(header)).contains(" 431 Request Header").contains("problem+json");
      assertThat(node.raw("GET / HTTP/1.1\r\nno colon\r\n\r\n")).contains(" 400 Bad Request");
      assertThat(node.raw("\u0016\u0003\u0001 hello\r\n\r\n")).contains(" 400 Bad Request");
    }
  }

  @Test
  void aSecondRequestCannotBeSmuggled() {
    try (TestNode node = node(GatewayConfig.local(0))) {
      String smuggled = "GET /health/live HTTP/1.1\r\n" + node.host() + "\r\n";
      for (String framing :
          new String[] {
            "Content-Length: " + (smuggled.length() + 5) + "\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked\r\nContent-Length: " + (smuggled.length() + 5),
            "Content-Length: 0\r\nContent-Length: " + (smuggled.length() + 5),
            "Content-Length: +5",
            "Content-Length: -1",
            "Content-Length: 5, 6",
            "Transfer-Encoding: chunked, identity",
            "Transfer-Encoding: xchunked",
            "Transfer-Encoding : chunked",
            "Content-Length : 5",
          }) {
        String answer =
            node.raw(
                "POST "
                    + ASK
                    + " HTTP/1.1\r\n"
                    + node.host()
                    + framing
                    + "\r\n\r\n0\r\n\r\n"
                    + smuggled);
        assertThat(answer).as(framing).matches("(?s)HTTP/1\\.[01] 400 .*");
        assertThat(answer).as(framing).doesNotContain("\"live\"");
      }
      assertThat(node.engine.calls).isEmpty();
    }
  }

  @Test
  void aClientThatLeavesEndsItsWaitAndIsCounted() throws Exception {
    try (TestNode node = node(GatewayConfig.local(0))) {
      CountDownLatch asked = new CountDownLatch(1);
      CompletableFuture<String> ended = new CompletableFuture<>();
      node.engine.answer =
          c -> {
            asked.countDown();
            try {
              new CountDownLatch(1).await();
            } catch (InterruptedException e) {
              ended.complete("interrupted");
            }
            throw new HostException(ErrorCode.CANCELLED, "nobody waits");
          };
      try (Socket s = node.socket()) {
        write(s, "POST " + ASK + " HTTP/1.1\r\n" + node.host() + "Content-Length: 0\r\n\r\n");
        asked.await();
      }
      assertThat(ended.get()).isEqualTo("interrupted");
      // closing waits for the request to be over, and with it for its count
      node.gateway.close();
      assertThat(new String(node.metrics.scrapeAll(), StandardCharsets.UTF_8))
          .containsPattern("plexspaces_http_requests_total\\{.*status=\"499\".*} 1");
    }
  }

  @Test
  void closingLetsRequestsInFlightFinishAndRefusesNewOnes() throws Exception {
    try (TestNode node = node(GatewayConfig.local(0))) {
      CountDownLatch asked = new CountDownLatch(1);
      CountDownLatch goOn = new CountDownLatch(1);
      node.engine.answer =
          c -> {
            asked.countDown();
            try {
              goOn.await();
            } catch (InterruptedException e) {
              throw new HostException(ErrorCode.CANCELLED, "interrupted");
            }
            return Payload.json("\"done\"");
          };
      var request = node.request(ASK).POST(BodyPublishers.ofString("{}")).build();
      CompletableFuture<HttpResponse<String>> inFlight =
          node.client.sendAsync(request, HttpResponse.BodyHandlers.ofString());
      asked.await();
      Thread closing = Thread.ofVirtual().start(node.gateway::close);
      while (node.get("/health/ready").statusCode() != 503) {
        Thread.onSpinWait();
      }
      HttpResponse<String> refused = node.post(ASK, "{}");
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(refused.headers().firstValue("Retry-After")).isPresent();
      goOn.countDown();
      assertThat(inFlight.get().body()).isEqualTo("\"done\"");
      closing.join();
    }
  }

  @Test
  void closingDoesNotWaitForEver() throws Exception {
    TestNode node = node(GatewayConfig.local(0).withDrain(Duration.ofMillis(50)));
    CountDownLatch asked = new CountDownLatch(1);
    CompletableFuture<String> ended = new CompletableFuture<>();
    node.engine.answer =
        c -> {
          asked.countDown();
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException e) {
            ended.complete("interrupted");
          }
          throw new HostException(ErrorCode.CANCELLED, "nobody waits");
        };
    try (Socket s = node.socket()) {
      write(s, "POST " + ASK + " HTTP/1.1\r\n" + node.host() + "Content-Length: 0\r\n\r\n");
      asked.await();
      node.close();
      assertThat(ended.get()).isEqualTo("interrupted");
      assertThat(rest(s)).doesNotContain("200");
    }
  }

  @Test
  void tooManyRequestsAtOnceAre503() throws Exception {
    GatewayConfig.Limits limits = GatewayConfig.Limits.DEFAULT.withRequestsInFlight(1);
    try (TestNode node = node(GatewayConfig.local(0).withLimits(limits))) {
      CountDownLatch asked = new CountDownLatch(1);
      CountDownLatch goOn = new CountDownLatch(1);
      node.engine.answer =
          c -> {
            asked.countDown();
            try {
              goOn.await();
            } catch (InterruptedException e) {
              throw new HostException(ErrorCode.CANCELLED, "interrupted");
            }
            return c.payload();
          };
      var first =
          node.client.sendAsync(
              node.request(ASK).POST(BodyPublishers.ofString("{}")).build(),
              HttpResponse.BodyHandlers.ofString());
      asked.await();
      HttpResponse<String> second = node.get("/health/live");
      assertThat(second.statusCode()).isEqualTo(503);
      assertThat(second.headers().firstValue("Retry-After")).isPresent();
      goOn.countDown();
      assertThat(first.get().statusCode()).isEqualTo(200);
    }
  }

  @Test
  void bodiesTogetherStayWithinTheBudget() {
    HeapBudget budget = new HeapBudget(1000);
    BodyReader first = new BodyReader(10_000, 3, budget);
    first.chunk(Buffer.buffer(new byte[300]));
    BodyReader second = new BodyReader(10_000, 1, budget);
    second.chunk(Buffer.buffer(new byte[101]));
    assertThatThrownBy(() -> second.await(Duration.ofSeconds(5)))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED));
    second.release();
    first.end();
    assertThat(first.await(Duration.ofSeconds(5))).hasSize(300);
    first.release();
    assertThat(budget.reserve(1000)).isTrue();
    assertThat(budget.reserve(1)).isFalse();
  }

  @Test
  void aClientThatDoesNotReadIsCutOffAndCounted() throws IOException {
    GatewayConfig.Limits limits =
        GatewayConfig.Limits.DEFAULT.withTimes(
            Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofMillis(20));
    try (TestNode node = node(GatewayConfig.local(0).withLimits(limits));
        Socket s = node.socket()) {
      byte[] large = new byte[24 << 20];
      node.engine.answer = c -> new Payload(large, "application/octet-stream");
      write(s, "POST " + ASK + " HTTP/1.1\r\n" + node.host() + "Content-Length: 0\r\n\r\n");
      assertThat(TestNode.head(s.getInputStream())).startsWith("HTTP/1.1 200 ");
      // closing waits for the answer to be over: taken, or given up as it is here
      node.gateway.close();
      assertThat(readUntilClosed(s)).isLessThan(large.length);
      assertThat(new String(node.metrics.scrapeAll(), StandardCharsets.UTF_8))
          .containsPattern("plexspaces_http_requests_total\\{.*status=\"499\".*} 1");
    }
  }

  private static long readUntilClosed(Socket s) {
    long n = 0;
    byte[] buffer = new byte[64 << 10];
    try {
      for (int r = s.getInputStream().read(buffer); r >= 0; r = s.getInputStream().read(buffer)) {
        n += r;
      }
    } catch (IOException e) {
      // a reset ends it as well
    }
    return n;
  }

  @Test
  void pipelinedRequestsAreAnsweredInOrder() {
    try (TestNode node = node(GatewayConfig.local(0))) {
      StringBuilder all = new StringBuilder();
      for (int i = 0; i < 20; i++) {
        all.append("POST ").append(ASK).append(" HTTP/1.1\r\n").append(node.host());
        all.append(i == 19 ? "Connection: close\r\n" : "");
        String body = "{\"n\":" + (100 + i) + "}";
        all.append("Content-Length: ").append(body.length()).append("\r\n\r\n").append(body);
      }
      String answers = node.raw(all.toString());
      int at = 0;
      for (int i = 0; i < 20; i++) {
        at = answers.indexOf("{\"n\":" + (100 + i) + "}", at);
        assertThat(at).as("answer " + i).isPositive();
      }
    }
  }

  private static void write(Socket s, String text) throws IOException {
    s.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    s.getOutputStream().flush();
  }

  private static String rest(Socket s) throws IOException {
    InputStream in = s.getInputStream();
    return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
  }
}
