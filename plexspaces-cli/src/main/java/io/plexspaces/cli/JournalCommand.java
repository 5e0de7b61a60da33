package io.plexspaces.cli;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Value;
import io.plexspaces.cli.NodeClient.Request;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "journal",
    description = "Shows and verifies the journals of durable actors, and their dead letters.",
    synopsisSubcommandLabel = "COMMAND",
    footer = {"", "Example:", "  plexspaces journal show bank/account/alice --last 5"})
final class JournalCommand {
  private JournalCommand() {}

  static CommandTree tree(Session s) {
    return CommandTree.group(
        "journal",
        JournalCommand::new,
        CommandTree.leaf("show", () -> new JournalShow(s)),
        CommandTree.leaf("verify", () -> new JournalVerify(s)),
        CommandTree.leaf("dead", () -> new Dead(s)),
        CommandTree.leaf("retry", () -> new Retry(s)));
  }

  /**
   * Refuses what is not an address before anything is asked.
   *
   * @param tenant whose actor it is
   */
  static ActorId actor(String tenant, String address) {
    try {
      return ActorId.parse(tenant, address);
    } catch (HostException e) {
      throw CliException.usage(e.getMessage() + ", like bank/account/alice").causedBy(e);
    }
  }

  /** The path of an actor's journal. */
  static String path(String address) {
    ActorId id = actor(AppId.DEFAULT_TENANT, address);
    return ofApp(id.app().name())
        + "/"
        + NodeClient.segment(id.type())
        + "/"
        + NodeClient.segment(id.key());
  }

  private static String ofApp(String app) {
    return "/api/v1/journals/" + NodeClient.segment(app);
  }

  @Command(
      name = "dead",
      description = "Lists the dead letters of an app: messages that nobody took.",
      footer = {"", "Example:", "  plexspaces journal dead --app bank"})
  static final class Dead implements Callable<Integer> {
    private final Session session;

    @Option(
        names = "--app",
        paramLabel = "APP",
        description = "Only of this app (default: all apps).")
    @Nullable String app;

    Dead(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      NodeClient client = session.client();
      List<Value> dead = new ArrayList<>();
      List<Value> unreadable = new ArrayList<>();
      for (String name : app == null ? apps(client) : List.of(app)) {
        String after = "";
        do {
          Value.Obj page =
              client
                  .call(
                      Request.get(
                              ofApp(name)
                                  + "/dead"
                                  + (after.isEmpty() ? "" : "?after=" + NodeClient.segment(after)))
                          .within(Duration.ofMinutes(5)))
                  .object();
          dead.addAll(page.array("dead"));
          unreadable.addAll(page.array("unreadable"));
          after = page.string("next", "");
        } while (!after.isEmpty());
      }
      Table t = new Table("ACTOR", "NUMBER", "AT", "TO", "OP", "REASON");
      for (Value v : dead) {
        if (v instanceof Value.Obj o) {
          t.row(
              o.string("actor", "?"),
              String.valueOf(o.integer("number", 0)),
              o.string("at", ""),
              o.string("target", "?"),
              o.string("op", "?"),
              o.string("reason", ""));
        }
      }
      session.print(
          Value.Obj.builder()
              .put("dead", new Value.Arr(dead))
              .put("unreadable", new Value.Arr(unreadable))
              .build(),
          t);
      for (Value v : unreadable) {
        session
            .terminal()
            .err()
            .println(
                "Not looked at: " + (v instanceof Value.Str s ? Printable.line(s.value()) : v));
      }
      return unreadable.isEmpty() ? 0 : CliException.FAILED;
    }

    private static List<String> apps(NodeClient client) {
      List<String> names = new ArrayList<>();
      for (Value v : client.get("/api/v1/apps").object().array("apps")) {
        if (v instanceof Value.Obj a) {
          names.add(a.string("app", ""));
        }
      }
      return names;
    }
  }

  @Command(
      name = "retry",
      description =
          "Sends a dead letter again, as a new message without a sender. Each time you do, it is"
              + " sent again.",
      footer = {"", "Example:", "  plexspaces journal retry bank/account/alice 17"})
  static final class Retry implements Callable<Integer> {
    private final Session session;

    @Parameters(index = "0", paramLabel = "APP/TYPE/KEY", description = "Who had sent it.")
    String address = "";

    @Parameters(
        index = "1",
        paramLabel = "NUMBER",
        description = "Its number, as \"journal dead\" shows it.")
    long number;

    Retry(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      String path = JournalCommand.path(address) + "/effects/" + number + "/retry";
      Value.Obj sent =
          session
              .client()
              .call(new Request("POST", path, null, "", Map.of(), NodeClient.DEFAULT_TIMEOUT))
              .object();
      session.say(sent, "Queued as message " + sent.string("message_id", "?"));
      return 0;
    }
  }
}
