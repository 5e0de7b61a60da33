package io.plexspaces.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import io.plexspaces.cli.NodeClient.Reply;
import io.plexspaces.cli.NodeClient.Request;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "actor",
    description = "Asks, sends to, lists and shows actors. An address is APP/TYPE/KEY.",
    synopsisSubcommandLabel = "COMMAND",
    footer = {"", "Example:", "  plexspaces actor ask counter/counter/main increment '{\"by\":2}'"})
final class ActorCommand {
  private ActorCommand() {}

  static CommandTree tree(Session s) {
    return CommandTree.group(
        "actor",
        ActorCommand::new,
        CommandTree.leaf("ask", () -> new Ask(s)),
        CommandTree.leaf("stream", () -> new Stream(s)),
        CommandTree.leaf("send", () -> new Send(s)),
        CommandTree.leaf("list", () -> new ListActors(s)),
        CommandTree.leaf("tree", () -> new Tree(s)),
        CommandTree.leaf("show", () -> new Show(s)),
        CommandTree.leaf("state", () -> new State(s)),
        CommandTree.leaf("delete", () -> new ActorDelete(s)));
  }

  /** The path of an actor; refuses what is not an address before anything is sent. */
  static String path(String address) {
    try {
      ActorId id = ActorId.parse(AppId.DEFAULT_TENANT, address);
      return "/api/v1/actors/"
          + NodeClient.segment(id.app().name())
          + "/"
          + NodeClient.segment(id.type())
          + "/"
          + NodeClient.segment(id.key());
    } catch (HostException e) {
      throw CliException.usage(e.getMessage() + ", like counter/counter/main").causedBy(e);
    }
  }

  /** What ask, stream and send have in common. */
  abstract static class Message implements Callable<Integer> {
    /** The node gives up first, and says why; only then do we. */
    static final Duration GRACE = Duration.ofSeconds(5);

    /** What the node allows. */
    private static final Duration LONGEST = Duration.ofMinutes(10);

    final Session session;

    @Parameters(index = "0", paramLabel = "APP/TYPE/KEY", description = "The actor's address.")
    String address = "";

    @Parameters(index = "1", paramLabel = "OP", description = "The operation.")
    String op = "";

    @Parameters(
        index = "2",
        arity = "0..1",
        paramLabel = "JSON|@FILE|-",
        description = "The payload: JSON, a file, or - for standard input (default: {}).")
    String payload = "{}";

    @Option(
        names = "--content-type",
        paramLabel = "TYPE",
        description = "What the payload is (default: ${DEFAULT-VALUE}).")
    String contentType = "application/json";

    Message(Session session) {
      this.session = session;
    }

    Request request(String kind, String query) {
      byte[] body = session.argumentBytes(payload, "the payload");
      if (contentType.equals("application/json")) {
        try {
          Json.read(body);
        } catch (HostException e) {
          throw CliException.usage(
                  "the payload is "
                      + e.getMessage()
                      + "; write it like '{\"by\":2}', quoted for the shell")
              .causedBy(e);
        }
      }
      String path = path(address) + "/" + kind + "/" + NodeClient.segment(op) + query;
      return Request.post(path, body, contentType);
    }

    /** How long to wait, as {@code --timeout} says. */
    static Duration wait(String timeout) {
      Duration wait = Durations.parse(timeout, "--timeout");
      if (wait.isZero() || wait.compareTo(LONGEST) > 0) {
        throw CliException.usage("--timeout: from 1ms to 10m, it is " + timeout);
      }
      return wait;
    }
  }

  /** What may be sent again without being done again. */
  abstract static class Repeatable extends Message {
    @Option(
        names = "--idempotency-key",
        paramLabel = "KEY",
        description = "Do it once, however often it is sent. For durable actors.")
    @Nullable String idempotencyKey;

    Repeatable(Session session) {
      super(session);
    }

