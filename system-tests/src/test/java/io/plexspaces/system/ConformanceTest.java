package io.plexspaces.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.plexspaces.api.Json;
import io.plexspaces.api.op.Catalogue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * One list of behaviours, held against a probe in every language on one real node; and the page
 * docs/languages.md, which is written from the list.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(600)
class ConformanceTest {
  private static final Path PAGE = Guests.ROOT.resolve("docs/languages.md");

  @TempDir static Path dir;

  /** What was tried, and whether it was so. */
  private final Map<LanguagesPage.Cell, Boolean> seen = new HashMap<>();

  private NodeProcess node;

  static List<Behaviour> behaviours() {
    List<Behaviour> all = new ArrayList<>(BehavioursOfPayloads.all());
    all.addAll(BehavioursOfErrors.all());
    all.addAll(BehavioursOfHost.all());
    all.addAll(BehavioursOfTimers.all());
    return all;
  }

  @BeforeAll
  void start() throws Exception {
    node = startNode();
  }

  private static NodeProcess startNode() throws Exception {
    Path config = dir.resolve("plexspaces.toml");
    Files.writeString(config, "[tenants.default]\npolyglot = true\n");
    return NodeProcess.start(
        dir.resolve("data"),
        Map.of(),
        List.of("-Xmx3g", "-XX:TieredStopAtLevel=4"),
        "--config",
        config.toString());
  }

  @AfterAll
  void stop() {
    node.close();
  }

  @TestFactory
  Stream<DynamicContainer> everyLanguageBehavesAlike() {
    Stream<DynamicContainer> languages =
        Arrays.stream(GuestLanguage.values())
            .map(l -> {
              Stream<DynamicNode> tests =
                  Stream.of(
                          Stream.of(DynamicTest.dynamicTest("deploys", () -> deploy(l))),
                          behaviours().stream()
                              .filter(b -> b.isTried(l))
                              .map(b -> DynamicTest.dynamicTest(b.title(), () -> check(b, l))),
                          Stream.of(DynamicTest.dynamicTest("undeploys", () -> undeploy(l))))
                      .flatMap(t -> t);
              return DynamicContainer.dynamicContainer(l.title(), tests);
            });
    // After all the others: it ends the node.
    Stream<DynamicNode> afterwards =
        Stream.of(
            DynamicTest.dynamicTest(
                "docs/languages.md says what was seen", this::thePageSaysWhatWasSeen),
            DynamicTest.dynamicTest(
                "durable state and reminders of every language outlive kill -9",
                this::killAndCompare));
    return Stream.concat(
        languages, Stream.of(DynamicContainer.dynamicContainer("all", afterwards)));
  }

  private void deploy(GuestLanguage l) throws Exception {
    byte[] wasm = l.probe();
    deploy(l, Probe.app(l), wasm, "", "60s"); // for megabytes on a machine that is busy
    deploy(
        l,
        Probe.strictApp(l),
        wasm,
        "facets = [ { type = \"durability\", config = { checkpoint_interval = 1 } } ]",
        l == GuestLanguage.GRAALPY ? "4s" : "1s"); // the time in which an actor starts counts
  }

  private void deploy(GuestLanguage l, String app, byte[] wasm, String facets, String turnTimeout)
      throws Exception {
    String config =
        """
        runtime = "%s"
        [actor_types.probe]
        %s
        [limits]
        memory_per_actor = "64MiB"
        turn_timeout = "%s"
        """
            .formatted(l.runtime(), facets, turnTimeout);
    Http.Answer a = node.http().deploy(app, wasm, config);
    assertThat(a.status()).as(a.body()).isEqualTo(201);
  }

  private void check(Behaviour b, GuestLanguage l) throws Exception {
    var _ = l.probe(); // skips where there is none
    seen.put(new LanguagesPage.Cell(b.title(), l), false);
    Objects.requireNonNull(b.checkFor(l)).of(new Probe(node, l));
    seen.put(new LanguagesPage.Cell(b.title(), l), true);
  }

  private void thePageSaysWhatWasSeen() throws IOException {
    assumeTrue(
        Arrays.stream(GuestLanguage.values())
            .allMatch(l ->
                behaviours().stream()
                    .allMatch(b ->
                        !b.isTried(l) || seen.containsKey(new LanguagesPage.Cell(b.title(), l)))),
        "skipped: not every language can be built here, see above");
    String page = LanguagesPage.of(behaviours(), seen);
    if (Boolean.getBoolean("plexspaces.write-docs")) {
      Files.writeString(PAGE, page);
    }
    assertThat(Files.readString(PAGE))
        .as("write it anew with -Dplexspaces.write-docs=true")
        .isEqualTo(page);
  }

  /** The other of the two apps stays: its actors are durable. */
  private void undeploy(GuestLanguage l) throws Exception {
    var _ = l.probe();
    Http.Answer a = node.http().delete("/api/v1/apps/" + Probe.app(l));
    assertThat(a.status()).as(a.body()).isIn(200, 204);
    assertThat(node.http().ask(Probe.app(l) + "/probe/x", "echo", "{}").status()).isEqualTo(404);
  }

  private void killAndCompare() throws Exception {
    Map<GuestLanguage, String> states = new EnumMap<>(GuestLanguage.class);
    for (GuestLanguage l : GuestLanguage.values()) {
      if (node.http().get("/api/v1/apps/" + Probe.strictApp(l)).status() == 200) {
        String state = "[\"\u00e9\",1.5,{\"l\":\"" + l + "\"}]";
        Http.Answer a = node.http().ask(kept(l), "set", "{\"key\":\"k\",\"value\":" + state + "}");
        assertThat(a.status()).as(a.body()).isEqualTo(200);
        states.put(l, state);
        var _ =
            new Probe(node, l)
                .host(
                    kept(l),
                    "send_after",
                    "{\"delay_ms\":1500," + BehavioursOfTimers.to(kept(l), "reminded") + "}");
      }
    }
    assertThat(states).isNotEmpty();
    node.kill();
    node = startNode();
    for (Map.Entry<GuestLanguage, String> e : states.entrySet()) {
      Http.Answer a = node.http().ask(kept(e.getKey()), "get", "{\"key\":\"k\"}");
      assertThat(a.status()).as(a.body()).isEqualTo(200);
      assertThat(a.json()).isEqualTo(Json.read(e.getValue()));
    }
    // What fell due while the node was away, or is due now, has come once.
    for (GuestLanguage l : states.keySet()) {
      var _ = BehavioursOfTimers.await(new Probe(node, l), kept(l), "[\"reminded\"]"::equals);
    }
  }

  private static String kept(GuestLanguage l) {
    return Probe.strictApp(l) + "/probe/kept";
  }

  @Test
  void everyHostOperationOfThisVersionIsInTheList() {
    String titles = String.join(" ", behaviours().stream().map(Behaviour::title).toList());
    for (Catalogue.Entry e : Catalogue.get().entries().values()) {
      boolean partOfAskStream = e.name().startsWith("stream_");
      if (e.available() && !partOfAskStream) {
        assertThat(titles).contains("`" + e.name() + "`");
      }
    }
  }
}
