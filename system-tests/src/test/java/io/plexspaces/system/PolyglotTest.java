package io.plexspaces.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.cli.Node;
import io.plexspaces.cli.NodeConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An app that runs in a context of the JVM, as its tenant may or may not. */
class PolyglotTest {
  private static final Path SOURCE = Path.of("src/test/guests/counter.js");

  @TempDir private Path dir;

  private NodeConfig allowed(String... tenants) {
    return NodeConfig.local(dir, 0).withPolyglotTenants(Set.of(tenants));
  }

  private static String config() {
    return "name = \"poly\"\nruntime = \"graaljs\"\n" + Guests.counterConfig(true);
  }

  @Test
  void isRefusedWithoutPermissionRunsWithItAndOutlivesARestart() throws Exception {
    byte[] artifact = Guests.build(SOURCE);
    try (Node node = Node.start(allowed())) {
      Http.Answer refused = new Http(node.url()).deploy("poly", artifact, config());
      assertThat(refused.status()).as(refused.body()).isEqualTo(403);
      assertThat(refused.body()).contains("polyglot = true under [tenants.default]");
    }
    try (Node node = Node.start(allowed("default"))) {
      Http http = new Http(node.url());
      Http.Answer deployed = http.deploy("poly", artifact, config());
      assertThat(deployed.status()).as(deployed.body()).isEqualTo(201);
      assertThat(http.ask("poly/counter/main", "increment", "{\"by\":2}").status()).isEqualTo(200);
      assertThat(Guests.count(http.ask("poly/counter/main", "get", "").body())).isEqualTo(2);
    }
    try (Node node = Node.start(allowed("default"))) {
      Http http = new Http(node.url());
      assertThat(Guests.count(http.ask("poly/counter/main", "get", "").body())).isEqualTo(2);
    }
    // The permission was taken away: the app is there and says why it does not run.
    try (Node node = Node.start(allowed())) {
      assertThat(node.failedApps()).isEqualTo(1);
      assertThat(new Http(node.url()).get("/api/v1/apps/poly").body())
          .contains("polyglot = true under [tenants.default]");
    }
  }

  /** The engines are on the class path here, so nothing but the node's restraint keeps them out. */
  @Test
  void aNodeThatRunsNoneLoadsNoClassOfTheEngines() throws Exception {
    Path classes = dir.resolve("classes.log");
    String flag = "-Xlog:class+load=info:file=" + classes + ":none";
    try (NodeProcess node = NodeProcess.start(dir.resolve("data"), Map.of(), List.of(flag))) {
      Http http = node.http();
      Http.Answer deployed =
          http.deploy(
              "poly", Guests.build(SOURCE), "name = \"poly\"\n" + Guests.counterConfig(true));
      assertThat(deployed.status()).as(deployed.body()).isEqualTo(201);
      assertThat(http.ask("poly/counter/main", "increment", "{\"by\":2}").status()).isEqualTo(200);
    }
    assertThat(Files.readAllLines(classes))
        .anyMatch(line -> line.contains("io.plexspaces.wasm.quickjs.QuickJsEngine"))
        .noneMatch(line -> line.contains("com.oracle.") || line.contains("org.graalvm"));
  }
}
