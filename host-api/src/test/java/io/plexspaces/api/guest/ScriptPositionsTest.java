package io.plexspaces.api.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.Value;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class ScriptPositionsTest {
  // Generated line 1 is unknown, line 2 from column 1 is a.ts:1:1, from column 5 a.ts:3:3, and from
  // column 9 b.ts:101:2; line 3 begins with a part that comes from nowhere.
  private static final String MAP =
      """
      {"version":3,"sources":["src/a.ts","src/b.ts"],"names":[],
       "mappings":";AAAA,IAEE,ICkGD;A"}
      """;
  private final ScriptPositions positions =
      new ScriptPositions(Map.of("main.js.map", MAP.getBytes(StandardCharsets.UTF_8)));

  @Test
  void placesBecomeThoseOfTheSource() {
    assertThat(positions.original("at f (main.js:2:1)")).isEqualTo("at f (src/a.ts:1:1)");
    assertThat(positions.original("at f (main.js:2:4)")).isEqualTo("at f (src/a.ts:1:1)");
    assertThat(positions.original("at f (/main.js:2:4)")).isEqualTo("at f (src/a.ts:1:1)");
    assertThat(positions.original("at main.js:2:5")).isEqualTo("at src/a.ts:3:3");
    assertThat(positions.original("main.js:2:8, main.js:2:900"))
        .isEqualTo("src/a.ts:3:3, src/b.ts:101:2");
  }

  @Test
  void whatIsUnknownStaysAsItIs() {
    for (String same :
        new String[] {
          "main.js:1:1", "main.js:3:1", "main.js:99:1", "other.js:2:1", "main.js: gone", ""
        }) {
      assertThat(positions.original(same)).isEqualTo(same);
    }
    ScriptPositions broken =
        new ScriptPositions(
            Map.of("main.js.map", "{\"mappings\":\"!\"}".getBytes(StandardCharsets.UTF_8)));
    assertThat(broken.original("main.js:1:1")).isEqualTo("main.js:1:1");
    assertThat(new ScriptPositions(Map.of()).original("main.js:2:1")).isEqualTo("main.js:2:1");
  }

  @Test
  void aStackLosesTheFramesOfTheSdkBelowTheHandler() {
    String stack =
        """
            at g (@plexspaces/sdk/host.js:1:2)
            at onGo (main.js:2:5)
            at handle (@plexspaces/sdk/runtime.js:9:9)
            at call (@plexspaces/sdk/runtime.js:1:1)
        """;
    HostError e =
        positions.original(
            new HostError(
                ErrorCode.INTERNAL,
                "boom",
                false,
                Value.Obj.builder().put("stack", stack).put("n", 1).build(),
                false));
    assertThat(((Value.Obj) e.details()).string("stack", ""))
        .isEqualTo("    at g (@plexspaces/sdk/host.js:1:2)\n    at onGo (src/a.ts:3:3)");
    assertThat(((Value.Obj) e.details()).integer("n", 0)).isEqualTo(1);
  }

  @Test
  @Timeout(20) // where each start was tried, 20 such texts took minutes
  void aLongWordBeforeAPositionIsLookedAtOnce() {
    String word = "w".repeat(64 << 10);
    for (int i = 0; i < 20; i++) {
      assertThat(positions.original(word + "js:")).isEqualTo(word + "js:");
      assertThat(positions.original(word + " main.js:2:1")).isEqualTo(word + " src/a.ts:1:1");
    }
  }

  @Test
  void whatFollowsAPositionIsKeptAndManyAreTranslated() {
    assertThat(positions.original("main.js:2:")).isEqualTo("src/a.ts:1:1:");
    assertThat(positions.original("main.js:2:5:main.js:2")).isEqualTo("src/a.ts:3:3:src/a.ts:1:1");
    assertThat(positions.original("js:2 main.js:x main.js:2:1 x.js:2:1"))
        .isEqualTo("js:2 main.js:x src/a.ts:1:1 x.js:2:1");
    assertThat(positions.original("ämain.js:2:1")).isEqualTo("äsrc/a.ts:1:1");
  }

  private static byte[] map(String mappings) {
    return ("{\"sources\":[\"a.ts\"],\"mappings\":\"" + mappings + "\"}")
        .getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void aMapOfManyEmptyLinesTakesFewBytesForEach() {
    byte[] json = map(";".repeat(190_000) + "AAAA");
    SourceMap map = SourceMap.parse(json);
    assertThat(map.original(190_001, 1)).isEqualTo("a.ts:1:1");
    assertThat(map.original(190_002, 1)).isNull();
    assertThat(map.bytes()).isLessThan(5L * json.length);
  }

  @Test
  void aMapBeyondTheLimitsIsNotUsed() {
    for (String large :
        new String[] {
          "AAAA" + ";".repeat(4 << 20),
          "AAAA" + ",AAAA".repeat(600_000),
          "AAAA" + " ".repeat(SourceMap.MAX_BYTES)
        }) {
      assertThatThrownBy(() -> SourceMap.parse(map(large))).hasMessageContaining("too large");
      assertThat(new ScriptPositions(Map.of("main.js.map", map(large))).original("main.js:1:1"))
          .isEqualTo("main.js:1:1");
    }
  }

  @Test
  void aMapThatCannotBeReadIsTriedOnce() {
    Map<String, byte[]> sources = new HashMap<>(Map.of("main.js.map", map("!")));
    ScriptPositions broken = new ScriptPositions(sources);
    assertThat(broken.original("main.js:1:1")).isEqualTo("main.js:1:1");
    sources.put("main.js.map", map("AAAA"));
    assertThat(broken.original("main.js:1:1")).isEqualTo("main.js:1:1");
  }

  @Test
  void anErrorIsCutBeforeItIsTranslatedAndAfterwards() {
    byte[] named =
        ("{\"sources\":[\"" + "s".repeat(1 << 20) + "\"],\"mappings\":\"AAAA\"}")
            .getBytes(StandardCharsets.UTF_8);
    String text = "main.js:1:1 ".repeat(100_000);
    HostError e =
        new ScriptPositions(Map.of("main.js.map", named))
            .original(
                new HostError(
                    ErrorCode.INTERNAL,
                    text,
                    false,
                    Value.Obj.builder().put("stack", text).build(),
                    false));
    assertThat(e.message()).startsWith("sss").hasSizeLessThan(GuestErrors.MAX_TEXT + 10);
    assertThat(((Value.Obj) e.details()).string("stack", ""))
        .startsWith("sss")
        .hasSizeLessThan(GuestErrors.MAX_TEXT + 10);
  }
}
