package io.plexspaces.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code plexspaces dev} as its user sees it: save, look, save something wrong, mend it, stop. */
@Timeout(180)
class DevTest {
  @TempDir Path dir;

  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

  /** The same actor in the languages that are redeployed in a moment. */
  enum Source {
    JAVASCRIPT(
        "main.js",
        "main.js:8:",
        "this.state.count",
        "`now ${this.state.count}`",
        "this.state.",
        "undefined.nothing",
        """
        import { host, PlexSpacesActor, registerActors } from "@plexspaces/sdk";

        class CounterActor extends PlexSpacesActor {
          getDefaultState() { return { count: 0 }; }
          onIncrement() {
            this.state.count += 1;
            host.log("info", `counted to ${this.state.count}`);
            return %s;
          }
        }
        registerActors(CounterActor);
        """),
    TYPESCRIPT(
        "src/main.ts",
        "src/main.ts:8:",
        "this.state.count",
        "`now ${this.state.count}`",
        "this.state.",
        "(undefined as any).nothing",
        """
        import { host, PlexSpacesActor, registerActors } from "@plexspaces/sdk";

        class CounterActor extends PlexSpacesActor<{ count: number }> {
          getDefaultState() { return { count: 0 }; }
          onIncrement(): unknown {
            this.state.count += 1;
            host.log("info", `counted to ${this.state.count}`);
            return %s;
          }
        }
        registerActors(CounterActor);
        """),
    PYTHON(
        "src/main.py",
        "src/main.py:11:",
        "self.count",
        "f\"now {self.count}\"",
        "self.",
        "None.nothing",
        """
        from plexspaces import Actor, actor, handler, host, state

        @actor
        class CounterActor(Actor):
            count: int = state(default=0)

            @handler("increment")
            def increment(self):
                self.count += 1
                host.log("info", f"counted to {self.count}")
                return %s
        """);

    private final String file;
    private final String place;
    private final String first;
    private final String second;
    private final String wrong;
    private final String crashing;
    private final String text;

    Source(
        String file,
        String place,
        String first,
        String second,
        String wrong,
        String crashing,
        String text) {
      this.file = file;
      this.place = place;
      this.first = first;
      this.second = second;
      this.wrong = wrong;
      this.crashing = crashing;
      this.text = text;
    }

    void save(Path app, String answer) throws IOException {
      Path path = app.resolve(file);
      Files.createDirectories(path.getParent());
      Files.writeString(path, text.formatted(answer));
    }

    /** A syntax error is found by the language's own tool, before anything is sent. */
    void assumeTools() throws Exception {
      if (this == PYTHON) {
        Cli.Result python = Cli.run(List.of("python3", "--version"), Map.of());
        assumeTrue(python.status() == 0, "skipped: no python3");
      } else {
        var _ = Guests.counter(); // skips without the JavaScript engine
        assumeTrue(Files.exists(TOOLS.resolve("esbuild")), "skipped: run npm ci in sdk-typescript");
      }
    }
  }

  private static final Path TOOLS = Guests.ROOT.resolve("sdk-typescript/node_modules/.bin");

  private static final String CONFIG =
      """
      name = "dev-app"
      [[supervisor.children]]
      id = "main"
      type = "counter"
      """;

  private String await(String part) throws InterruptedException {
    while (true) {
      String line = lines.poll(60, TimeUnit.SECONDS);
      assertThat(line).as("a line with \"" + part + "\"").isNotNull();
      System.out.println("dev: " + line);
      if (line != null && line.contains(part)) {
        return line;
      }
    }
  }

  private void read(Process p) {
    Thread.ofVirtual()
        .start(() -> {
          try (BufferedReader in =
              new BufferedReader(
                  new InputStreamReader(p.getInputStream(), StandardCharsets.UTF_8))) {
            for (String l = in.readLine(); l != null; l = in.readLine()) {
              lines.add(l);
            }
          } catch (IOException e) {
            lines.add("(closed: " + e.getMessage() + ")");
          }
        });
  }

  /**
   * Without a node at the place where one is looked for, so that it starts its own.
   *
   * @param nobody has that place and does not listen
   */
  private Process dev(Path app, Socket nobody) throws IOException {
    nobody.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    String url = "http://127.0.0.1:" + nobody.getLocalPort();
    List<String> flags = List.of("-Dplexspaces.tools=" + TOOLS, "-Dplexspaces.default.node=" + url);
    ProcessBuilder b = new ProcessBuilder(NodeProcess.java(flags, "dev", app.toString()));
    b.environment().keySet().removeIf(n -> n.startsWith("PLEXSPACES_"));
    return b.directory(dir.toFile()).redirectErrorStream(true).start();
  }

  @ParameterizedTest
  @EnumSource
  void savesAreSeenStateIsKeptAndMistakesAreSurvived(Source source) throws Exception {
    source.assumeTools();
    Path app = Files.createDirectory(dir.resolve("app"));
    source.save(app, source.first);
    Files.writeString(app.resolve("app-config.toml"), CONFIG);
    Socket nobody = new Socket();
    Process dev = dev(app, nobody);
    try (nobody) {
      read(dev);
      Matcher url = Pattern.compile("http://[0-9.:]+").matcher(await("was started at"));
      assertThat(url.find()).isTrue();
      Http http = new Http(url.group());
      await("Deployed dev-app");
      await("Watching");
      assertThat(increment(http)).isEqualTo("1");
      assertThat(await("counted to 1")).contains("info counter/main");

      source.save(app, source.second);
      assertThat(await("Reloaded dev-app")).contains(source.file);
      assertThat(increment(http)).isEqualTo("\"now 2\"");

      source.save(app, source.wrong);
      await(source.place);
      await("goes on as it was");
      assertThat(increment(http)).isEqualTo("\"now 3\"");

      source.save(app, source.first);
      await("Reloaded dev-app");
      assertThat(increment(http)).isEqualTo("4");

      source.save(app, source.crashing);
      await("Reloaded dev-app");
      assertThat(http.ask("dev-app/counter/main", "increment", "{}").status()).isEqualTo(502);
      assertThat(await("crashed in increment")).contains("error counter/main");

      assertThat(dev.toHandle().destroy()).isTrue(); // SIGTERM, and its output stays open
      await("Undeployed dev-app");
      assertThat(dev.waitFor()).isZero();
    } finally {
      dev.destroyForcibly().waitFor();
    }
    assertThat(List.copyOf(lines)).noneMatch(l -> l.contains("plexspaces:"));
  }

  private static String increment(Http http) throws Exception {
    return http.ask("dev-app/counter/main", "increment", "{}").body();
  }
}
