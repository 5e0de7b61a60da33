package io.plexspaces.wasm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.HostException;
import io.plexspaces.api.guest.CodelessModule;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CodelessModuleTest {
  private static final String TEXT = "export const x = 'ü';\n";

  private static byte[] utf8(String s) {
    return s.getBytes(StandardCharsets.UTF_8);
  }

  private static CodelessModule sample() {
    SortedMap<String, byte[]> sources = new TreeMap<>();
    sources.put("main.js", utf8("import './lib/x.js';"));
    sources.put("lib/x.js", utf8(TEXT));
    return new CodelessModule("quickjs", "1", "main.js", sources, "typescript");
  }

  @Test
  void whatWasWrittenIsRead() {
    CodelessModule m = CodelessModule.read(sample().write());
    assertThat(m.engine()).isEqualTo("quickjs");
    assertThat(m.version()).isEqualTo("1");
    assertThat(m.main()).isEqualTo("main.js");
    assertThat(m.sdk()).isEqualTo("typescript");
    assertThat(m.sources().keySet()).containsExactly("lib/x.js", "main.js");
    assertThat(m.source("lib/x.js")).isEqualTo(TEXT);
    assertThat(m.source("lib/y.js")).isNull();
    assertThat(CodelessModule.engineOf(sample().write())).isEqualTo("quickjs@1");
  }

  @Test
  void equalContentGivesEqualBytes() {
    assertThat(sample().write()).isEqualTo(sample().write());
  }

  @Test
  void theArtifactIsAValidWasmModule() {
    var wasm = com.dylibso.chicory.wasm.Parser.parse(sample().write());
    assertThat(wasm.importSection().getImport(0).module()).isEqualTo("plexspaces:engine/quickjs@1");
    assertThat(wasm.codeSection().functionBodyCount()).isZero();
  }

  @Test
  void anyChangedByteIsRefusedOrHarmless() {
    byte[] good = sample().write();
    for (int i = 0; i < good.length; i++) {
      byte[] bad = good.clone();
      bad[i] ^= 0x04;
      CodelessModule m = readOrNull(bad);
      // What is not covered by a digest is the name of the SDK and of the import's field.
      if (m != null) {
        assertThat(m.sources().keySet()).isEqualTo(sample().sources().keySet());
        assertThat(m.source("lib/x.js")).isEqualTo(TEXT);
      }
    }
  }

  @Test
  void everyTruncationIsRefused() {
    byte[] good = sample().write();
    for (int n = 0; n < good.length; n++) {
      assertThat(readOrNull(Arrays.copyOf(good, n))).as("first %d bytes", n).isNull();
      CodelessModule.engineOf(Arrays.copyOf(good, n));
    }
  }

  @Test
  void garbageIsRefusedAndNeverAccepted() {
    Random random = new Random(7);
    for (int i = 0; i < 2000; i++) {
      byte[] garbage = new byte[random.nextInt(200)];
      random.nextBytes(garbage);
      if (i % 2 == 0 && garbage.length >= 8) {
        System.arraycopy(HexFormat.of().parseHex("0061736d01000000"), 0, garbage, 0, 8);
      }
      assertThat(readOrNull(garbage)).isNull();
      assertThat(CodelessModule.engineOf(garbage)).isNull();
    }
  }

  @Test
  void theReasonNamesTheOffender() {
    byte[] good = sample().write();
    byte[] changed = good.clone();
    changed[good.length - 3] ^= 1;
    assertRefused(changed, "the source \"main.js\" was changed");
    assertRefused(append(good, custom("plexspaces.src:evil.js", "1")), "\"evil.js\" is not in its");
    assertRefused(
        append(good, custom("plexspaces.src:main.js", "1")), "\"main.js\" is there twice");
    assertRefused(
        append(good, custom("plexspaces.sig", "1")), "unknown section \"plexspaces.sig\"");
    assertRefused(append(good, custom("plexspaces.manifest", "{}")), "two manifests");
    assertRefused(
        append(good, custom("plexspaces.src:../x.js", "1")), "\"../x.js\" is not a relative");
    assertRefused(append(good, new byte[] {10, 1, 0}), "has no code, but it has section 10");
    assertRefused(append(good, new byte[] {0, (byte) 0xff, (byte) 0xff, 1}), "says it has 32767");
    assertRefused(new byte[] {0, 'a', 's', 'm', 1, 0, 0, 0}, "does not import an engine");
    assertThat(CodelessModule.read(append(good, custom("producers", "x")))).isNotNull();
  }

  @Test
  void aModuleWithoutItsMainFileOrWithABadPathIsRefused() {
    SortedMap<String, byte[]> sources = new TreeMap<>();
    sources.put("a.js", utf8("1"));
    assertThatThrownBy(() -> new CodelessModule("quickjs", "1", "b.js", sources, "x"))
        .hasMessageContaining("main file \"b.js\" is not among its sources");
    sources.put("/abs.js", utf8("1"));
    assertThatThrownBy(() -> new CodelessModule("quickjs", "1", "a.js", sources, "x"))
        .hasMessageContaining("\"/abs.js\" is not a relative path");
    sources.remove("/abs.js");
    sources.put("a.js", new byte[] {(byte) 0xff});
    assertThatThrownBy(() -> new CodelessModule("quickjs", "1", "a.js", sources, "x"))
        .hasMessageContaining("\"a.js\" is not UTF-8");
  }

  private static @Nullable CodelessModule readOrNull(byte[] bytes) {
    try {
      return CodelessModule.read(bytes);
    } catch (HostException e) {
      return null;
    }
  }

  private static void assertRefused(byte[] artifact, String why) {
    assertThatThrownBy(() -> CodelessModule.read(artifact))
        .isInstanceOf(HostException.class)
        .hasMessageContaining(why);
  }

  private static byte[] custom(String name, String content) {
    byte[] n = utf8(name);
    byte[] c = utf8(content);
    byte[] out = new byte[3 + n.length + c.length];
    out[1] = (byte) (1 + n.length + c.length);
    out[2] = (byte) n.length;
    System.arraycopy(n, 0, out, 3, n.length);
    System.arraycopy(c, 0, out, 3 + n.length, c.length);
    return out;
  }

  private static byte[] append(byte[] a, byte[] b) {
    byte[] out = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, out, a.length, b.length);
    return out;
  }
}
