package io.plexspaces.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The HTTP clients of the SDKs, each in its own language's process, against a real node that asks
 * for tokens. What they check is in {@code src/test/clients}.
 */
@Timeout(240)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClientsTest {
  private static final String CONFIG =
      """
      [supervisor]
      id = "root"
      max_restarts = 100
      max_restart_window_secs = 60

      [actor_types.probe]
      facets = [ { type = "durability", config = { checkpoint_interval = 1 } } ]
      """;

  @TempDir static Path dir;

  private @Nullable NodeProcess node;
  private String token = "";
  private Path wasm = Path.of("");
  private Path config = Path.of("");

  @BeforeAll
  void start() throws Exception {
    wasm = Files.write(dir.resolve("probe.wasm"), GuestLanguage.PYTHON.probe());
    config = Files.writeString(dir.resolve("app-config.toml"), CONFIG);
    Path secret = Files.writeString(dir.resolve("secret"), "0123456789abcdef0123456789abcdef");
    Path toml =
        Files.writeString(
            dir.resolve("plexspaces.toml"),
            "[auth]\nmode = \"jwt\"\nhs256_secret_file = \"" + secret + "\"\n");
    node = NodeProcess.start(dir.resolve("data"), Map.of(), "--config", toml.toString());
    List<String> mint = new ArrayList<>(List.of("token", "mint", "--secret-file"));
    mint.addAll(List.of(secret.toString(), "--tenant", "clients", "--role"));
    mint.add("deployer,invoker,viewer,tenant-admin");
    token = Cli.run(Map.of(), mint.toArray(String[]::new)).ok().out().trim();
  }

  @AfterAll
  void stop() {
    if (node != null) {
      node.close();
    }
  }

  @Test
  void thePythonClientSpeaksWithANode() throws Exception {
    String python = first("python3.13", "python3.14", "python3.12", "python3.11", "python3");
    assumeTrue(python != null, "skipped: no Python of 3.11 or later is here");
    ProcessBuilder b = script(List.of(String.valueOf(python)), "client.py");
    b.environment().put("PYTHONPATH", Guests.ROOT.resolve("sdk-python/src").toString());
    b.environment().put("PYTHONDONTWRITEBYTECODE", "1");
    assertThat(run(b)).contains("ok undeploys");
  }

  @Test
  void theTypeScriptClientSpeaksWithANode() throws Exception {
    ProcessBuilder b = script(List.of("node"), "client.mjs");
    b.command().add(Guests.ROOT.resolve("sdk-typescript").toString());
    assertThat(run(b)).contains("ok undeploys");
  }

  /** The first of these that runs and is not older than the SDK allows. */
  private static @Nullable String first(String... candidates) throws Exception {
    for (String python : candidates) {
      try {
        Process p =
            new ProcessBuilder(python, "-c", "import sys; sys.exit(sys.version_info < (3, 11))")
                .redirectErrorStream(true)
                .start();
        if (p.waitFor() == 0) {
          return python;
        }
      } catch (IOException e) {
        // Perhaps the next one is there.
      }
    }
    return null;
  }

  private ProcessBuilder script(List<String> program, String name) {
    NodeProcess n = node;
    if (n == null) {
      throw new IllegalStateException("the node has not started");
    }
    List<String> command = new ArrayList<>(program);
    command.add(Path.of("src/test/clients", name).toAbsolutePath().toString());
    command.addAll(List.of(n.http().base(), token, wasm.toString(), config.toString()));
    return new ProcessBuilder(command).redirectErrorStream(true);
  }

  /** What the script said, which must have ended well. */
  private static String run(ProcessBuilder b) throws Exception {
    Process p = b.start();
    try {
      String said = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(p.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(p.exitValue()).as(said).isZero();
      return said;
    } finally {
      p.destroyForcibly();
    }
  }
}
