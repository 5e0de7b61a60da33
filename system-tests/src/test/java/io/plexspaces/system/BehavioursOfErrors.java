package io.plexspaces.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.util.List;

/** What goes wrong has a code, a message, and no consequences for others. */
final class BehavioursOfErrors {
  private static final String SECTION = "Errors";
  private static final String LIMITS = "Limits";

  private BehavioursOfErrors() {}

  static List<Behaviour> all() {
    return List.of(
        Behaviour.of(
            SECTION,
            "A business error has the handler's code and message and is never a 5xx",
            p -> {
              for (ErrorCode code : ErrorCode.values()) {
                Http.Answer a =
                    p.ask(
                        p.fresh(),
                        "fail",
                        "{\"how\":\"business\",\"code\":\""
                            + code
                            + "\",\"message\":\"no \u00e9\"}");
                assertThat(a.status()).as(a.body()).isBetween(400, 499);
                assertThat(a.object().string("code", "")).isEqualTo(code.name());
                assertThat(a.object().string("detail", "")).contains("no \u00e9");
              }
            }),
        Behaviour.of(
            SECTION,
            "A business error undoes what the turn did to the state",
            BehavioursOfErrors::refusalUndoes),
        Behaviour.of(
            SECTION,
            "An invalid argument in the language's own terms is INVALID_ARGUMENT, and no crash",
            p -> p.refusal("fail", "{\"how\":\"value\",\"message\":\"m\"}", "INVALID_ARGUMENT")),
        Behaviour.of(
            SECTION,
            "A system error crashes the turn; a recoverable one may be tried again",
            p -> {
              Value.Obj e =
                  p.refusal("fail", "{\"how\":\"system\",\"message\":\"disk\"}", "INTERNAL");
              assertThat(e.string("detail", "")).contains("disk");
              assertThat(e.bool("retryable", true)).isFalse();
              Value.Obj r =
                  p.refusal(
                      "fail", "{\"how\":\"recoverable\",\"message\":\"busy\"}", "UNAVAILABLE");
              assertThat(r.string("detail", "")).contains("busy");
              assertThat(r.bool("retryable", false)).isTrue();
            }),
        Behaviour.of(
            SECTION,
            "An uncaught error is 502 with its message, and names the user's file and line",
            p -> {
              Value.Obj e =
                  p.refusal("fail", "{\"how\":\"crash\",\"message\":\"boom-7\"}", "INTERNAL");
              assertThat(Json.writeString(e))
                  .containsPattern("(" + file(p.language()) + ")(:|\\\\\", line )[0-9]+");
            }),
        Behaviour.of(
            SECTION,
            "After a crash the actor serves again",
            p -> {
              String actor = p.fresh();
              p.refusal(actor, "fail", "{\"how\":\"crash\"}", "INTERNAL");
              assertThat(p.value(actor, "add", "{\"a\":1,\"b\":2}")).isEqualTo(new Value.Int(3));
            }),
        Behaviour.of(
            SECTION,
            "An operation that is not there is NOT_FOUND and says what there is",
            p ->
                assertThat(p.refusal("ecko", "{}", "NOT_FOUND").string("detail", ""))
                    .contains("ecko")
                    .contains("echo")),
        Behaviour.of(
            SECTION,
            "An error of a host call is caught with its code, message and retryable",
            p -> {
              Value.Obj e =
                  p.caught("ask", "{\"target\":\"nosuch/probe/x\",\"op\":\"echo\",\"payload\":{}}");
              assertThat(e.string("code", "")).as(e.toString()).isEqualTo("NOT_FOUND");
              assertThat(e.string("message", "")).contains("nosuch");
              assertThat(e.get("retryable")).isEqualTo(new Value.Bool(false));
            }),
        Behaviour.of(
            SECTION,
            "An error of a host call that a handler lets through fails its turn, and restarts nobody",
            p -> {
              String actor = p.fresh();
              long before = restarts(p);
              for (int i = 0; i < 12; i++) {
                p.refusal(
                    actor,
                    "host",
                    "{\"operation\":\"ask\",\"args\":{\"target\":\"nosuch/probe/x\",\"op\":\"echo\","
                        + "\"payload\":{}}}",
                    "NOT_FOUND");
              }
              assertThat(restarts(p)).isEqualTo(before);
            }),
        Behaviour.of(
            SECTION,
            "The callee's business error is the caller's to catch",
            p -> {
              Value.Obj e =
                  p.caught(
                      "ask",
                      "{\"target\":\"probe/other\",\"op\":\"fail\",\"payload\":{\"how\":\"business\","
                          + "\"code\":\"ABORTED\",\"message\":\"try later\"}}");
              assertThat(e.string("code", "")).isEqualTo("ABORTED");
              assertThat(e.string("message", "")).isEqualTo("try later");
            }),
        Behaviour.of(
            SECTION,
            "A host operation of a later version is UNIMPLEMENTED and named",
            p -> {
              Value.Obj e = p.caught("checkpoint", "{}");
              assertThat(e.string("code", "")).isEqualTo("UNIMPLEMENTED");
              assertThat(e.string("message", "")).contains("checkpoint");
            }),
        Behaviour.of(
            LIMITS,
            "An endless loop is stopped by turn_timeout, and the actor goes on",
            p -> stoppedAndGoesOn(p, "spin", "turn_timeout")),
        Behaviour.of(
            LIMITS,
            "Endless recursion fails its turn, and the actor goes on",
            p -> {
              String actor = p.fresh();
              Http.Answer a = p.ask(actor, "recurse", "{}");
              assertThat(a.status()).as(Probe.abbreviated(a.body())).isEqualTo(502);
              assertThat(p.value(actor, "add", "{\"a\":1,\"b\":2}")).isEqualTo(new Value.Int(3));
            }),
        Behaviour.of(
                LIMITS,
                "Endless allocation fails its turn at memory_per_actor, and the actor goes on",
                p -> {
                  String actor = p.fresh();
                  Http.Answer a = p.ask(actor, "allocate", "{}");
                  assertThat(a.status()).as(Probe.abbreviated(a.body())).isEqualTo(429);
                  assertThat(a.body()).contains("memory_per_actor");
                  assertThat(p.value(actor, "add", "{\"a\":1,\"b\":2}"))
                      .isEqualTo(new Value.Int(3));
                })
            .untried(
                "Not tried: the JVM cannot cap the memory of one context, so an app that allocates without end"
                    + " takes the node with it. Such guests are for trusted code",
                GuestLanguage.GRAALPY,
                GuestLanguage.GRAALJS));
  }

