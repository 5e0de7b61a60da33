package io.plexspaces.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MetricsTest {
  private static final AppId SHOP = new AppId("acme", "shop");
  private static final Pattern SAMPLE =
      Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(.*)})? (\\S+)");

  private final FakeEngine engine = new FakeEngine();
  private final MicrometerTelemetry metrics = new MicrometerTelemetry("n1");

  @AfterEach
  void close() {
    metrics.close();
  }

  private static ActorId actor(AppId app, String type) {
    return new ActorId(app, type, "k");
  }

  private String all() {
    return new String(metrics.scrapeAll(), StandardCharsets.UTF_8);
  }

  private void everything(AppId app) {
    engine.run(app);
    metrics.observe(engine, a -> 42);
    metrics.message(actor(app, "counter"), "ask", "ok", 1_500_000);
    metrics.message(actor(app, "counter"), "ask", "ok", 0);
    metrics.message(actor(app, "counter"), "send", "crashed", 10);
    metrics.message(actor(app, "counter"), "state", "ok", 10);
    metrics.restarted(actor(app, "counter"));
    metrics.deadLetter(actor(app, "counter"), "max_deliveries");
    metrics.journalCommit(actor(app, "counter"), 8, 200_000);
    metrics.tupleOperation(app, "ts_write");
    metrics.http("GET", "/health/live", 200, MicrometerTelemetry.NO_TENANT);
  }

  @Test
  void theSeriesOfTheContractAreThereWithTheirLabels() {
    everything(SHOP);
    String common = "app=\"shop\",";
    assertThat(all())
        .contains(
            "plexspaces_messages_total{"
                + common
                + "kind=\"ask\",node=\"n1\",outcome=\"ok\",tenant=\"acme\",type=\"counter\"} 2.0",
            "plexspaces_messages_total{"
                + common
                + "kind=\"state\",node=\"n1\",outcome=\"ok\",tenant=\"acme\",type=\"counter\"} 1.0",
            "plexspaces_turn_seconds_count{"
                + common
                + "node=\"n1\",tenant=\"acme\",type=\"counter\"} 3",
            "plexspaces_turn_seconds_bucket{"
                + common
                + "node=\"n1\",tenant=\"acme\",type=\"counter\",le=\"0.005\"} 3",
            "plexspaces_mailbox_depth{" + common + "node=\"n1\",tenant=\"acme\"} 3.0",
            "plexspaces_actors{" + common + "node=\"n1\",state=\"running\",tenant=\"acme\"} 1.0",
            "plexspaces_restarts_total{"
                + common
                + "node=\"n1\",tenant=\"acme\",type=\"counter\"} 1.0",
            "plexspaces_dead_letters_total{" + common,
            "plexspaces_journal_commits_total{" + common + "node=\"n1\",tenant=\"acme\"} 1.0",
            "plexspaces_journal_commit_seconds_count{" + common + "node=\"n1\",tenant=\"acme\"} 1",
            "plexspaces_ts_tuples{" + common + "node=\"n1\",tenant=\"acme\"} 42.0",
            "plexspaces_ts_ops_total{"
                + common
                + "node=\"n1\",op=\"ts_write\",tenant=\"acme\"} 1.0",
            "jvm_memory_used_bytes{");
  }

  /** The table of docs/http.md has every series of ours, with its type and labels, and no other. */
  @Test
  void theManualListsTheSeriesThatThereAre() throws IOException {
    everything(SHOP);
    Map<String, String> types = new TreeMap<>();
    Map<String, String> there = new TreeMap<>();
    for (String line : all().lines().filter(l -> l.contains("plexspaces_")).toList()) {
      String[] words = line.split(" ", 4);
      Matcher m = SAMPLE.matcher(line);
      if (line.startsWith("# TYPE ")) {
        types.put(words[2], words[3]);
      } else if (!line.startsWith("#") && m.matches()) {
        String name = family(m.group(1), types);
        Set<String> labels = new TreeSet<>();
        Matcher label = Pattern.compile("([a-z_]+)=\"").matcher(m.group(2));
        while (label.find()) {
          labels.add(label.group(1));
        }
        labels.removeAll(Set.of("node", "le"));
        there.put(name, types.get(name) + " " + labels);
      }
    }
    Map<String, String> listed = new TreeMap<>();
    Pattern row =
        Pattern.compile("(?m)^\\| `(plexspaces_[a-z_]+)` \\| ([a-z]+) \\| ([a-z`, ]+) \\|");
    Matcher m = row.matcher(Files.readString(Path.of("../docs/http.md")));
    while (m.find()) {
      Set<String> labels = new TreeSet<>(List.of(m.group(3).replace("`", "").split(", ")));
      listed.put(m.group(1), m.group(2) + " " + labels);
    }
    assertThat(listed).isEqualTo(there).isNotEmpty();
  }

  /** The rules of {@code promtool check metrics}, on the text. */
  @Test
  void thePageKeepsThePrometheusRules() {
    everything(SHOP);
    List<String> problems = lint(all());
    assertThat(problems).isEmpty();
  }

  @Test
  void theRulesFindWhatBreaksThem() {
    assertThat(
            lint(
                """
                # TYPE no_help gauge
                no_help 1.0
                # HELP a_ms Wrong.
                # TYPE a_ms gauge
                a_ms 1.0
                # HELP b Wrong.
                # TYPE b counter
                b 1.0
                # HELP c_total Wrong.
                # TYPE c_total gauge
                c_total 1.0
                # HELP camelCase Wrong.
                # TYPE camelCase gauge
                camelCase{someLabel="x"} 1.0
                # HELP d_milliseconds Wrong.
                # TYPE d_milliseconds gauge
                d_milliseconds 1.0
                # HELP e_bucket Wrong.
                # TYPE e_bucket gauge
                e_bucket{le="x"} 1.0
                e_bucket{le="x"} 2.0
                """))
        .hasSizeGreaterThanOrEqualTo(9);
  }

  private static List<String> lint(String text) {
    Map<String, String> help = new HashMap<>();
    Map<String, String> types = new HashMap<>();
    Set<String> series = new HashSet<>();
    List<String> problems = new ArrayList<>();
    for (String line : text.lines().toList()) {
      String[] words = line.split(" ", 4);
      if (line.startsWith("# HELP ")) {
        if (help.put(words[2], words.length > 3 ? words[3] : "") != null) {
          problems.add(words[2] + ": two HELP lines");
        }
      } else if (line.startsWith("# TYPE ")) {
        types.put(words[2], words[3]);
      } else {
        Matcher m = SAMPLE.matcher(line);
        if (!m.matches()) {
          problems.add("cannot be parsed: " + line);
          continue;
        }
        if (!series.add(m.group(1) + m.group(2))) {
          problems.add("twice: " + line);
        }
        String labels = m.group(2) == null ? "" : m.group(2);
        String name = family(m.group(1), types);
        String type = types.getOrDefault(name, "untyped");
        if (type.equals("untyped")) {
          problems.add(name + ": no TYPE");
        }
        if (!type.equals("histogram") && Pattern.compile("(^|,)le=").matcher(labels).find()) {
          problems.add(name + ": label le on a " + type);
        }
        if (Pattern.compile("(^|,)[a-z0-9_]*[A-Z][A-Za-z0-9_]*=").matcher(labels).find()) {
          problems.add(name + ": a label in camel case");
        }
      }
    }
    types.forEach((name, type) -> {
      if (help.getOrDefault(name, "").isBlank()) {
        problems.add(name + ": no HELP");
      }
      if (type.equals("counter") != name.endsWith("_total")) {
        problems.add(name + ": counters, and only they, end in _total");
      }
      if (!type.equals("histogram")
          && !type.equals("summary")
          && name.matches(".*_(bucket|count|sum)")) {
        problems.add(name + ": reserved for histograms");
      }
      if (name.matches(".*[A-Z].*") || name.contains(":")) {
        problems.add(name + ": not snake case");
      }
      if (name.matches("(.*_)?(s|ms|us|ns|sec|b|kb|mb|gb|tb|pb|m|h|d)(_.*)?")
          || name.matches("(.*_)?(milli|micro|nano|kilo|mega)(seconds|bytes|meters|grams)(_.*)?")
          || name.matches("(.*_)?(minutes|hours|days|percent)(_.*)?")) {
        problems.add(name + ": not in a base unit");
      }
      if (name.matches("(.*_)?(counter|gauge|histogram|summary)(_.*)?")) {
        problems.add(name + ": the type in the name");
      }
    });
    return problems;
  }

  private static String family(String sample, Map<String, String> types) {
    for (String suffix : List.of("_bucket", "_count", "_sum")) {
      if (sample.endsWith(suffix)) {
        String base = sample.substring(0, sample.length() - suffix.length());
        if (types.containsKey(base)) {
          return base;
        }
      }
    }
    return sample;
  }

  @Test
  void aTenantSeesItsOwnSeriesOnly() {
    everything(SHOP);
    everything(new AppId("globex", "theirs"));
    String own = new String(metrics.scrape("acme"), StandardCharsets.UTF_8);
    assertThat(own).contains("tenant=\"acme\"").doesNotContain("globex").doesNotContain("jvm_");
    for (String line : own.lines().filter(l -> !l.startsWith("#")).toList()) {
      assertThat(line).contains("tenant=\"acme\"");
    }
    assertThat(lint(own)).isEmpty();
    assertThat(new String(metrics.scrape("nobody"), StandardCharsets.UTF_8)).isEmpty();
  }

  @Test
  void theSeriesOfARemovedAppGoAlsoWhenAnEventComesLate() {
    everything(SHOP);
    assertThat(all()).contains("app=\"shop\"");
    engine.running.remove(SHOP);
    metrics.appRemoved(SHOP);
    assertThat(all()).doesNotContain("app=\"shop\"");
    metrics.message(actor(SHOP, "counter"), "ask", "ok", 10);
    metrics.scrapeAll();
    assertThat(all()).doesNotContain("app=\"shop\"");
  }

  @Test
  void cardinalityIsCapped() {
    for (int i = 0; i < MicrometerTelemetry.MAX_APPS + 50; i++) {
      metrics.message(actor(new AppId("acme", "a" + i), "t"), "ask", "ok", 0);
    }
    for (int i = 0; i < AppSeries.MAX_NAMES + 50; i++) {
      metrics.message(actor(new AppId("acme", "a0"), "x" + i), "ask", "no such outcome", 0);
    }
    String text = all();
    assertThat(text)
        .contains(
            "plexspaces_messages_total{app=\"_other\",kind=\"ask\",node=\"n1\",outcome=\"ok\","
                + "tenant=\"_other\",type=\"_other\"} 50.0");
    // one of the own series is t's
    assertThat(text)
        .contains(
            "plexspaces_messages_total{app=\"a0\",kind=\"ask\",node=\"n1\",outcome=\"other\","
                + "tenant=\"acme\",type=\"_other\"} 51.0");
    assertThat(text.lines().filter(l -> l.startsWith("plexspaces_messages_total")).count())
        .isEqualTo(MicrometerTelemetry.MAX_APPS + AppSeries.MAX_NAMES + 1L);
  }

  @Test
  void requestsThatHaveASeriesGoOnBeingCountedAtTheCap() {
    for (int i = 0; i < MicrometerTelemetry.MAX_HTTP_SERIES; i++) {
      metrics.http("GET", "/metrics", 200, "t" + i);
    }
    metrics.http("GET", "/metrics", 200, "t0");
    metrics.http("GET", "/metrics", 200, "late");
    metrics.http("GET", "/metrics", 200, "later");
    String head = "plexspaces_http_requests_total{method=\"GET\",node=\"n1\",route=\"/metrics\",";
    assertThat(all())
        .contains(
            head + "status=\"200\",tenant=\"t0\"} 2.0",
            head + "status=\"200\",tenant=\"t1\"} 1.0",
            head + "status=\"200\",tenant=\"_other\"} 2.0")
        .doesNotContain("tenant=\"late");
  }

  @Test
  void noTenantsNameIsOneOfTheLabelsForWhatBelongsToSeveral() {
    for (int i = 0; i <= MicrometerTelemetry.MAX_APPS; i++) {
      metrics.message(actor(new AppId("acme", "a" + i), "t"), "ask", "ok", 0);
    }
    metrics.http("GET", "/health/live", 200, MicrometerTelemetry.NO_TENANT);
    assertThat(all()).contains("tenant=\"_other\"", "tenant=\"_none\"");
    for (String label : List.of(MicrometerTelemetry.OTHER, MicrometerTelemetry.NO_TENANT)) {
      assertThat(AppId.isName(label)).isFalse();
      assertThat(metrics.scrape(label.substring(1))).isEmpty();
    }
  }
}
