package io.plexspaces.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.gateway.AuthConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeConfigTest {
  @TempDir private Path dir;

  private NodeConfig load(String toml, Map<String, String> environment) throws IOException {
    return NodeConfig.load(Files.writeString(dir.resolve("plexspaces.toml"), toml), environment);
  }

  @Test
  void withoutAFileANodeListensOnLoopback() {
    NodeConfig c = NodeConfig.load(null, Map.of());
    assertThat(c.bind()).isEqualTo("127.0.0.1");
    assertThat(c.port()).isEqualTo(8001);
    assertThat(c.dataDirectory()).isEqualTo(Path.of("data"));
    assertThat(c.auth()).isEqualTo(new AuthConfig.None());
  }

  @Test
  void tenantsMayBeAllowedPolyglotApps() throws IOException {
    NodeConfig c =
        load("[tenants.acme]\npolyglot = true\n[tenants.\"a.b\"]\npolyglot = false\n", Map.of());
    assertThat(c.polyglotTenants()).containsExactly("acme");
    assertThatThrownBy(() -> load("[tenants.acme]\nweight = 2\npolyglott = true\n", Map.of()))
        .hasMessageContaining("weight in [tenants.acme] is not supported by this version")
        .hasMessageContaining("unknown key \"polyglott\"");
  }

  @Test
  void pathsInAFileAreMeantFromThere() throws IOException {
    NodeConfig c =
        load(
            """
            [node]
            id = "n1"
            data_dir = "d"
            http_port = 0
            memory_budget = "128MiB"
            [auth]
            mode = "jwt"
            hs256_secret_file = "secret"
            audience = "plexspaces"
            [journal]
            idempotency_retention = "7d"
            """,
            Map.of("PLEXSPACES_NODE_ID", "n2", "PLEXSPACES_NODE", "http://other"));
    assertThat(c.id()).isEqualTo("n2");
    assertThat(c.dataDirectory()).isEqualTo(dir.resolve("d"));
    assertThat(c.memoryBudget()).isEqualTo(128L << 20);
    assertThat(c.idempotencyRetention()).isEqualTo(Duration.ofDays(7));
    assertThat(c.auth())
        .isEqualTo(
            new AuthConfig.Jwt(
                null, "plexspaces", null, dir.resolve("secret"), "tenant_id", "roles"));
    NodeConfig fromEnvironment =
        load("[node]\ndata_dir = \"d\"", Map.of("PLEXSPACES_NODE_DATA_DIR", "here"));
    assertThat(fromEnvironment.dataDirectory()).isEqualTo(Path.of("here"));
  }

  @Test
  void everyErrorIsNamedWithItsLine() {
    assertThatThrownBy(() ->
            load(
                """
                [node]
                http_prot = 1
                memory_budget = "much"
                labels = { gpu = "yes" }
                [auth]
                mode = "oauth"
                jwks_url = "https://example.com"
                [tls]
                cert = "x"
                """,
                Map.of("PLEXSPACES_NODE_HTTP_PORT", "high", "PLEXSPACES_NODE_PROT", "1")))
        .hasMessageContaining("plexspaces.toml:2: unknown key \"http_prot\" in [node]")
        .hasMessageContaining("did you mean \"http_port\"?")
        .hasMessageContaining(":3: memory_budget in [node] must be a size")
        .hasMessageContaining(":4: labels in [node] is not supported")
        .hasMessageContaining(":6: mode in [auth] must be one of")
        .hasMessageContaining(":7: jwks_url in [auth] is not supported")
        .hasMessageContaining("tls is not supported by this version")
        .hasMessageContaining("PLEXSPACES_NODE_HTTP_PORT must be an integer")
        .hasMessageContaining("PLEXSPACES_NODE_PROT is no setting");
  }

  @Test
  void keysWithoutEffectAreRefused() {
    assertThatThrownBy(() -> load("[auth]\nissuer = \"me\"", Map.of()))
        .hasMessageContaining("issuer in [auth] has no effect in mode \"none\"");
    assertThatThrownBy(() -> load("[auth]\nmode = \"jwt\"", Map.of()))
        .hasMessageContaining("needs jwks_file or hs256_secret_file");
  }

  @Test
  void aMissingFileIsNamed() {
    assertThatThrownBy(() -> NodeConfig.load(dir.resolve("none.toml"), Map.of()))
        .hasMessageContaining(dir.resolve("none.toml").toString());
  }
}
