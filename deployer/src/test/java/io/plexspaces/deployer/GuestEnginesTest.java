package io.plexspaces.deployer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.guest.CodelessModule;
import io.plexspaces.api.guest.GuestEngine;
import io.plexspaces.api.guest.GuestLimits;
import io.plexspaces.api.guest.GuestModule;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class GuestEnginesTest {
  private static final byte[] JAVA_SCRIPT = artifact("quickjs", "1");
  private static final byte[] CORE = {0, 'a', 's', 'm', 1, 0, 0, 0};

  private final GuestEngines engines =
      new GuestEngines(
          List.of(engine("quickjs", "quickjs")),
          List.of(engine("graalpy", "python"), engine("graaljs", "quickjs")),
          "trusted"::equals,
          1 << 20);

  private static byte[] artifact(String engine, String version) {
    TreeMap<String, byte[]> sources = new TreeMap<>();
    sources.put("main", "1".getBytes(UTF_8));
    return new CodelessModule(engine, version, "main", sources, "test").write();
  }

  private static GuestEngine engine(String name, String artifacts) {
    return new GuestEngine() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public boolean accepts(byte[] artifact) {
        return String.valueOf(CodelessModule.engineOf(artifact)).startsWith(artifacts + "@");
      }

      @Override
      public GuestModule load(byte[] artifact, GuestLimits limits) {
        throw new UnsupportedOperationException();
      }

      @Override
      public void close() {}
    };
  }

  private String picked(String runtime, String tenant, byte[] artifact) {
    return engines.pick(artifact, new RuntimeChoice(runtime, 3), tenant).name();
  }

  @Test
  void theRuntimeOfTheConfigurationChoosesTheEngine() {
    assertThat(picked("auto", "trusted", JAVA_SCRIPT)).isEqualTo("quickjs");
    assertThat(picked("wasm", "other", JAVA_SCRIPT)).isEqualTo("quickjs");
    assertThat(picked("graaljs", "trusted", JAVA_SCRIPT)).isEqualTo("graaljs");
    assertThat(picked("graalpy", "trusted", artifact("python", "3.13"))).isEqualTo("graalpy");
  }

  @Test
  void aTenantWithoutPermissionIsToldTheSetting() {
    assertThatThrownBy(() -> picked("graaljs", "other", JAVA_SCRIPT))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.PERMISSION_DENIED))
        .hasMessageContaining("app-config.toml:3")
        .hasMessageContaining("polyglot = true under [tenants.other]");
    assertThatThrownBy(() -> picked("graaljs", "a.b", JAVA_SCRIPT))
        .hasMessageContaining("[tenants.\"a.b\"]");
  }

  @Test
  void anArtifactOfAnotherLanguageIsRefusedWithFileAndLine() {
    assertThatThrownBy(() -> picked("graalpy", "trusted", JAVA_SCRIPT))
        .hasMessageContaining("app-config.toml:3: runtime = \"graalpy\" does not run this artifact")
        .hasMessageContaining("for quickjs@1");
    assertThatThrownBy(() -> picked("graaljs", "trusted", CORE))
        .hasMessageContaining("compiled WASM");
    assertThatThrownBy(() -> picked("graaljs", "trusted", new byte[0]))
        .hasMessageContaining("the artifact is empty");
  }
}
