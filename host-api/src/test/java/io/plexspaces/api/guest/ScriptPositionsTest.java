package io.plexspaces.api.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.Value;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

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
}
