package io.plexspaces.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Streams over a real socket, as server-sent events. */
@Timeout(60)
class StreamHttpTest {
  private static final String PATH = "/api/v1/actors/shop/counter/main/stream/";
  private final FakeStream stream = new FakeStream();
  private TestNode node = new TestNode();

  @BeforeEach
  void run() {
    prepare();
  }

  private void prepare() {
    node.engine.run(new AppId(AppId.DEFAULT_TENANT, "shop"));
    node.engine.streams = p -> stream;
  }

  @AfterEach
  void close() {
    node.close();
  }

  private void restart(GatewayConfig config) {
    node.close();
    node = new TestNode(config);
    prepare();
  }

  private HttpResponse<String> events(String opAndQuery) {
    return node.send(node.request(PATH + opAndQuery).header("Accept", "text/event-stream").build());
  }

  private Socket begin(String op) throws IOException {
    Socket s = node.socket();
    ask(s, op);
    return s;
  }

  private void ask(Socket s, String op) throws IOException {
    String request =
        "GET " + PATH + op + " HTTP/1.1\r\n" + node.host() + "Accept: text/event-stream\r\n\r\n";
    s.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
  }

  /** Reads until {@code text} has come. */
  private static String until(InputStream in, String text) throws IOException {
    StringBuilder sb = new StringBuilder();
    while (sb.indexOf(text) < 0) {
      int c = in.read();
      if (c < 0) {
        throw new AssertionError("the connection ended after " + sb);
      }
      sb.append((char) c);
    }
    return sb.toString();
  }

  private static HostException failure() {
    return new HostException(
        new HostError(ErrorCode.FAILED_PRECONDITION, "no more of it", false, Value.NULL, true));
  }

  @Test
  void eachValueIsAnEventWithItsNumberAndThenComesTheEnd() {
    stream.value("{\"a\": 1}").value("\"ü\"").value(Payload.empty()).end();
    HttpResponse<String> r = events("count?n=3&name=x");
    assertThat(r.statusCode()).isEqualTo(200);
    assertThat(r.headers().firstValue("Content-Type")).contains("text/event-stream");
    assertThat(r.headers().firstValue("Cache-Control")).contains("no-store");
    assertThat(r.body())
        .isEqualTo(
            """
            id: 1
            data: {"a": 1}

            id: 2
            data: "ü"

            id: 3
            data: null

            event: end
            data: {}

            """);
    assertThat(node.engine.calls.peek().payload().text()).isEqualTo("{\"n\":3,\"name\":\"x\"}");
    assertThat(stream.isClosed()).isTrue();
  }

  @Test
  void aBodyIsThePayload() {
    stream.end();
    HttpResponse<String> r = node.post(PATH + "count", "{\"n\":[1]}");
    assertThat(r.body()).isEqualTo("event: end\ndata: {}\n\n");
    assertThat(node.engine.calls.peek().payload().text()).isEqualTo("{\"n\":[1]}");
  }

  @Test
  void lineBreaksStayWithinTheirEventAndBytesAreJson() {
    stream
        .value("{\n\"a\":\r\n1}")
        .value(new Payload(new byte[] {1, 2}, "application/octet-stream"))
        .end();
    assertThat(events("count").body())
        .startsWith("id: 1\ndata: {\ndata: \"a\":\ndata: \ndata: 1}\n\n")
        .contains("id: 2\ndata: {\"$bytes\":\"AQI=\"}\n\n");
  }

  @Test
  void anErrorBeforeTheFirstValueIsAnOrdinaryProblem() {
    stream.error(failure());
    HttpResponse<String> r = events("count");
    assertThat(r.statusCode()).isEqualTo(409);
    assertThat(r.headers().firstValue("Content-Type")).contains("application/problem+json");
    assertThat(TestNode.json(r).string("detail", "")).isEqualTo("no more of it");
    assertThat(stream.isClosed()).isTrue();
    assertThat(events("nope").statusCode()).isEqualTo(404);
    node.engine.streams =
        p -> {
          throw new HostException(ErrorCode.RESOURCE_EXHAUSTED, "too many");
        };
    assertThat(events("count").statusCode()).isEqualTo(429);
  }

