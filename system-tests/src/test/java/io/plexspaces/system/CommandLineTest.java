package io.plexspaces.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.Value;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A user's first hour on the command line, against a real node. */
@Timeout(180)
class CommandLineTest {
  @TempDir Path dir;

  @Test
  void deployAskShowUndeploy() throws Exception {
    Guests.counter();
    Path wasm = dir.resolve("counter.wasm");
    Path config = Files.writeString(dir.resolve("app-config.toml"), Guests.counterConfig(true));
    Map<String, String> none = Map.of();
    Cli.run(none, "build", "src/test/guests/counter.js", "-o", wasm.toString()).ok();
    try (NodeProcess node = NodeProcess.start(dir.resolve("data"))) {
      Map<String, String> env = Map.of("PLEXSPACES_NODE", node.http().base());

      Cli.run(
              env,
              "deploy",
              "--app",
              "shop",
              "--wasm",
              wasm.toString(),
              "--config",
              config.toString())
          .ok();
      Cli.Result again =
          Cli.run(
              env,
              "deploy",
              "--app",
              "shop",
              "--wasm",
              wasm.toString(),
              "--config",
              config.toString());
      assertThat(again.status()).isEqualTo(1);
      assertThat(again.err()).contains("shop").contains("undeploy it first");

      assertThat(
              Cli.run(env, "actor", "ask", "shop/counter/main", "increment", "{\"by\":2}")
                  .ok()
                  .json())
          .isEqualTo(Value.Obj.builder().put("count", 2).build());
      Cli.run(env, "actor", "send", "shop/counter/a b/ü", "increment").ok();
      assertThat(Cli.run(env, "actor", "ask", "shop/counter/a b/ü", "get").ok().out().trim())
          .isEqualTo("1");

      Cli.Result refused =
          Cli.run(env, "actor", "ask", "shop/counter/main", "increment", "{\"by\":-1}");
      assertThat(refused.status()).isEqualTo(1);
      assertThat(refused.err()).contains("by must not be negative").doesNotContain("\tat ");
      assertThat(Cli.run(env, "actor", "aks", "shop/counter/main").status()).isEqualTo(2);

      assertThat(Cli.run(env, "apps").ok().out()).contains("shop").contains("running");
      assertThat(Cli.run(env, "actor", "tree", "shop").ok().out()).contains("counter/main");
      assertThat(Cli.run(env, "actor", "state", "shop/counter/main").ok().out())
          .contains("\"count\"")
          .contains("2");
      assertThat(Cli.run(env, "--output", "json", "app", "show", "shop").ok().json())
          .isInstanceOf(Value.Obj.class);
      Cli.run(env, "app", "restart", "shop").ok();
      assertThat(Cli.run(env, "actor", "ask", "shop/counter/main", "get").ok().out().trim())
          .isEqualTo("2");

      Cli.run(env, "undeploy", "--app", "shop", "--purge").ok();
      Cli.Result gone = Cli.run(env, "actor", "ask", "shop/counter/main", "get");
      assertThat(gone.status()).isEqualTo(1);
      assertThat(gone.err().strip().lines()).hasSize(1);
      assertThat(gone.err()).contains("there is no app \"shop\"");
    }
  }

  @Test
  void tokensDecideWhatIsSeenAndDone() throws Exception {
    Guests.counter();
    Path secret = Files.writeString(dir.resolve("secret"), "0123456789abcdef0123456789abcdef");
    Path toml =
        Files.writeString(
            dir.resolve("plexspaces.toml"),
            "[auth]\nmode = \"jwt\"\nhs256_secret_file = \"" + secret + "\"\n");
    Path wasm = dir.resolve("counter.wasm");
    Cli.run(Map.of(), "build", "src/test/guests/counter.js", "-o", wasm.toString()).ok();
    Path config = Files.writeString(dir.resolve("app-config.toml"), Guests.counterConfig(false));
    try (NodeProcess node =
        NodeProcess.start(dir.resolve("data"), Map.of(), "--config", toml.toString())) {
      Map<String, String> red = tokens(node, secret, "red", "deployer,invoker,viewer");
      Map<String, String> blue = tokens(node, secret, "blue", "deployer,invoker,viewer");
      Map<String, String> redViewer = tokens(node, secret, "red", "viewer");
      for (Map<String, String> tenant : java.util.List.of(red, blue)) {
        Cli.run(
                tenant,
                "deploy",
                "--app",
                "shop",
                "--wasm",
                wasm.toString(),
                "--config",
                config.toString())
            .ok();
      }
      Cli.run(red, "actor", "ask", "shop/counter/main", "increment").ok();
      assertThat(Cli.run(blue, "actor", "ask", "shop/counter/main", "get").ok().out().trim())
          .isEqualTo("0");
      assertThat(Cli.run(red, "actor", "ask", "shop/counter/main", "get").ok().out().trim())
          .isEqualTo("1");
      Cli.Result denied = Cli.run(redViewer, "actor", "ask", "shop/counter/main", "increment");
      assertThat(denied.status()).isEqualTo(1);
      assertThat(denied.err()).contains("invoker");
      assertThat(Cli.run(redViewer, "apps").ok().out()).contains("shop");
      assertThat(Cli.run(redViewer, "metrics", "--raw").ok().out())
          .contains("tenant=\"red\"")
          .doesNotContain("tenant=\"blue\"");
      assertThat(node.http().get("/api/v1/apps").status()).isEqualTo(401);
    }
  }

  private static Map<String, String> tokens(
      NodeProcess node, Path secret, String tenant, String roles) throws Exception {
    String token =
        Cli.run(
                Map.of(),
                "token",
                "mint",
                "--secret-file",
                secret.toString(),
                "--tenant",
                tenant,
                "--role",
                roles)
            .ok()
            .out()
            .trim();
    return Map.of("PLEXSPACES_NODE", node.http().base(), "PLEXSPACES_TOKEN", token);
  }
}
