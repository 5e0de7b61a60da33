package io.plexspaces.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
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
@Tag("long")
class ConformanceTest {
  private static final Path PAGE = Guests.ROOT.resolve("docs/languages.md");

  @TempDir static Path dir;

  private NodeProcess node;

  static List<Behaviour> behaviours() {
    List<Behaviour> all = new ArrayList<>(BehavioursOfPayloads.all());
    all.addAll(BehavioursOfErrors.all());
    all.addAll(BehavioursOfHost.all());
    return all;
  }

  @BeforeAll
  void start() throws Exception {
    Path config = dir.resolve("plexspaces.toml");
    Files.writeString(config, "[tenants.default]\npolyglot = true\n");
    node =
        NodeProcess.start(
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
    return Arrays.stream(GuestLanguage.values())
        .map(l -> {
          Probe probe = new Probe(node, l);
          Stream<DynamicNode> deployed =
              Stream.of(DynamicTest.dynamicTest("deploys", () -> deploy(l)));
          Stream<DynamicNode> behaves =
              behaviours().stream()
                  .map(b ->
                      DynamicTest.dynamicTest(
                          b.title(),
                          () -> {
                            var _ = l.probe(); // skips where there is none
                            b.checkFor(l).of(probe);
                          }));
          return DynamicContainer.dynamicContainer(l.title(), Stream.concat(deployed, behaves));
        });
  }

  private void deploy(GuestLanguage l) throws Exception {
    byte[] wasm = l.probe();
    deploy(l, Probe.app(l), wasm, "", "20s");
    deploy(
        l,
        Probe.strictApp(l),
        wasm,
        "facets = [ { type = \"durability\", config = { checkpoint_interval = 1 } } ]",
        "1s");
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

  @Test
  void durableStateOfEveryLanguageOutlivesKillNine() throws Exception {
    Path data = dir.resolve("durable");
    Map<GuestLanguage, String> actors = new EnumMap<>(GuestLanguage.class);
    Path config = dir.resolve("plexspaces.toml");
    try (NodeProcess first = startDurable(data, config)) {
      for (GuestLanguage l : GuestLanguage.values()) {
        byte[] wasm = artifactOrNull(l);
        if (wasm == null) {
          continue;
        }
        String app = "kept-" + l.id();
        String toml =
            """
            runtime = "%s"
            [actor_types.probe]
            facets = [ { type = "durability", config = { checkpoint_interval = 1 } } ]
            """
                .formatted(l.runtime());
        Http.Answer a = first.http().deploy(app, wasm, toml);
        assertThat(a.status()).as(a.body()).isEqualTo(201);
        String actor = app + "/probe/k";
        a =
            first
                .http()
                .ask(
                    actor,
                    "set",
                    "{\"key\":\"k\",\"value\":[\"\u00e9\",1.5,{\"l\":\"" + l + "\"}]}");
        assertThat(a.status()).as(a.body()).isEqualTo(200);
        actors.put(l, actor);
      }
      first.kill();
    }
    assertThat(actors).isNotEmpty();
    try (NodeProcess second = startDurable(data, config)) {
      for (Map.Entry<GuestLanguage, String> e : actors.entrySet()) {
        Http.Answer a = second.http().ask(e.getValue(), "get", "{\"key\":\"k\"}");
        assertThat(a.status()).as(a.body()).isEqualTo(200);
        assertThat(a.json())
            .isEqualTo(
                io.plexspaces.api.Json.read("[\"\u00e9\",1.5,{\"l\":\"" + e.getKey() + "\"}]"));
      }
    }
  }

  private static NodeProcess startDurable(Path data, Path config) throws Exception {
    return NodeProcess.start(
        data,
        Map.of(),
        List.of("-Xmx3g", "-XX:TieredStopAtLevel=4"),
        "--config",
        config.toString());
  }

  private static byte @org.jspecify.annotations.Nullable [] artifactOrNull(GuestLanguage l) {
    try {
      return l.probe();
    } catch (org.opentest4j.TestAbortedException e) {
      System.out.println(l.title() + ": " + e.getMessage());
      return null;
    }
  }

  @Test
  void thePageSaysWhatIsChecked() throws IOException {
    String page = LanguagesPage.of(behaviours());
    if (Boolean.getBoolean("plexspaces.write-docs")) {
      Files.writeString(PAGE, page);
    }
    assertThat(Files.readString(PAGE))
        .as("write it anew with -Dplexspaces.write-docs=true")
        .isEqualTo(page);
  }

  @Test
  void everyHostOperationOfThisVersionIsInTheList() {
    String titles = String.join(" ", behaviours().stream().map(Behaviour::title).toList());
    for (var e : io.plexspaces.api.op.Catalogue.get().entries().values()) {
      boolean partOfAskStream = e.name().startsWith("stream_");
      if (e.available() && !partOfAskStream) {
        assertThat(titles).contains("`" + e.name() + "`");
      }
    }
  }
}
