package io.plexspaces.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code plexspaces dev} as its user sees it: save, look, save something wrong, mend it, stop. */
@Timeout(180)
class DevTest {
  @TempDir Path dir;

  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

  private static String source(String answer) {
    return """
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
    """
        .formatted(answer);
  }

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

  @Test
  void savesAreSeenStateIsKeptAndMistakesAreSurvived() throws Exception {
    var _ = Guests.counter(); // skips without the JavaScript engine
    Path app = Files.createDirectory(dir.resolve("app"));
    Files.writeString(app.resolve("main.js"), source("this.state.count"));
    Files.writeString(app.resolve("app-config.toml"), CONFIG);
    ProcessBuilder b = new ProcessBuilder(NodeProcess.java("dev", app.toString()));
    b.environment().keySet().removeIf(n -> n.startsWith("PLEXSPACES_"));
    // Nobody listens there, so it starts a node of its own.
    b.directory(dir.toFile()).redirectErrorStream(true);
    Process dev = b.start();
    read(dev);
    try {
      Matcher url = Pattern.compile("http://[0-9.:]+").matcher(await("was started at"));
      assertThat(url.find()).isTrue();
      Http http = new Http(url.group());
      await("Deployed dev-app");
      await("Watching");
      assertThat(http.ask("dev-app/counter/main", "increment", "{}").body()).isEqualTo("1");
      assertThat(await("counted to 1")).contains("info counter/main");

      Files.writeString(app.resolve("main.js"), source("`now ${this.state.count}`"));
      assertThat(await("Reloaded dev-app")).contains("main.js");
      assertThat(http.ask("dev-app/counter/main", "increment", "{}").body()).isEqualTo("\"now 2\"");

      Files.writeString(app.resolve("main.js"), source("this.state."));
      await("goes on as it was");
      assertThat(http.ask("dev-app/counter/main", "increment", "{}").body()).isEqualTo("\"now 3\"");

      Files.writeString(app.resolve("main.js"), source("undefined.nothing"));
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
}
