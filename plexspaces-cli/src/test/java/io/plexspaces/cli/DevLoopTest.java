package io.plexspaces.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.AppId;
import io.plexspaces.deployer.build.GuestBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What dev makes of what it finds at a node. */
class DevLoopTest {
  private static final String APP = "/api/v1/apps/mine";
  private static final String DEPLOY = "POST /api/v1/apps";
  private static final String RELOAD = "POST " + APP + "/reload";
  private static final String UNDEPLOY = "DELETE " + APP + "?drain=0s&purge=false";

  @TempDir private Path dir;

  private final ByteArrayOutputStream said = new ByteArrayOutputStream();
  private FakeNode node;
  private Path config;
  private String code = "one";

  @BeforeEach
  void start() throws IOException {
    node = new FakeNode();
    node.on("GET /health/ready", 200, "{}");
    node.on("DELETE " + APP, 204, "");
    node.on(RELOAD, 200, "{\"app\":\"mine\",\"state\":\"running\"}");
    node.on(DEPLOY, 201, "{\"app\":\"mine\",\"state\":\"running\"}");
    config = Files.writeString(dir.resolve("app-config.toml"), "name = \"mine\"\n");
    isNotThere();
  }

  @AfterEach
  void stop() {
    node.close();
  }

  private void isThere(String state, String digest) {
    node.on(
        "GET " + APP,
        200,
        "{\"app\":\"mine\",\"state\":\"" + state + "\",\"module_digest\":\"" + digest + "\"}");
    node.on("GET " + APP + "/logs", 200, "{\"lines\":[],\"last\":0}");
  }

  private void isNotThere() {
    node.on("GET " + APP, 404, "{\"code\":\"NOT_FOUND\",\"detail\":\"no app mine\"}");
    node.on("GET " + APP + "/logs", 404, "{\"code\":\"NOT_FOUND\",\"detail\":\"no app mine\"}");
  }

  private DevLoop loop(boolean replace) {
    PrintStream print = new PrintStream(said, true, StandardCharsets.UTF_8);
    Terminal terminal = new Terminal(InputStream.nullInputStream(), print, print, Map.of(), false);
    NodeClient client = new NodeClient(node.url(), null, line -> {});
    return new DevLoop(
        new Session(terminal, new RootCommand()),
        client,
        dir,
        config,
        new DevApp(client, "mine", replace),
        (folder, progress) -> {
          if (code.equals("away")) {
            throw new UncheckedIOException(new NoSuchFileException("main.py"));
          }
          return new GuestBuilder.Artifact("python", new byte[8], code);
        });
  }

  /** What was said since the last time. */
  private String said() {
    String all = said.toString(StandardCharsets.UTF_8);
    said.reset();
    return all;
  }

  @Test
  void anAppOfSomebodyElseIsNeitherReloadedNorUndeployed() {
    isThere("running", "theirs");
    DevLoop loop = loop(false);
    assertThatThrownBy(loop::run)
        .isInstanceOf(CliException.class)
        .hasMessageContaining("has an app \"mine\" already")
        .hasMessageContaining("--replace");
    loop.redeploy(null); // were it deployed by another while the first build was mended
    loop.undeploy();
    assertThat(node.changes()).isEmpty();
  }