  private static long restarts(Probe p) throws Exception {
    return p.http().get("/api/v1/apps/" + Probe.app(p.language())).object().integer("restarts", -1);
  }

  private static void refusalUndoes(Probe p) throws Exception {
    String actor = p.fresh();
    p.value(actor, "set", "{\"key\":\"a\",\"value\":0}");
    p.refusal(actor, "set_and_fail", "{\"key\":\"a\",\"value\":1}", "FAILED_PRECONDITION");
    assertThat(p.value(actor, "get", "{\"key\":\"a\"}")).isEqualTo(new Value.Int(0));
  }

  private static void stoppedAndGoesOn(Probe p, String op, String why) throws Exception {
    String actor = p.freshStrict();
    p.value(actor, "set", "{\"key\":\"a\",\"value\":5}");
    Http.Answer a = p.ask(actor, op, "{}");
    assertThat(a.status()).as(Probe.abbreviated(a.body())).isEqualTo(504);
    assertThat(a.body()).contains(why);
    assertThat(p.value(actor, "get", "{\"key\":\"a\"}")).isEqualTo(new Value.Int(5));
  }

  /** The probe's source file, as errors name it. */
  private static String file(GuestLanguage language) {
    return switch (language.source()) {
      case "python" -> "probe\\.py";
      case "typescript" -> "probe\\.ts";
      case "rust" -> "lib\\.rs";
      default -> "probe\\.go|main\\.go";
    };
  }
}