    @Override
    Request request(String kind, String query) {
      Request request = super.request(kind, query);
      return idempotencyKey == null
          ? request
          : request.with(Map.of("Idempotency-Key", quoted(idempotencyKey)));
    }

    /** As a structured-field string (RFC 8941): printable ASCII in quotes. */
    private static String quoted(String key) {
      if (key.isEmpty() || !key.chars().allMatch(c -> c >= 0x20 && c < 0x7f)) {
        throw CliException.usage("--idempotency-key: only printable ASCII, and not empty");
      }
      return '"' + key.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
  }

  @Command(
      name = "ask",
      description = "Asks an actor and prints its reply.",
      footer = {
        "",
        "Example:",
        "  plexspaces actor ask counter/counter/main increment '{\"by\":2}' --timeout 5s"
      })
  static final class Ask extends Repeatable {
    @Option(
        names = "--timeout",
        paramLabel = "TIME",
        description = "How long to wait for the reply (default: ${DEFAULT-VALUE}).")
    String timeout = "30s";

    Ask(Session session) {
      super(session);
    }

    @Override
    public Integer call() {
      Duration wait = wait(timeout);
      Reply reply =
          session
              .client()
              .call(request("ask", "?timeout_ms=" + wait.toMillis()).within(wait.plus(GRACE)));
      session.print(reply);
      return 0;
    }
  }

  @Command(
      name = "stream",
      description = "Opens a stream and prints its values as they come, one a line.",
      footer = {
        "",
        "Ctrl-C closes the stream.",
        "",
        "Example:",
        "  plexspaces actor stream bank/account/alice statement '{\"since\":3}'"
      })
  static final class Stream extends Message {
    /** The node says something at least so often. */
    private static final Duration SILENCE = Duration.ofSeconds(30);

    @Option(
        names = "--timeout",
        paramLabel = "TIME",
        description = "How long to wait for each value (default: ${DEFAULT-VALUE}).")
    String timeout = "30s";

    Stream(Session session) {
      super(session);
    }

    @Override
    public Integer call() {
      Duration wait = wait(timeout);
      Duration silence = wait.compareTo(SILENCE) > 0 ? wait : SILENCE;
      try {
        session.client().stream(
            request("stream", "?timeout_ms=" + wait.toMillis()).within(silence.plus(GRACE)),
            this::print);
        return 0;
      } catch (NobodyReads e) {
        return NobodyReads.STATUS;
      }
    }

    private void print(String json) {
      try {
        Value value = Json.read(json.getBytes(UTF_8));
        session.terminal().out().println(Printable.json(Json.writeString(value)));
      } catch (HostException e) {
        throw CliException.failed("a value of the stream is not JSON: " + e.getMessage())
            .causedBy(e);
      }
      // Also flushes. A PrintStream hides that the other end of a pipe is closed.
      if (session.terminal().out().checkError()) {
        throw new NobodyReads();
      }
    }
  }

  /** The reader of the output has what it wanted, as {@code head} has. */
  private static final class NobodyReads extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** As of a program that ends by SIGPIPE: 128 and the signal's number. */
    static final int STATUS = 141;
  }

  @Command(
      name = "send",
      description = "Sends to an actor without waiting for it; prints the message id.",
      footer = {
        "",
        "Example:",
        "  plexspaces actor send counter/counter/main increment '{\"by\":2}'"
      })
  static final class Send extends Repeatable {
    Send(Session session) {
      super(session);
    }

    @Override
    public Integer call() {
      Value.Obj reply = session.client().call(request("send", "")).object();
      session.say(reply, "Queued as message " + reply.string("message_id", "?"));
      return 0;
    }
  }

  @Command(
      name = "list",
      description = "Lists the actors of an app that are in memory.",
      footer = {"", "Example:", "  plexspaces actor list counter"})
  static final class ListActors implements Callable<Integer> {
    private final Session session;

    @Parameters(index = "0", paramLabel = "APP", description = "The app's name.")
    String app = "";

    @Option(names = "--type", paramLabel = "TYPE", description = "Only actors of this type.")
    @Nullable String type;