  @Test
  void aLaterErrorIsAnEventWithTheProblem() {
    stream.value("1").error(failure());
    HttpResponse<String> r = events("count");
    assertThat(r.statusCode()).isEqualTo(200);
    assertThat(r.body())
        .startsWith("id: 1\ndata: 1\n\nevent: error\ndata: {")
        .contains("\"code\":\"FAILED_PRECONDITION\"", "\"detail\":\"no more of it\"")
        .endsWith("}\n\n")
        .doesNotContain("event: end");
  }

  @Test
  void aValueThatDoesNotComeInTimeIsAnError() {
    HttpResponse<String> r = events("count?timeout_ms=20");
    assertThat(r.statusCode()).isEqualTo(504);
    assertThat(stream.isClosed()).isTrue();
    FakeStream second = new FakeStream().value("1");
    node.engine.streams = p -> second;
    assertThat(events("count?timeout_ms=20").body())
        .contains("event: error", "within 20 ms", "DEADLINE_EXCEEDED");
    assertThat(second.isClosed()).isTrue();
  }

  @Test
  void eventsLeaveAsTheyComeAndTheConnectionGoesOn() throws Exception {
    try (Socket s = begin("count")) {
      stream.value("1");
      InputStream in = s.getInputStream();
      assertThat(TestNode.head(in)).contains("200 OK").containsIgnoringCase("chunked");
      assertThat(until(in, "data: 1\n\n")).contains("id: 1");
      stream.value("2");
      assertThat(until(in, "data: 2\n\n")).contains("id: 2");
      stream.end();
      var _ = until(in, "\r\n0\r\n\r\n");
      FakeStream next = new FakeStream().value("7").end();
      node.engine.streams = p -> next;
      ask(s, "watch");
      assertThat(until(in, "event: end")).contains("data: 7");
    }
  }

  @Test
  void aClientThatGoesClosesTheStream() throws Exception {
    try (Socket s = begin("count")) {
      stream.value("1");
      var _ = until(s.getInputStream(), "data: 1\n\n");
    }
    assertThat(stream.closed.await(20, TimeUnit.SECONDS)).isTrue();
    FakeStream silent = new FakeStream();
    node.engine.streams = p -> silent;
    try (Socket s = begin("count")) {
      while (node.engine.calls.size() < 2) {
        TimeUnit.MILLISECONDS.sleep(1);
      }
      assertThat(s.isConnected()).isTrue();
    }
    assertThat(silent.closed.await(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aClientThatDoesNotReadSlowsTheStreamDownUntilItReads() throws Exception {
    Payload large = Payload.json("\"" + "x".repeat(100_000) + "\"");
    for (int i = 0; i < 2000; i++) {
      stream.value(large);
    }
    stream.end();
    try (Socket s = new Socket()) {
      s.setReceiveBufferSize(64 << 10);
      s.setSoTimeout(20_000);
      s.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), node.gateway.port()));
      ask(s, "count");
      // What the system's own buffers take is a few MiB of the 200.
      long before = -1;
      while (stream.taken.get() == 0 || stream.taken.get() != before) {
        before = stream.taken.get();
        TimeUnit.MILLISECONDS.sleep(200);
      }
      assertThat(before).isBetween(1L, 1000L);
      InputStream in = s.getInputStream();
      byte[] buffer = new byte[1 << 16];
      byte[] end = "event: end".getBytes(StandardCharsets.US_ASCII);
      ByteArrayOutputStream tail = new ByteArrayOutputStream();
      while (!tail.toString(StandardCharsets.ISO_8859_1).contains("event: end")) {
        int n = in.read(buffer);
        assertThat(n).isPositive();
        byte[] old = tail.toByteArray();
        tail.reset();
        tail.write(old, Math.max(0, old.length - end.length), Math.min(old.length, end.length));
        tail.write(buffer, Math.max(0, n - 200), Math.min(n, 200));
      }
      assertThat(stream.taken.get()).isEqualTo(2001);
    }
  }

