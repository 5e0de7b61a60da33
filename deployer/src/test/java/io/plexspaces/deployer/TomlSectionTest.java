package io.plexspaces.deployer;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What readers of other files than an app's configuration need. */
class TomlSectionTest {
  private static final String FILE =
      """
      [node]
      http_port = 8001
      bind = "127.0.0.1"
      tls = false
      grace = "5s"
      allow = ["a"]
      """;

  @Test
  void theEnvironmentWinsOverTheFile() {
    TomlDocument document = TomlDocument.parse("plexspaces.toml", FILE);
    Map<String, String> variables =
        Map.of(
            "PLEXSPACES_NODE_HTTP_PORT", "9000",
            "PLEXSPACES_NODE_TLS", "true",
            "PLEXSPACES_NODE_GRACE", "1m",
            "PLEXSPACES_NODE_ALLOW", "x, y",
            "PLEXSPACES_AUTH_MODE", "jwt");
    TomlSection root = document.root("PLEXSPACES", variables::get);
    TomlSection node = root.table("node");
    assertThat(node.integer("http_port", 0, 65_535)).contains(9000L);
    assertThat(node.string("bind")).contains("127.0.0.1");
    assertThat(node.bool("tls")).contains(true);
    assertThat(node.duration("grace", Duration.ZERO, Duration.ofHours(1)))
        .contains(Duration.ofMinutes(1));
    assertThat(node.strings("allow")).contains(List.of("x", "y"));
    node.done();
    // A table that only the environment speaks of.
    assertThat(root.table("auth").string("mode")).contains("jwt");
    root.done();
    assertThat(document.errors().list()).isEmpty();
  }

  @Test
  void errorsOfTheEnvironmentNameTheVariable() {
    TomlDocument document = TomlDocument.parse("plexspaces.toml", FILE);
    Map<String, String> variables =
        Map.of("PLEXSPACES_NODE_HTTP_PORT", "many", "PLEXSPACES_NODE_TLS", "yes");
    TomlSection node = document.root("PLEXSPACES", variables::get).table("node");
    assertThat(node.integer("http_port", 0, 65_535)).isEmpty();
    assertThat(node.bool("tls")).isEmpty();
    assertThat(document.errors().list())
        .extracting(ConfigErrors.ConfigError::message)
        .containsExactly(
            "PLEXSPACES_NODE_HTTP_PORT must be an integer, it is \"many\"",
            "PLEXSPACES_NODE_TLS must be true or false, it is \"yes\"");
    assertThat(document.errors().toException())
        .hasMessageContaining("plexspaces.toml: PLEXSPACES_NODE_HTTP_PORT must be");
  }

  @Test
  void unitsAreShownInTheLargestThatDividesThem() {
    assertThat(Units.show(Duration.ofMillis(1500))).isEqualTo("1500ms");
    assertThat(Units.show(Duration.ofDays(2))).isEqualTo("2d");
    assertThat(Units.show(Duration.ZERO)).isEqualTo("0ms");
    assertThat(Units.show(1536L)).isEqualTo("1536B");
    assertThat(Units.show(4L << 30)).isEqualTo("4GiB");
  }
}
