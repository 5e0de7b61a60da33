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
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code plexspaces new} writes passes its own tests at once, and builds the same twice. */
@Timeout(600)
class ScaffoldTest {
  @TempDir Path dir;

  private static Cli.Result plexspaces(String... args) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(NodeProcess.java(args));
    command.add(1, "-Dplexspaces.home=" + Guests.ROOT);
    command.add(1, "-Dplexspaces.tools=" + Guests.ROOT.resolve("sdk-typescript/node_modules/.bin"));
    return Cli.run(command, Map.of());
  }

  @ParameterizedTest
  @CsvSource({
    "python, sdk-python/src/plexspaces/testing, python3 -m pytest -q",
    "typescript, sdk-typescript/testing, node --test",
    "javascript, sdk-typescript/testing, node --test",
    "rust, sdk-rust/src/testing, cargo test --offline -q",
    "go, sdk-go/plextest, go test ./...",
  })
  void passesItsTestsAndBuilds(String language, String sdk, String tests) throws Exception {
    assumeTrue(Files.isDirectory(Guests.ROOT.resolve(sdk)), "skipped: there is no " + sdk);
    String tool = tests.substring(0, tests.indexOf(' '));
    assumeTrue(isThere(tests), "skipped: " + tool + " is not installed here");
    assumeTrue(
        !tool.equals("node")
            || Files.isDirectory(Guests.ROOT.resolve("sdk-typescript/node_modules/esbuild")),
        "skipped: sdk-typescript/node_modules has no esbuild; run npm ci there");
    Path project = dir.resolve("my-app");
    plexspaces("new", "my-app", "--lang", language, "--dir", project.toString()).ok();
    assertThat(project.resolve(".gitignore")).exists();

    Process p =
        new ProcessBuilder(tests.split(" "))
            .directory(project.toFile())
            .redirectErrorStream(true)
            .start();
    String said = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(p.waitFor()).as(said).isZero();

    Path first = dir.resolve("1.wasm");
    Cli.Result built = plexspaces("build", project.toString(), "-o", first.toString());
    assumeTrue(
        built.status() == 0 || !built.err().contains("was not found"), "skipped: " + built.err());
    built.ok();
    Path second = dir.resolve("2.wasm");
    plexspaces("build", project.toString(), "-o", second.toString()).ok();
    assertThat(first).hasSameBinaryContentAs(second);

    Cli.Result checked = plexspaces("build", project.toString(), "--check");
    assumeTrue(
        checked.status() == 0 || !checked.err().contains("no engine"), "skipped: " + checked.err());
    assertThat(checked.ok().out()).contains("counter", "increment", "board", "total");
  }

  private static boolean isThere(String command) throws InterruptedException {
    List<String> version =
        command.startsWith("python3")
            ? List.of("python3", "-m", "pytest", "--version")
            : command.startsWith("go ")
                ? List.of("go", "version")
                : List.of(command.substring(0, command.indexOf(' ')), "--version");
    try {
      Process p = new ProcessBuilder(version).redirectErrorStream(true).start();
      p.getInputStream().readAllBytes();
      return p.waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }
}