  @Test
  void aClientThatTakesNothingAtAllIsLeft() throws Exception {
    restart(
        GatewayConfig.local(0)
            .withLimits(
                GatewayConfig.Limits.DEFAULT.withTimes(
                    Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofMillis(100))));
    Payload large = Payload.json("\"" + "x".repeat(100_000) + "\"");
    for (int i = 0; i < 2000; i++) {
      stream.value(large);
    }
    try (Socket s = begin("count")) {
      assertThat(stream.closed.await(20, TimeUnit.SECONDS)).isTrue();
      assertThat(s.isConnected()).isTrue();
    }
  }

  @Test
  void aNodeThatStopsTellsItsReaders() throws Exception {
    try (Socket s = begin("count")) {
      stream.value("1");
      InputStream in = s.getInputStream();
      var _ = until(in, "data: 1\n\n");
      Thread stopping = Thread.startVirtualThread(() -> node.gateway.close());
      assertThat(until(in, "}\n\n")).contains("event: error", "the node is stopping");
      stopping.join();
    }
  }

  @Test
  void aBrowserThatConnectsAgainIsToldNotTo() {
    HttpResponse<String> r =
        node.send(
            node.request(PATH + "watch")
                .header("Accept", "text/event-stream")
                .header("Last-Event-ID", "3")
                .build());
    assertThat(r.statusCode()).isEqualTo(204);
    assertThat(node.engine.calls).isEmpty();
  }

  @Test
  void aGetThatDoesNotAskForEventsRunsQueriesOnly() {
    stream.end();
    assertThat(node.get(PATH + "count").statusCode()).isEqualTo(406);
    assertThat(node.engine.calls).isEmpty();
    assertThat(node.get(PATH + "watch").body()).contains("event: end");
  }

  @Test
  void anotherSiteCannotOpenAStream() throws Exception {
    String get =
        "GET " + PATH + "count HTTP/1.1\r\nAccept: text/event-stream\r\nConnection: close\r\n";
    assertThat(node.raw(get + node.host() + "Origin: http://evil.example\r\n\r\n"))
        .startsWith("HTTP/1.1 403");
    assertThat(node.raw(get + node.host() + "Sec-Fetch-Site: cross-site\r\n\r\n"))
        .startsWith("HTTP/1.1 403");
    assertThat(node.raw(get + "Host: evil.example\r\n\r\n")).startsWith("HTTP/1.1 403");
    assertThat(node.engine.calls).isEmpty();
  }

  @Test
  void headAndIdempotencyKeysAreRefused() {
    assertThat(node.method("HEAD", PATH + "watch").statusCode()).isEqualTo(405);
    HttpResponse<String> r =
        node.send(node.request(PATH + "watch").header("Idempotency-Key", "\"k\"").build());
    assertThat(r.statusCode()).isEqualTo(400);
    assertThat(r.body()).contains("a stream cannot be given twice");
    assertThat(node.engine.calls).isEmpty();
  }

  @Test
  void commentsKeepTheConnectionWhileNothingComes() {
    AtomicInteger comments = new AtomicInteger();
    StringBuilder all = new StringBuilder();
    FakeStream slow = new FakeStream();
    EventStream events =
        new EventStream(
            slow,
            Optional.of(Payload.json("1")),
            Duration.ofSeconds(20),
            Duration.ofMillis(1),
            null);
    events.serve(bytes -> {
      String s = new String(bytes, StandardCharsets.UTF_8);
      all.append(s);
      if (s.equals(":\n\n") && comments.incrementAndGet() == 3) {
        slow.end();
      }
    });
    assertThat(all.toString())
        .isEqualTo("id: 1\ndata: 1\n\n" + ":\n\n".repeat(3) + "event: end\ndata: {}\n\n");
  }

  private static String served(FakeStream values, long untilNanos) {
    StringBuilder all = new StringBuilder();
    new EventStream(
            values,
            Optional.of(Payload.json("1")),
            Duration.ofSeconds(20),
            Duration.ofSeconds(20),
            untilNanos)
        .serve(bytes -> all.append(new String(bytes, StandardCharsets.UTF_8)));
    return all.toString();
  }