  @Test
  void theCommandEndsWithAStatusAndTheAppStays() {
    isThere("running", "theirs");
    CommandRun run = CommandRun.of("dev", dir.toString(), "--node", node.url());
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).contains("--replace");
    assertThat(node.changes()).isEmpty();
  }

  @Test
  void whatIsReplacedStaysAtTheEnd() {
    isThere("running", "theirs");
    DevLoop loop = loop(true);
    loop.redeploy(null);
    assertThat(said()).contains("Reloaded mine");
    loop.undeploy();
    assertThat(node.changes()).containsExactly(RELOAD);
  }

  @Test
  void whatDevDeployedIsTakenAway() {
    DevLoop loop = loop(false);
    loop.redeploy(null);
    isThere("running", "one");
    code = "two";
    loop.redeploy(Path.of("main.py"));
    assertThat(said()).contains("Deployed mine").contains("Reloaded mine after main.py");
    loop.undeploy();
    assertThat(said()).contains("Undeployed mine");
    assertThat(node.changes()).containsExactly(DEPLOY, RELOAD, UNDEPLOY);
  }

  @Test
  void whatAFailedRequestDeployedAllTheSameIsTakenAwayToo() {
    node.on(DEPLOY, 503, "{\"code\":\"UNAVAILABLE\",\"detail\":\"later\"}");
    DevLoop loop = loop(false);
    loop.redeploy(null);
    isThere("deploying", "one");
    loop.undeploy();
    assertThat(node.changes()).containsExactly(DEPLOY, UNDEPLOY);
  }

  @Test
  void aFileThatIsAwayForAMomentEndsNothing() throws IOException {
    DevLoop loop = loop(false);
    Files.delete(config);
    loop.redeploy(null);
    assertThat(said()).contains("app-config.toml cannot be read").contains("Nothing is deployed");
    code = "away";
    loop.redeploy(null);
    assertThat(said()).contains("main.py").contains("Nothing is deployed yet");
    Files.writeString(config, "name = \"mine\"\n");
    code = "one";
    loop.redeploy(config);
    assertThat(said()).contains("Deployed mine");
    loop.stop();
  }

  @Test
  void anAppThatNoLongerRunsIsSaidSoAndTheOldTextBringsItBack() {
    DevLoop loop = loop(false);
    loop.redeploy(null);
    node.on(RELOAD, 502, "{\"code\":\"GUEST_ERROR\",\"detail\":\"init crashed\"}");
    isThere("failed", "one");
    code = "bad";
    loop.redeploy(null);
    assertThat(said())
        .contains("init crashed")
        .contains("mine is failed")
        .doesNotContain("as it was");
    node.on(RELOAD, 200, "{\"app\":\"mine\",\"state\":\"running\"}");
    code = "one";
    loop.redeploy(null);
    assertThat(said()).contains("Reloaded mine");
    loop.stop();
    assertThat(node.changes()).containsExactly(DEPLOY, RELOAD, RELOAD);
  }

  @Test
  void afterAReloadWhoseEndIsUnknownTheSameCodeIsSentAgain() {
    DevLoop loop = loop(false);
    loop.redeploy(null);
    isThere("running", "one");
    node.on(RELOAD, 503, "{\"code\":\"UNAVAILABLE\",\"detail\":\"busy\"}");
    code = "two";
    loop.redeploy(null);
    assertThat(said()).contains("mine goes on as it was");
    node.on(RELOAD, 200, "{\"app\":\"mine\",\"state\":\"running\"}");
    code = "one";
    loop.redeploy(null);
    assertThat(said()).contains("Reloaded mine");
    loop.stop();
  }

  @Test
  void anAppThatSomebodyUndeployedIsDeployedAgain() {
    DevLoop loop = loop(false);
    loop.redeploy(null);
    isNotThere();
    code = "away";
    loop.redeploy(null);
    assertThat(said()).contains("mine is not deployed any more");
    code = "one";
    loop.redeploy(null);
    assertThat(said()).contains("Deployed mine");
    loop.stop();
    assertThat(node.changes()).containsExactly(DEPLOY, DEPLOY);
  }

  @Test
  void goingBackToTheTextThatRunsIsAnswered() {
    DevLoop loop = loop(false);
    loop.redeploy(null);
    isThere("running", "one");
    code = "away";
    loop.redeploy(null);
    assertThat(said()).contains("mine goes on as it was");
    code = "one";
    loop.redeploy(null);
    assertThat(said()).isEqualTo("mine has this code already\n");
    loop.redeploy(null);
    assertThat(said()).isEmpty();
    loop.stop();
    assertThat(node.changes()).containsExactly(DEPLOY);
  }

  @Test
  void itsOwnNodeRunsPolyglotApps() {
    assertThat(DevCommand.ownNode(dir).polyglotTenants()).containsExactly(AppId.DEFAULT_TENANT);
    assertThat(DevCommand.ownNode(dir).bind()).isEqualTo("127.0.0.1");
  }
}
