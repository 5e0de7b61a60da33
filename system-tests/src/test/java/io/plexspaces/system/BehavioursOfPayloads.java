package io.plexspaces.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

/** What goes in comes out. */
final class BehavioursOfPayloads {
  private static final String SECTION = "Payloads";
  private static final String BINDING = "Arguments and schemas";
  private static final int TEN_MEGABYTES = 10 << 20;

  private BehavioursOfPayloads() {}

  static List<Behaviour> all() {
    return List.of(
        Behaviour.of(
            SECTION,
            "Every kind of JSON value comes back as it was",
            p ->
                echoes(
                    p,
                    "{\"n\":null,\"t\":true,\"f\":false,\"i\":-7,\"d\":0.25,\"e\":1e300,"
                        + "\"s\":\"text\",\"a\":[1,[2,[]],{}],\"o\":{\"\":{\"x\":[null]}}}")),
        Behaviour.of(
            SECTION,
            "Text of any script, emoji, quotes and control characters come back as they were",
            p ->
                echoes(
                    p,
                    Json.writeString(
                        Value.Obj.builder()
                            .put("ключ", "naïve 東京 \uD83D\uDC1D \u05e9\u05dc\u05d5\u05dd")
                            .put("c", "\u0000\u0001\t\n\r\"\\/\u007f\u2028\ufeff\uffff")
                            .build()))),
        Behaviour.of(
            SECTION,
            "A message without a body is the empty object",
            p -> assertThat(p.value("echo", "")).isEqualTo(Value.Obj.EMPTY)),
        Behaviour.of(
            SECTION,
            "10 MB of text go in and come out",
            p -> {
              String big = "\"" + "ab\u00e9\u6771".repeat(TEN_MEGABYTES / 7) + "\"";
              Http.Answer a = p.ask(p.fresh(), "echo", "{\"big\":" + big + "}");
              assertThat(a.status()).as(Probe.abbreviated(a.body())).isEqualTo(200);
              assertThat(a.json().equals(Json.read("{\"big\":" + big + "}"))).isTrue();
            }),
        Behaviour.of(
            SECTION,
            "Integers keep 64 bits",
            p -> {
              assertThat(p.value("add", "{\"a\":4611686018427387904,\"b\":4611686018427387903}"))
                  .isEqualTo(new Value.Int(Long.MAX_VALUE));
              assertThat(p.value("add", "{\"a\":-4611686018427387904,\"b\":-4611686018427387904}"))
                  .isEqualTo(new Value.Int(Long.MIN_VALUE));
              assertThat(p.value("add", "{\"a\":9007199254740992,\"b\":1}"))
                  .isEqualTo(new Value.Int(9007199254740993L));
            }),
        Behaviour.of(
            SECTION,
            "Integers of 64 bits inside an untyped payload come back whole",
            p -> echoes(p, "{\"a\":[9223372036854775807,-9223372036854775808,9007199254740993]}")),
        Behaviour.of(
            SECTION,
            "A result that is not a number is an error that says so, not broken JSON",
            p -> {
              Http.Answer a = p.ask(p.fresh(), "nan", "{}");
              assertThat(a.status()).as(a.body()).isEqualTo(502);
              assertThat(a.object().string("detail", "")).containsIgnoringCase("nan");
            }),
        Behaviour.of(
            SECTION,
            "Arrays nested 400 deep come back",
            p -> {
              echoes(p, "{\"d\":" + "[".repeat(400) + "]".repeat(400) + "}");
              assertThat(Json.writeString(p.value("nested", "{\"depth\":400}")))
                  .isEqualTo("[".repeat(400) + "]".repeat(400));
            }),
        Behaviour.of(
                SECTION,
                "A reply nested too deep is an error of the actor, which goes on",
                p -> {
                  String actor = p.fresh();
                  Http.Answer a = p.ask(actor, "nested", "{\"depth\":20000}");
                  assertThat(a.status()).as(Probe.abbreviated(a.body())).isIn(400, 422, 502);
                  assertThat(p.value(actor, "add", "{\"a\":1,\"b\":2}"))
                      .isEqualTo(new Value.Int(3));
                })
            .but(
                "QuickJS writes JSON of any depth, so the reply arrives whole",
                p ->
                    assertThat(p.ask(p.fresh(), "nested", "{\"depth\":20000}").body())
                        .isEqualTo("[".repeat(20000) + "]".repeat(20000)),
                GuestLanguage.TYPESCRIPT),
        Behaviour.of(
            SECTION,
            "Long texts are made by the guest and arrive whole",
            p ->
                assertThat(p.value("text", "{\"n\":100000}"))
                    .isEqualTo(new Value.Str("\u00e9".repeat(100000)))),
        Behaviour.of(
            SECTION,
            "Bytes are bytes in the language, both ways",
            p -> {
              byte[] expected = new byte[300];
              for (int i = 0; i < expected.length; i++) {
                expected[i] = (byte) i;
              }
              assertThat(p.value("bytes", "{\"n\":300}")).isEqualTo(new Value.Bytes(expected));
              String data = Base64.getEncoder().encodeToString(expected);
              assertThat(p.value("measure", "{\"data\":{\"$bytes\":\"" + data + "\"}}"))
                  .isEqualTo(new Value.Int(300));
              echoes(p, "{\"data\":{\"$bytes\":\"" + data + "\"}}");
            }),
        Behaviour.of(
            BINDING,
            "Arguments that are left out get their defaults",
            p ->
                assertThat(p.value("typed", "{\"name\":\"ann\",\"age\":7}"))
                    .isEqualTo(
                        Json.read("{\"name\":\"ann\",\"age\":7,\"tags\":[],\"nick\":null}"))),
        Behaviour.of(
            BINDING,
            "Fields that the handler does not declare are dropped",
            p ->
                assertThat(
                        p.value(
                            "typed",
                            "{\"name\":\"ann\",\"age\":7,\"tags\":[\"a\"],\"nick\":\"n\",\"x\":1}"))
                    .isEqualTo(
                        Json.read("{\"name\":\"ann\",\"age\":7,\"tags\":[\"a\"],\"nick\":\"n\"}"))),
        Behaviour.of(
            BINDING,
            "A whole number written with a point is an integer",
            p -> assertThat(p.value("add", "{\"a\":3.0,\"b\":4}")).isEqualTo(new Value.Int(7))),
        Behaviour.of(
            BINDING,
            "A missing argument is refused by name",
            p ->
                assertThat(
                        p.refusal("typed", "{\"name\":\"ann\"}", "INVALID_ARGUMENT")
                            .string("detail", ""))
                    .contains("age")),
        Behaviour.of(
            BINDING,
            "An argument of the wrong type is refused by name, before the actor sees it",
            p -> {
              String actor = p.fresh();
              Value.Obj e =
                  p.refusal(
                      actor, "typed", "{\"name\":\"ann\",\"age\":\"old\"}", "INVALID_ARGUMENT");
              assertThat(e.string("detail", "")).contains("age").contains("integer");
              assertThat(p.http().get("/api/v1/actors/" + actor + "/status").status())
                  .as("the actor has not even started")
                  .isEqualTo(404);
            }),
        Behaviour.of(
            BINDING,
            "The module's description has a schema for typed operations",
            p -> {
              Value.Obj app = p.http().get("/api/v1/apps/" + Probe.app(p.language())).object();
              String text = Json.writeString(app);
              assertThat(text).contains("\"typed\"");
              Value.Obj typed = operation(app, "typed");
              Value.Obj input = typed.object("input");
              assertThat(input.object("properties").object("age").string("type", ""))
                  .as(text)
                  .isEqualTo("integer");
              assertThat(input.array("required"))
                  .containsExactlyInAnyOrder(new Value.Str("name"), new Value.Str("age"));
              assertThat(operation(app, "stream").bool("stream", false)).isTrue();
              assertThat(operation(app, "get").string("kind", "")).isEqualTo("query");
              assertThat(operation(app, "remember").string("kind", "")).isEqualTo("cast");
            }));
  }

  private static void echoes(Probe p, String json) throws Exception {
    assertThat(p.value("echo", json)).isEqualTo(Json.read(json.getBytes(StandardCharsets.UTF_8)));
  }

  /** The operation of the probe's type, wherever the app's description has it. */
  private static Value.Obj operation(Value v, String name) {
    Value.Obj found = find(v, name);
    assertThat(found).as(name + " in " + Json.writeString(v)).isNotNull();
    return found == null ? Value.Obj.EMPTY : found;
  }

  private static Value.@org.jspecify.annotations.Nullable Obj find(Value v, String name) {
    Iterable<Value> inner =
        switch (v) {
          case Value.Obj o -> o.fields().values();
          case Value.Arr a -> a.items();
          default -> List.of();
        };
    if (v instanceof Value.Obj o
        && o.string("name", "").equals(name)
        && o.get("kind") instanceof Value.Str) {
      return o;
    }
    for (Value i : inner) {
      Value.Obj found = find(i, name);
      if (found != null) {
        return found;
      }
    }
    return null;
  }
}