  @Test
  void aStreamEndsWithTheTokenThatOpenedIt() {
    assertThat(served(new FakeStream().value("2"), System.nanoTime()))
        .startsWith("event: error\ndata: {")
        .contains("\"code\":\"UNAUTHENTICATED\"", "open it again with a new one");
    // While nothing comes as well.
    assertThat(served(new FakeStream(), System.nanoTime() + 300_000_000L))
        .startsWith("id: 1\ndata: 1\n\nevent: error\n")
        .contains("\"code\":\"UNAUTHENTICATED\"");
  }

  private Socket open(String body) throws IOException {
    Socket s = node.socket();
    String head =
        "POST " + PATH + "count HTTP/1.1\r\n" + node.host() + "Content-Type: application/json\r\n";
    s.getOutputStream()
        .write(
            (head + "Content-Length: " + body.length() + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.US_ASCII));
    return s;
  }

  @Test
  void anOpenStreamHoldsNeitherItsBodyNorARequestsPlace() throws Exception {
    restart(
        GatewayConfig.local(0)
            .withLimits(
                GatewayConfig.Limits.DEFAULT.withBodiesInFlight(100).withRequestsInFlight(1)));
    node.engine.streams = p -> new FakeStream().value("1");
    String body = "{\"a\":\"" + "x".repeat(72) + "\"}";
    try (Socket first = open(body);
        InputStream in = first.getInputStream()) {
      var _ = until(in, "data: 1\n\n");
      try (Socket second = open(body);
          InputStream more = second.getInputStream()) {
        assertThat(TestNode.head(more)).contains("200 OK");
        var _ = until(more, "data: 1\n\n");
        assertThat(node.get("/health/live").statusCode()).isEqualTo(200);
      }
    }
  }

  @Test
  void aTenantsStreamsAreBoundedApartAndTheirPlacesComeBack() throws Exception {
    restart(GatewayConfig.local(0).withLimits(GatewayConfig.Limits.DEFAULT.withLasting(10, 1)));
    node.engine.streams = p -> new FakeStream().value("1");
    try (Socket first = begin("count");
        InputStream in = first.getInputStream()) {
      var _ = until(in, "data: 1\n\n");
      HttpResponse<String> refused = events("count");
      assertThat(refused.statusCode()).isEqualTo(429);
      assertThat(refused.body()).contains("streams and waiting log readers");
      assertThat(node.get("/health/live").statusCode()).isEqualTo(200);
    }
    node.engine.streams = p -> new FakeStream().end();
    while (events("count").statusCode() == 429) {
      Thread.onSpinWait();
    }
    assertThat(events("count").statusCode()).isEqualTo(200);
  }

  @Test
  void whatLastsIsCountedByTenantAndBesideTheOthers() {
    InFlight flights =
        new InFlight(GatewayConfig.Limits.DEFAULT.withRequestsInFlight(1).withLasting(2, 1));
    for (String tenant : new String[] {"a", "b"}) {
      assertThat(flights.begin()).isTrue();
      flights.last(tenant);
    }
    assertThat(flights.begin()).isTrue();
    assertThatThrownBy(() -> flights.last("a")).hasMessageContaining("the tenant has 1");
    assertThatThrownBy(() -> flights.last("c")).hasMessageContaining("the node has too many");
    assertThat(flights.begin()).isFalse();
    assertThat(flights.end("c", false)).isEqualTo(3);
    assertThat(flights.end("c", false)).isEqualTo(2);
    assertThat(flights.end("a", true)).isEqualTo(1);
    assertThat(flights.begin()).isTrue();
    flights.last("a");
    assertThat(flights.size()).isEqualTo(2);
  }

  @Test
  void readersThatWaitForLogLinesAreCountedAmongWhatLasts() {
    for (Route r :
        Gateway.table(node.engine, node.deployer, node.upkeep.all(), node.metrics, () -> true)
            .all()) {
      assertThat(r.lasts(java.util.Set.of("wait_ms")))
          .as(r.operationId())
          .isEqualTo(r.isEventStream() || r.operationId().equals("appLogs"));
      assertThat(r.lasts(java.util.Set.of())).isEqualTo(r.isEventStream());
    }
  }
}
