package io.plexspaces.cli;

import io.plexspaces.api.Value;
import io.plexspaces.cli.NodeClient.Reply;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "metrics",
    description = "Shows the node's metrics.",
    footer = {"", "Example:", "  plexspaces metrics --app counter"})
final class MetricsCommand implements Callable<Integer> {
  private static final Pattern SAMPLE =
      Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(.*)})? (\\S+)(?: \\S+)?");
  private static final Pattern LABEL =
      Pattern.compile("([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\]|\\\\.)*)\"");

  private final Session session;

  @Option(names = "--app", paramLabel = "NAME", description = "Only the series of this app.")
  @Nullable String app;

  @Option(names = "--tenant", paramLabel = "TENANT", description = "Only this tenant's series.")
  @Nullable String tenant;

  @Option(names = "--raw", description = "Print the Prometheus text as the node gave it.")
  boolean raw;

  /** One line of the exposition format. */
  private record Sample(String name, Map<String, String> labels, String value) {
    boolean has(String label, @Nullable String wanted) {
      return wanted == null || wanted.equals(labels.get(label));
    }
  }

  MetricsCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    if (raw && (app != null || tenant != null || session.format() != OutputFormat.TABLE)) {
      throw CliException.usage("--raw prints everything as it is: leave out the other options");
    }
    Reply reply = session.client().get("/metrics");
    if (raw) {
      session.terminal().out().writeBytes(reply.body());
      return 0;
    }
    List<Sample> samples =
        new String(reply.body(), StandardCharsets.UTF_8)
            .lines()
            .filter(line -> !line.isBlank() && !line.startsWith("#"))
            .map(MetricsCommand::sample)
            .filter(s -> s.has("app", app) && s.has("tenant", tenant))
            .toList();
    Table t = new Table("SERIES", "LABELS", "VALUE");
    List<Value> values = new ArrayList<>();
    for (Sample s : samples) {
      List<String> labels = new ArrayList<>();
      Value.Obj.Builder object = Value.Obj.builder();
      s.labels().forEach((name, v) -> labels.add(name + "=" + v));
      s.labels().forEach(object::put);
      t.row(s.name(), String.join(" ", labels), s.value());
      values.add(
          Value.Obj.builder()
              .put("name", s.name())
              .put("labels", object.build())
              .put("value", s.value())
              .build());
    }
    session.print(new Value.Arr(values), t);
    return 0;
  }

  private static Sample sample(String line) {
    Matcher m = SAMPLE.matcher(line);
    if (!m.matches()) {
      throw CliException.failed("/metrics is not Prometheus text: " + line);
    }
    Map<String, String> labels = new LinkedHashMap<>();
    if (m.group(2) != null) {
      Matcher l = LABEL.matcher(m.group(2));
      while (l.find()) {
        labels.put(l.group(1), unescape(l.group(2)));
      }
    }
    return new Sample(m.group(1), labels, m.group(3));
  }

  private static String unescape(String s) {
    return s.replace("\\\"", "\"").replace("\\n", "\n").replace("\\\\", "\\");
  }
}
