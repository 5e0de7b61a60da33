package io.plexspaces.cli;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Value;
import io.plexspaces.api.upkeep.EffectQuery;
import io.plexspaces.api.upkeep.JournalQuery;
import io.plexspaces.store.StoreUpkeep;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "show",
    description =
        "Shows an actor's last turns, or its state, outbox, timers or inbox. Contents need the role"
            + " tenant-admin.",
    footer = {
      "",
      "Without a node, give its data directory.",
      "",
      "Example:",
      "  plexspaces journal show bank/account/alice --last 5",
      "  plexspaces journal show bank/account/alice --state --at 12",
      "  plexspaces journal show bank/account/alice --dead --data-dir ./data"
    })
final class JournalShow implements Callable<Integer> {
  private final Session session;

  @Parameters(index = "0", paramLabel = "APP/TYPE/KEY", description = "The actor's address.")
  String address = "";

  @Option(
      names = "--last",
      paramLabel = "N",
      description = "At most so many, up to 1000 (default: ${DEFAULT-VALUE}).")
  int last = 20;

  @Option(names = "--from", paramLabel = "SEQ", description = "From this turn on.")
  long from;

  @Option(names = "--to", paramLabel = "SEQ", description = "Up to this turn.")
  long to;

  @Option(names = "--op", paramLabel = "OP", description = "Only turns of this operation.")
  @Nullable String op;

  @Option(names = "--steps", description = "With the results of each turn's host calls.")
  boolean steps;

  @Option(names = "--effects", description = "With the messages that left with each turn.")
  boolean effects;

  @ArgGroup(exclusive = true)
  View view = new View();

  @Option(names = "--at", paramLabel = "SEQ", description = "The turn whose state is meant.")
  long at;

  @ArgGroup(exclusive = false)
  OfDirectory offline = new OfDirectory();

  /** What is shown instead of turns. */
  static final class View {
    @Option(names = "--state", description = "The declared state, after turn --at or the last.")
    boolean state;

    @Option(names = "--pending", description = "Messages that their receivers may not have yet.")
    boolean pending;

    @Option(names = "--dead", description = "Dead letters.")
    boolean dead;

    @Option(names = "--timers", description = "Reminders that are set.")
    boolean timers;

    @Option(names = "--inbox", description = "What was received of each durable sender.")
    boolean inbox;
  }

  /** Where files are when no node runs. */
  static final class OfDirectory {
    @Option(
        names = "--data-dir",
        paramLabel = "DIR",
        description = "Read the files of a node that does not run.")
    @Nullable String dataDir;

    @Option(
        names = "--tenant",
        paramLabel = "TENANT",
        description = "Whose app, with --data-dir (default: ${DEFAULT-VALUE}).")
    String tenant = AppId.DEFAULT_TENANT;
  }

  JournalShow(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    if (last < 1 || last > 1000 || from < 0 || to < 0 || at < 0) {
      throw CliException.usage("--last: from 1 to 1000; --from, --to and --at: from 1 on");
    }
    if (at > 0 && !view.state) {
      throw CliException.usage("--at goes with --state");
    }
    ActorId actor = JournalCommand.actor(offline.tenant, address);
    Value.Obj shown =
        offline.dataDir == null ? session.client().get(query()).object() : read(actor);
    if (session.format() != OutputFormat.TABLE) {
      session.print(shown);
    } else if (view.state) {
      JournalTables.state(session, shown);
    } else if (view.pending || view.dead) {
      session.print(shown, JournalTables.effects(shown));
      more(shown, "effects");
    } else if (view.timers) {
      session.print(shown, JournalTables.timers(shown));
    } else if (view.inbox) {
      session.print(shown, JournalTables.inbox(shown));
    } else {
      JournalTables.turns(session, shown);
      more(shown, "turns");
    }
    return 0;
  }

  private void more(Value.Obj shown, String what) {
    if (shown.bool("more", false)) {
      session.terminal().err().println("There are more " + what + ": see --last, --from and --to");
    }
  }

  private String query() {
    String path = JournalCommand.path(address);
    if (view.state) {
      return path + "/state" + (at > 0 ? "?at=" + at : "");
    }
    if (view.pending || view.dead) {
      return path + "/effects?state=" + (view.dead ? "dead" : "pending") + "&limit=" + last;
    }
    if (view.timers) {
      return path + "/timers";
    }
    if (view.inbox) {
      return path + "/inbox";
    }
    return path
        + "?limit="
        + last
        + (from > 0 ? "&from=" + from : "")
        + (to > 0 ? "&to=" + to : "")
        + (op == null ? "" : "&op=" + NodeClient.segment(op))
        + (steps ? "&steps=true" : "")
        + (effects ? "&effects=true" : "");
  }

  private Value.Obj read(ActorId actor) {
    try (StoreUpkeep files = Offline.open(String.valueOf(offline.dataDir))) {
      Optional<Value.Obj> shown;
      if (view.state) {
        shown = files.state(actor, at);
      } else if (view.pending || view.dead) {
        shown =
            files.effects(actor, new EffectQuery(view.dead ? "dead" : "pending", 0, last, true));
      } else if (view.timers) {
        shown = files.timers(actor, true);
      } else if (view.inbox) {
        shown = files.inbox(actor);
      } else {
        shown = files.turns(actor, new JournalQuery(from, to, last, op, steps, effects, true));
      }
      return shown.orElseThrow(() ->
          new HostException(
              ErrorCode.NOT_FOUND,
              "actor \""
                  + address
                  + "\" of tenant \""
                  + offline.tenant
                  + "\" has no journal in "
                  + offline.dataDir));
    }
  }
}
