package io.plexspaces.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.plexspaces.api.Value;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What {@code plexspaces new} writes: tested, checked, built, deployed and asked as it is. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(600)
class ScaffoldTest {
  private static final String ESBUILD =
      Guests.ROOT.resolve("sdk-typescript/node_modules/.bin").toString();

  @TempDir static Path dir;

  private NodeProcess node;
  private Path cache;

  /**
   * A language, how its project is tested, and what must answer for that.
   *
   * <p>The kind and the types of the row {@code increment} differ where languages do.
   */
  enum Language {
    PYTHON("python3 -m pytest", "python3 -m pytest --version", "by: integer = 1 +integer"),
    TYPESCRIPT("npm test", "npm --version", "by: integer = 1 +integer"),
    JAVASCRIPT("npm test", "npm --version", "by: number = 1"),
    RUST("cargo test", "cargo --version", "by: integer = 1 +integer"),
    GO("go test ./...", "go version", "by: integer = 1 +integer");

    private final String test;
    private final String tool;
    private final String increment;

    Language(String test, String tool, String increment) {
      this.test = test;
      this.tool = tool;
      this.increment = increment;
    }

    String id() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  @BeforeAll
  void start() throws Exception {
    cache = dir.resolve("cache");
    // The interpreter that a check has made is good for the node as well.
    node =
        NodeProcess.start(
            dir.resolve("data"), Map.of(), List.of("-Dplexspaces.modules=" + cache, "-Xmx1g"));
  }

  @AfterAll
  void stop() {
    node.close();
  }

  private Cli.Result plexspaces(String... args) throws IOException, InterruptedException {
    List<String> flags =
        List.of(
            "-Dplexspaces.home=" + Guests.ROOT,
            "-Dplexspaces.cache=" + cache,
            "-Dplexspaces.tools=" + ESBUILD);
    return Cli.run(NodeProcess.java(flags, args), Map.of("PLEXSPACES_NODE", node.http().base()));
  }

  @ParameterizedTest
  @EnumSource
  void passesItsTestsAndRunsOnANode(Language language) throws Exception {
    assumeTrue(run(dir, language.tool).status() == 0, () -> "skipped: no " + language.tool);
    String app = "my-" + language.id();
    Path project = dir.resolve(app);
    Cli.Result made =
        plexspaces("new", app, "--language", language.id(), "--dir", project.toString()).ok();
    assertThat(made.out()).contains(language.test).contains("dev .");
    assertThat(project.resolve("README.md")).content().contains(language.test).contains(app);

    Cli.Result tests = run(project, language.test);
    assumeTrue(
        !tests.out().contains("needs esbuild") && !tests.out().contains("tsc: not found"),
        () -> "skipped: no esbuild and typescript here, run npm ci in sdk-typescript");
    assertThat(tests.status()).as(tests.out()).isZero();
    assertThat(tests.out()).containsPattern("(?i)\\b3 pass|pass 3\\b|ok\\s+" + app);

    Path wasm = dir.resolve(app + ".wasm");
    Cli.Result checked = plexspaces("build", project.toString(), "--check", "-o", wasm.toString());
    assumeTrue(!isMissingTool(checked), () -> "skipped: " + checked.err());
    assertThat(checked.ok().out())
        .containsPattern("TYPE +OPERATION +KIND +TAKES +GIVES")
        .containsPattern("counter +increment +call +" + language.increment)
        .containsPattern("Adds to the count and answers it\\.")
        .containsPattern("(?m)^ +get +query ")
        .containsPattern("(?m)^ +history +call stream ")
        .containsPattern("(?m)^board +total +call +keys: list of string");
    String config = project.resolve("app-config.toml").toString();
    plexspaces("deploy", "--wasm", wasm.toString(), "--config", config).ok();
    String counter = app + "/counter/apples";
    assertThat(plexspaces("actor", "ask", counter, "increment", "{\"by\":2}").ok().json())
        .isEqualTo(new Value.Int(2));
    assertThat(node.http().ask(counter, "increment", "").body()).isEqualTo("3");
    assertThat(plexspaces("actor", "stream", counter, "history").ok().out()).isEqualTo("2\n1\n");
    assertThat(node.http().ask(app + "/board/board", "total", "{\"keys\":[\"apples\"]}").body())
        .isEqualTo("3");
    Cli.Result refused = plexspaces("actor", "ask", counter, "increment", "{\"by\":-1}");
    assertThat(refused.err()).contains("by must be at least 1, it is -1");
    plexspaces("undeploy", "--app", app, "--purge").ok();
  }

  private static boolean isMissingTool(Cli.Result r) {
    return r.status() != 0
        && Pattern.compile("was not found|rustup target add|need Go 1").matcher(r.err()).find();
  }

  @Test
  void whatCannotBeMadeIsRefusedWithAWayOut() throws Exception {
    Path full = Files.createDirectories(dir.resolve("full"));
    Files.writeString(full.resolve("notes.txt"), "mine");
    Cli.Result there = plexspaces("new", "app", "--language", "go", "--dir", full.toString());
    assertThat(there.err()).contains("not empty").contains("--dir");
    assertThat(there.status()).isEqualTo(2);
    assertThat(full).isDirectoryContaining("glob:**/notes.txt");
    assertThat(full.toFile().list()).hasSize(1);

    String somewhere = dir.resolve("nowhere").toString();
    assertThat(plexspaces("new", "app", "--lang", "pyton", "--dir", somewhere).err())
        .contains("did you mean \"python\"?")
        .contains("typescript, javascript, rust, go");
    assertThat(plexspaces("new", "My_App", "--lang", "go", "--dir", somewhere).err())
        .contains("\"My_App\" is not a name");
    assertThat(plexspaces("new", "plexspaces", "--lang", "rust", "--dir", somewhere).err())
        .contains("give the app another name");
    assertThat(plexspaces("new", "app", "--dir", somewhere).err()).contains("--language");
    assertThat(dir.resolve("nowhere")).doesNotExist();
  }

  /** Runs a program of the user's; status -1 if there is none. Both outputs are in {@code out}. */
  private static Cli.Result run(Path folder, String command)
      throws IOException, InterruptedException {
    List<String> words = new ArrayList<>(Arrays.asList(command.split(" ", -1)));
    ProcessBuilder b = new ProcessBuilder(words).directory(folder.toFile());
    // A first test needs no network.
    b.environment().put("CARGO_NET_OFFLINE", "true");
    try {
      Process p = b.redirectErrorStream(true).start();
      String said = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Cli.Result(p.waitFor(), said, "");
    } catch (IOException e) {
      return new Cli.Result(-1, "", e.toString());
    }
  }
}
