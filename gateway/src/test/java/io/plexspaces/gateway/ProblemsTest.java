package io.plexspaces.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProblemsTest {
  @ParameterizedTest
  @CsvSource({
    "INVALID_ARGUMENT,400,400",
    "UNAUTHENTICATED,401,401",
    "PERMISSION_DENIED,403,403",
    "NOT_FOUND,404,404",
    "ALREADY_EXISTS,409,409",
    "FAILED_PRECONDITION,409,409",
    "ABORTED,409,409",
    "RESOURCE_EXHAUSTED,429,429",
    "DEADLINE_EXCEEDED,504,422",
    "CANCELLED,499,499",
    "UNAVAILABLE,503,422",
    "UNIMPLEMENTED,501,422",
    "DATA_LOSS,500,422",
    "INTERNAL,502,422",
  })
  void everyCodeHasAStatusAndABusinessErrorIsNeverTheServersFailure(
      ErrorCode code, int status, int business) {
    assertThat(Problems.of(HostError.of(code, "m")).status()).isEqualTo(status);
    HostError refused = new HostError(code, "m", code.retryable(), Value.NULL, true);
    assertThat(Problems.of(refused).status()).isEqualTo(business);
  }

  @ParameterizedTest
  @EnumSource(ErrorCode.class)
  void aProblemSaysAllThatIsKnown(ErrorCode code) {
    Value.Obj details = Value.Obj.builder().put("errors", Value.Arr.of()).build();
    Reply r = Problems.of(new HostError(code, "what\nhappened", true, details, false));
    assertThat(r.contentType()).isEqualTo("application/problem+json");
    Value.Obj p = (Value.Obj) Json.read(r.body());
    assertThat(p.string("type", "")).startsWith("urn:plexspaces:error:");
    assertThat(p.string("title", "")).isNotEqualTo("Error").isNotEmpty();
    assertThat(p.integer("status", 0)).isEqualTo(r.status());
    assertThat(p.string("detail", "")).isEqualTo("what\nhappened");
    assertThat(p.string("code", "")).isEqualTo(code.name());
    assertThat(p.bool("retryable", false)).isTrue();
    assertThat(p.get("details")).isEqualTo(details);
    assertThat(r.headers().containsKey("Retry-After"))
        .isEqualTo(r.status() == 429 || r.status() == 503);
    assertThat(r.headers().containsKey("WWW-Authenticate")).isEqualTo(r.status() == 401);
  }

  @Test
  void nobodyIsToldToTryAgainWhatReachesTheSameLimitAgain() {
    Reply r = Problems.of(HostError.lasting(ErrorCode.RESOURCE_EXHAUSTED, "out of memory"));
    assertThat(r.status()).isEqualTo(429);
    assertThat(((Value.Obj) Json.read(r.body())).bool("retryable", true)).isFalse();
    assertThat(r.headers()).doesNotContainKey("Retry-After");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"abc\"|abc",
        "\"a \\\"b\\\" \\\\\"|a \"b\" \\",
        "8e03978e-40d5-43dd-bc93-6894a57f9324|8e03978e-40d5-43dd-bc93-6894a57f9324",
        "  \"x\"  |x",
      })
  void idempotencyKeysAreRead(String text, String key) {
    assertThat(IdempotencyKey.of(List.of(text), List.of())).isEqualTo(key);
    assertThat(IdempotencyKey.of(List.of(text), List.of("\"" + escaped(key) + "\"")))
        .isEqualTo(key);
  }

  private static String escaped(String s) {
    return s.replace("\\", "\\\\").replace("\"", "\\\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\"\"",
        "\"",
        "\"a",
        "a\"",
        "\"a\"b",
        "\"a\\n\"",
        "a b",
        "a,b",
        "é",
        "\"é\"",
        "\"a\";p=1",
        "\"a\", \"b\""
      })
  void malformedIdempotencyKeysAreRefused(String text) {
    assertThatThrownBy(() -> IdempotencyKey.of(List.of(text), List.of()))
        .isInstanceOf(Refusal.class)
        .hasMessageContaining("Idempotency-Key");
    assertThatThrownBy(() -> IdempotencyKey.of(List.of("a".repeat(256)), List.of()))
        .isInstanceOf(Refusal.class);
    assertThatThrownBy(() -> IdempotencyKey.of(List.of("a"), List.of("b")))
        .isInstanceOf(Refusal.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"application/json; charset=latin1", "json", "a/b\u0007", "text/"})
  void contentTypesThatCannotBeAre415(String type) {
    assertThatThrownBy(() -> Payloads.ofBody(type, new byte[] {'1'}))
        .isInstanceOfSatisfying(Refusal.class, r -> assertThat(r.status()).isEqualTo(415));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "application/json|application/json",
        "Application/JSON; charset=\"UTF-8\"|application/json",
        "application/x-www-form-urlencoded|application/json",
        "application/vnd.x+json|application/vnd.x+json",
        "text/plain|text/plain",
      })
  void contentTypesOfPayloads(String given, String type) {
    byte[] body = {' ', '{', '}'};
    assertThat(Payloads.ofBody(given, body).contentType()).isEqualTo(type);
    assertThat(Payloads.ofBody(given, body).bytes()).isEqualTo(body);
  }

  @ParameterizedTest
  @ValueSource(strings = {"7b000000", "007b007d", "efbbbf7b7d", "22ff22", "7b7d7b7d"})
  void textThatIsNotOneJsonValueInUtf8IsRefused(String hex) {
    byte[] body = java.util.HexFormat.of().parseHex(hex);
    assertThatThrownBy(() -> Payloads.ofBody(null, body)).hasMessageContaining("not valid JSON");
  }
}
