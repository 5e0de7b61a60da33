package io.plexspaces.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.RequestContext;
import io.plexspaces.api.Role;
import io.plexspaces.api.Value;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.EnumSet;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ActorHttpTest {
  private static final AppId APP = new AppId("default", "shop");
  private static TestNode node;

  @BeforeAll
  static void start() {
    node = new TestNode();
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  @BeforeEach
  void fresh() {
    node.engine.calls.clear();
    node.engine.run(APP);
    node.engine.answer = c -> c.payload();
  }

  private static FakeEngine.Call lastCall() {
    return Objects.requireNonNull(node.engine.calls.peek());
  }

  private static String ask(String key, String op) {
    return "/api/v1/actors/shop/counter/" + key + "/ask/" + op;
  }

  @Test
  void askHandsThePayloadOverAndAnswersTheBareValue() {
    node.engine.answer = c -> Payload.json("7");
    HttpResponse<String> r = node.post(ask("main", "increment"), "{\"by\":2}");
    assertThat(r.statusCode()).isEqualTo(200);
    assertThat(r.body()).isEqualTo("7");
    assertThat(r.headers().firstValue("Content-Type")).contains("application/json");
    FakeEngine.Call call = lastCall();
    assertThat(call.target()).isEqualTo(new ActorId(APP, "counter", "main"));
    assertThat(call.op()).isEqualTo("increment");
    assertThat(call.payload()).isEqualTo(Payload.json("{\"by\":2}"));
    RequestContext context = call.context();
    assertThat(context.tenant()).isEqualTo("default");
    assertThat(context.principal()).isEqualTo("anonymous");
    assertThat(context.roles()).isEqualTo(EnumSet.allOf(Role.class));
    long left = context.deadlineNanos() - System.nanoTime();
    assertThat(left).isBetween(1L, 30_000_000_000L);
    assertThat(context.traceId()).matches("[0-9a-f]{32}");
  }

  @Test
  void theTraceOfTheCallerGoesOn() {
    String trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    node.send(
        node.request(ask("main", "increment"))
            .header("traceparent", "00-" + trace + "-00f067aa0ba902b7-01")
            .POST(BodyPublishers.noBody())
            .build());
    assertThat(lastCall().context().traceId()).isEqualTo(trace);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a%2Fb|a/b",
        "a%252Fb|a%2Fb",
        "100%25|100%",
        "caf%C3%A9|café",
        "%F0%9F%90%99|🐙",
        "a+b|a+b",
        "a%20b|a b",
        "%2E%2E|..",
        "x%3Fy%23z|x?y#z",
        "a%00b|a\0b",
      })
  void aKeyIsDecodedExactlyOnce(String raw, String key) {
    assertThat(node.post(ask(raw, "increment"), "").statusCode()).isEqualTo(200);
    assertThat(lastCall().target().key()).isEqualTo(key.replace("\\0", "\0"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"%", "%4", "%zz", "%C3", "%C3%28", "%ED%A0%80"})
  void aKeyThatDoesNotDecodeIsRefused(String raw) {
    String answer =
        node.raw(
            "POST "
                + ask(raw, "get")
                + " HTTP/1.1\r\n"
                + node.host()
                + "Connection: close\r\n\r\n");
    assertThat(answer).startsWith("HTTP/1.1 400 ").contains("INVALID_ARGUMENT");
    assertThat(node.engine.calls).isEmpty();
  }

  @Test
  void anEmptyBodyIsTheEmptyObjectAndNoContentTypeIsJson() {
    assertThat(node.post(ask("main", "increment"), "").body()).isEqualTo("{}");
    HttpResponse<String> r =
        node.send(
            node.request(ask("main", "increment"))
                .POST(BodyPublishers.ofString("{\"a\":1}"))
                .build());
    assertThat(r.body()).isEqualTo("{\"a\":1}");
    assertThat(lastCall().payload().isJson()).isTrue();
  }

  @Test
  void invalidJsonIsRefusedWithItsPlace() {
    HttpResponse<String> r = node.post(ask("main", "increment"), "{\"a\":1,\n\"b\":}");
    assertThat(r.statusCode()).isEqualTo(400);
    assertThat(r.headers().firstValue("Content-Type")).contains("application/problem+json");
    assertThat(TestNode.json(r).string("detail", "")).contains("line 2");
    assertThat(node.engine.calls).isEmpty();
  }

  @Test
  void otherContentTypesPassThroughUntouched() {
    byte[] bytes = {0, (byte) 0xff, 13, 10, 32};
    node.send(
        node.request(ask("main", "increment"))
            .header("Content-Type", "application/x-tensor; v=1")
            .POST(BodyPublishers.ofByteArray(bytes))
            .build());
    assertThat(lastCall().payload()).isEqualTo(new Payload(bytes, "application/x-tensor; v=1"));
  }

  @Test
  void aReplyKeepsItsContentTypeUnlessThatIsImpossible() {
    node.engine.answer = c -> new Payload(new byte[] {1, 2}, "image/png");
    HttpResponse<String> r = node.post(ask("main", "increment"), "");
    assertThat(r.headers().firstValue("Content-Type")).contains("image/png");
    assertThat(r.headers().firstValue("X-Content-Type-Options")).contains("nosniff");
    node.engine.answer = c -> new Payload(new byte[] {1, 2}, "text/x\r\nSet-Cookie: a=b");
    r = node.post(ask("main", "increment"), "");
    assertThat(r.headers().firstValue("Content-Type")).contains("application/octet-stream");
    assertThat(r.headers().firstValue("Set-Cookie")).isEmpty();
  }

  @Test
  void aReplyWithoutBytesIsNull() {
    node.engine.answer = c -> Payload.empty();
    assertThat(node.post(ask("main", "increment"), "").body()).isEqualTo("null");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "600001", "-1", "1.5", "soon", ""})
  void aTimeoutOutOfRangeIsRefused(String timeout) {
    HttpResponse<String> r = node.post(ask("main", "increment") + "?timeout_ms=" + timeout, "");
    assertThat(r.statusCode()).isEqualTo(400);
    assertThat(TestNode.json(r).string("detail", "")).contains("timeout_ms", "1 to 600000");
  }

  @Test
  void unknownQueryParametersAreRefusedByName() {
    HttpResponse<String> r = node.post(ask("main", "increment") + "?timeout=5", "");
    assertThat(r.statusCode()).isEqualTo(400);
    assertThat(TestNode.json(r).string("detail", "")).contains("\"timeout\"", "timeout_ms");
    assertThat(node.engine.calls).isEmpty();
  }

  @Test
  void getAsksQueriesWithTypedParameters() {
    HttpResponse<String> r =
        node.get(
            ask("main", "get")
                + "?n=5&f=-1.5e3&yes=true&no=null&s=01&t=a+b%26c&empty=&big=12345678901234567890"
                + "&timeout_ms=1000");
    assertThat(r.statusCode()).isEqualTo(200);
    assertThat(r.body())
        .isEqualTo(
            "{\"n\":5,\"f\":-1500.0,\"yes\":true,\"no\":null,\"s\":\"01\",\"t\":\"a b&c\","
                + "\"empty\":\"\",\"big\":12345678901234567890}");
  }

  @Test
  void getOfWhatIsNoQueryIs405() {
    HttpResponse<String> r = node.get(ask("main", "increment"));
    assertThat(r.statusCode()).isEqualTo(405);
    assertThat(r.headers().firstValue("Allow")).contains("POST");
    assertThat(node.engine.calls).isEmpty();
    assertThat(node.get(ask("main", "nothing")).statusCode()).isEqualTo(404);
    assertThat(node.get("/api/v1/actors/shop/none/k/ask/get").statusCode()).isEqualTo(404);
    assertThat(node.get("/api/v1/actors/other/counter/k/ask/get").statusCode()).isEqualTo(404);
  }

  @Test
  void headIsGetWithoutItsBody() {
    HttpResponse<String> r = node.method("HEAD", ask("main", "get") + "?n=5");
    assertThat(r.statusCode()).isEqualTo(200);
    assertThat(r.headers().firstValue("Content-Length")).contains("7");
    assertThat(r.body()).isEmpty();
  }

  @Test
  void sendAnswersTheMessageId() {
    HttpResponse<String> r = node.post("/api/v1/actors/shop/counter/main/send/increment", "{}");
    assertThat(r.statusCode()).isEqualTo(202);
    assertThat(TestNode.json(r).string("message_id", "")).hasSize(32);
    assertThat(lastCall().context().hasDeadline()).isFalse();
  }

  @Test
  void theIdempotencyKeyComesFromHeaderOrQuery() {
    node.send(
        node.request(ask("main", "increment"))
            .header("Idempotency-Key", "\"a b\\\"c\"")
            .POST(BodyPublishers.noBody())
            .build());
    assertThat(lastCall().idempotencyKey()).isEqualTo("a b\"c");
    node.engine.calls.clear();
    node.post(ask("main", "increment") + "?Idempotency-Key=%22k1%22", "");
    assertThat(lastCall().idempotencyKey()).isEqualTo("k1");
    node.engine.calls.clear();
    node.post("/api/v1/actors/shop/counter/main/send/increment?Idempotency-Key=k2", "");
    assertThat(lastCall().idempotencyKey()).isEqualTo("k2");
  }

  @Test
  void anIdempotencyKeyIsNeverIgnored() {
    assertThat(node.get(ask("main", "get") + "?Idempotency-Key=k").statusCode()).isEqualTo(400);
    assertThat(
            node.send(node.request("/api/v1/apps").header("Idempotency-Key", "k").build())
                .statusCode())
        .isEqualTo(400);
    HttpResponse<String> r =
        node.send(
            node.request(ask("main", "increment"))
                .header("Idempotency-Key", "\"open")
                .POST(BodyPublishers.noBody())
                .build());
    assertThat(r.statusCode()).isEqualTo(400);
    assertThat(TestNode.json(r).string("detail", "")).contains("Idempotency-Key");
    assertThat(node.engine.calls).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "idempotency_mismatch,INVALID_ARGUMENT,422",
    "idempotency_in_progress,ABORTED,409",
    "not_durable,INVALID_ARGUMENT,400"
  })
  void whatTheEngineSaysOfKeysHasItsStatus(String reason, ErrorCode code, int status) {
    node.engine.answer =
        c -> {
          throw new HostException(
              new HostError(
                  code, "no", false, Value.Obj.builder().put("reason", reason).build(), false));
        };
    HttpResponse<String> r = node.post(ask("main", "increment") + "?Idempotency-Key=k", "");
    assertThat(r.statusCode()).isEqualTo(status);
    assertThat(TestNode.json(r).object("details").string("reason", "")).isEqualTo(reason);
  }

  @Test
  void aGuestsCrashIs502WithItsMessageAndOurOwnFaultIs500WithoutIt() {
    node.engine.answer =
        c -> {
          throw new HostException(ErrorCode.INTERNAL, "TypeError: x is undefined");
        };
    HttpResponse<String> r = node.post(ask("main", "increment"), "");
    assertThat(r.statusCode()).isEqualTo(502);
    assertThat(TestNode.json(r).string("detail", "")).isEqualTo("TypeError: x is undefined");
    node.engine.answer =
        c -> {
          throw new IllegalStateException("secret internals (expected in this test)");
        };
    r = node.post(ask("main", "increment"), "");
    assertThat(r.statusCode()).isEqualTo(500);
    assertThat(r.body()).doesNotContain("secret").contains("urn:uuid:");
  }

  @Test
  void statusStateAndList() {
    Value.Obj status = TestNode.json(node.get("/api/v1/actors/shop/counter/main/status"));
    assertThat(status.string("actor", "")).isEqualTo("shop/counter/main");
    assertThat(status.string("state", "")).isEqualTo("running");
    assertThat(status.integer("sequence", 0)).isEqualTo(9);
    assertThat(status.string("last_error", "")).isEqualTo("it fell over");
    assertThat(status.integer("timers", 0)).isEqualTo(2);
    assertThat(status.string("next_timer_at", "")).isEqualTo("2026-01-01T00:00:00Z");
    assertThat(node.get("/api/v1/actors/shop/counter/none/status").statusCode()).isEqualTo(404);
    assertThat(node.get("/api/v1/actors/shop/counter/main/state").body())
        .isEqualTo("{\"count\":5}");
    assertThat(TestNode.json(node.get("/api/v1/actors/shop")).array("actors")).hasSize(1);
    assertThat(TestNode.json(node.get("/api/v1/actors/shop?type=other")).array("actors")).isEmpty();
    assertThat(node.get("/api/v1/actors/none").statusCode()).isEqualTo(404);
  }

  @Test
  void aBodyWhereNoneBelongsIsRefused() {
    HttpResponse<String> r =
        node.send(
            node.request("/api/v1/apps").method("GET", BodyPublishers.ofString("{}")).build());
    assertThat(r.statusCode()).isEqualTo(400);
    assertThat(TestNode.json(r).string("detail", "")).contains("takes no body");
  }
}