    @Option(
        names = "--limit",
        paramLabel = "N",
        description = "At most so many, up to 10000 (default: ${DEFAULT-VALUE}).")
    int limit = 1000;

    ListActors(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      String path = "/api/v1/actors/" + NodeClient.segment(app) + "?limit=" + limit;
      Value.Obj reply =
          session
              .client()
              .get(type == null ? path : path + "&type=" + NodeClient.segment(type))
              .object();
      Table t =
          new Table(
              "ACTOR", "STATE", "DURABLE", "QUEUED", "TURNS", "SEQUENCE", "MEMORY", "RESTARTS");
      for (Value v : reply.array("actors")) {
        if (v instanceof Value.Obj a) {
          t.row(
              a.string("actor", "?"),
              a.string("state", "?"),
              a.bool("durable", false) ? "yes" : "no",
              String.valueOf(a.integer("mailbox_depth", 0)),
              String.valueOf(a.integer("turns", 0)),
              String.valueOf(a.integer("sequence", 0)),
              Apps.bytes(a.integer("memory_bytes", 0)),
              String.valueOf(a.integer("restarts", 0)));
        }
      }
      session.print(reply, t);
      if (reply.bool("more", false)) {
        session.terminal().err().println("There are more: see --limit and --type");
      }
      return 0;
    }
  }

  @Command(
      name = "tree",
      description = "Shows the supervisor tree of an app.",
      footer = {"", "Example:", "  plexspaces actor tree counter"})
  static final class Tree implements Callable<Integer> {
    private final Session session;

    @Parameters(index = "0", paramLabel = "APP", description = "The app's name.")
    String app = "";

    Tree(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      Value.Obj tree = session.client().get(Apps.path(app) + "/tree").object();
      if (session.format() != OutputFormat.TABLE) {
        session.print(tree);
        return 0;
      }
      StringBuilder out = new StringBuilder();
      draw(out, tree, "", "");
      session.terminal().out().print(out);
      return 0;
    }

    static void draw(StringBuilder out, Value.Obj node, String lead, String below) {
      long restarts = node.integer("restarts", 0);
      out.append(lead).append(Printable.line(node.string("label", "?")));
      out.append("  ").append(node.string("kind", "?"));
      if (!node.string("state", "").isEmpty()) {
        out.append(", ").append(node.string("state", ""));
      }
      if (restarts > 0) {
        out.append(", ").append(restarts).append(restarts == 1 ? " restart" : " restarts");
      }
      out.append('\n');
      int last = node.array("children").size() - 1;
      for (int i = 0; i <= last; i++) {
        if (node.array("children").get(i) instanceof Value.Obj child) {
          draw(
              out, child, below + (i == last ? "└─ " : "├─ "), below + (i == last ? "   " : "│  "));
        }
      }
    }
  }

  @Command(
      name = "show",
      description = "Shows what is known of an actor, without waking it.",
      footer = {"", "Example:", "  plexspaces actor show counter/counter/main"})
  static final class Show implements Callable<Integer> {
    private final Session session;

    @Parameters(index = "0", paramLabel = "APP/TYPE/KEY", description = "The actor's address.")
    String address = "";

    Show(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      Value.Obj status = session.client().get(path(address) + "/status").object();
      Table t = new Table("FIELD", "VALUE");
      status.fields().forEach((name, v) -> AppCommand.Show.field(t, name, v));
      session.print(status, t);
      return 0;
    }
  }

  @Command(
      name = "state",
      description = "Prints the declared state of an actor, read in a turn of its own.",
      footer = {"", "Example:", "  plexspaces actor state counter/counter/main"})
  static final class State implements Callable<Integer> {
    private final Session session;

    @Parameters(index = "0", paramLabel = "APP/TYPE/KEY", description = "The actor's address.")
    String address = "";

    State(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      Reply reply = session.client().get(path(address) + "/state");
      session.print(reply);
      return 0;
    }
  }
}
