package io.plexspaces.cli;

import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import io.plexspaces.cli.NodeClient.Request;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "app",
    description = "Shows, starts, stops or restarts one app.",
    synopsisSubcommandLabel = "COMMAND",
    footer = {"", "Example:", "  plexspaces app show counter"})
final class AppCommand {
  private AppCommand() {}

  static CommandTree tree(Session s) {
    return CommandTree.group(
        "app",
        AppCommand::new,
        CommandTree.leaf("show", () -> new Show(s)),
        CommandTree.leaf("start", () -> new Start(s)),
        CommandTree.leaf("stop", () -> new Stop(s)),
        CommandTree.leaf("restart", () -> new Restart(s)));
  }

  @Command(
      name = "show",
      description = "Shows one app: its state, its module and what it uses.",
      footer = {"", "Example:", "  plexspaces app show counter"})
  static final class Show implements Callable<Integer> {
    private final Session session;

    @Parameters(index = "0", paramLabel = "NAME", description = "The app's name.")
    String app = "";

    Show(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      Value.Obj shown = session.client().get(Apps.path(app)).object();
      Table t = new Table("FIELD", "VALUE");
      shown.fields().forEach((name, v) -> field(t, name, v));
      session.print(shown, t);
      return 0;
    }

    static void field(Table t, String name, Value v) {
      switch (v) {
        case Value.Null none -> {}
        case Value.Str s -> t.row(name, s.value());
        case Value.Obj o when !o.fields().isEmpty() ->
            o.fields().forEach((inner, x) -> field(t, name + "." + inner, x));
        case Value.Int i when name.equals("memory_bytes") -> t.row(name, Apps.bytes(i.value()));
        case Value.Arr a when !a.items().isEmpty() -> {
          String label = name;
          for (Value item : a.items()) {
            t.row(label, item instanceof Value.Str s ? s.value() : Json.writeString(item));
            label = "";
          }
        }
        default -> t.row(name, Json.writeString(v));
      }
    }
  }

  /** The three commands that change whether an app runs. */
  abstract static class Change implements Callable<Integer> {
    private final Session session;
    private final String verb;

    @Parameters(index = "0", paramLabel = "NAME", description = "The app's name.")
    String app = "";

    Change(Session session, String verb) {
      this.session = session;
      this.verb = verb;
    }

    abstract String drain();

    @Override
    public Integer call() {
      String query = "";
      Duration timeout = Duration.ofMinutes(5);
      if (!drain().isEmpty()) {
        Duration wait = Durations.parse(drain(), "--drain");
        timeout = timeout.plus(wait);
        query = "?drain=" + wait.toMillis() + "ms";
      }
      Value.Obj changed =
          session
              .client()
              .call(
                  new Request(
                      "POST", Apps.path(app) + "/" + verb + query, null, "", Map.of(), timeout))
              .object();
      session.say(changed, Apps.sentence(changed));
      return changed.string("state", "").equals("failed") ? CliException.FAILED : 0;
    }
  }

  @Command(
      name = "start",
      description = "Starts a stopped or failed app.",
      footer = {"", "Example:", "  plexspaces app start counter"})
  static final class Start extends Change {
    Start(Session session) {
      super(session, "start");
    }

    @Override
    String drain() {
      return "";
    }
  }

  @Command(
      name = "stop",
      description = "Stops an app. It stays deployed, and stopped when the node starts again.",
      footer = {"", "Example:", "  plexspaces app stop counter --drain 10s"})
  static final class Stop extends Change {
    @Option(
        names = "--drain",
        paramLabel = "TIME",
        description = "How long queued messages may still be handled (default: ${DEFAULT-VALUE}).")
    String drain = "30s";

    Stop(Session session) {
      super(session, "stop");
    }

    @Override
    String drain() {
      return drain;
    }
  }

  @Command(
      name = "restart",
      description = "Stops an app and starts it again.",
      footer = {"", "Example:", "  plexspaces app restart counter"})
  static final class Restart extends Change {
    @Option(
        names = "--drain",
        paramLabel = "TIME",
        description = "How long queued messages may still be handled (default: ${DEFAULT-VALUE}).")
    String drain = "30s";

    Restart(Session session) {
      super(session, "restart");
    }

    @Override
    String drain() {
      return drain;
    }
  }
}
