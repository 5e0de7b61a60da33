package io.plexspaces.cli;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.Value;
import io.plexspaces.api.upkeep.Finding;
import io.plexspaces.api.upkeep.Verification.Result;
import io.plexspaces.api.upkeep.Verification.Scope;
import io.plexspaces.cli.NodeClient.Request;
import io.plexspaces.store.StoreUpkeep;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "verify",
    description =
        "Looks for damage and changes nothing: in the journal of one actor, in those of an app, or"
            + " (all) in everything a node keeps. A node that runs goes on; all needs the role"
            + " node-admin.",
    footer = {
      "",
      "Exit status 1 if there is damage. What only may be wrong is shown as a note.",
      "",
      "Example:",
      "  plexspaces journal verify all",
      "  plexspaces journal verify bank/account/alice",
      "  plexspaces journal verify all --data-dir ./data"
    })
final class JournalVerify implements Callable<Integer> {
  /** Journals in one request: a progress line every so often, and no request lasts long. */
  private static final int PAGE = 200;

  private static final Duration LONGEST = Duration.ofMinutes(10);

  private final Session session;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "APP/TYPE/KEY|all",
      description = "One actor, or everything.")
  @Nullable String what;

  @Option(names = "--app", paramLabel = "APP", description = "The journals of an app.")
  @Nullable String app;

  @ArgGroup(exclusive = false)
  JournalShow.OfDirectory offline = new JournalShow.OfDirectory();

  JournalVerify(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    if ((what == null) == (app == null)) {
      throw CliException.usage("say what: an actor APP/TYPE/KEY, all, or --app APP");
    }
    if (offline.dataDir == null) {
      return verify(this::page);
    }
    try (StoreUpkeep files = Offline.open(offline.dataDir)) {
      return verify(after -> page(files, after));
    }
  }

  private int verify(UnaryOperator<Value.Obj> pages) {
    List<Value> findings = new ArrayList<>();
    Value.Obj page = Value.Obj.EMPTY;
    long journals = 0;
    do {
      page = pages.apply(page);
      journals += page.integer("journals", 0);
      findings.addAll(page.array("findings"));
      if (session.format() == OutputFormat.TABLE) {
        page.array("findings").forEach(this::tell);
        progress(journals, page);
      }
    } while (!page.string("next", "").isEmpty());
    long damage =
        findings.stream().filter(f -> f instanceof Value.Obj o && o.bool("damage", true)).count();
    session.say(
        Value.Obj.builder()
            .put("journals", journals)
            .put("damage", damage)
            .put("findings", new Value.Arr(findings))
            .build(),
        summary(journals, damage, findings.size() - damage));
    return damage == 0 ? 0 : CliException.FAILED;
  }

  private String summary(long journals, long damage, long notes) {
    if (journals == 0 && damage == 0 && what != null && !what.equals("all")) {
      return what + " has no journal";
    }
    return journals
        + (journals == 1 ? " journal" : " journals")
        + " verified, "
        + (damage == 0 ? "no damage" : damage + (damage == 1 ? " finding" : " findings"))
        + (notes == 0 ? "" : notes == 1 ? ", 1 note" : ", " + notes + " notes");
  }

  /** One line a finding: file, what, what to do. */
  private void tell(Value v) {
    if (v instanceof Value.Obj f) {
      session
          .terminal()
          .out()
          .println(
              Printable.line(
                  (f.bool("damage", true) ? "" : "note: ")
                      + f.string("file", "?")
                      + ": "
                      + f.string("what", "?")
                      + ": "
                      + f.string("remedy", "")));
    }
  }

  private void progress(long journals, Value.Obj page) {
    if (!page.string("next", "").isEmpty()) {
      session
          .terminal()
          .err()
          .println(journals + " of " + page.integer("total", 0) + " journals verified");
    }
  }

  private Value.Obj page(Value.Obj before) {
    StringBuilder path = new StringBuilder("/api/v1/verify?limit=" + PAGE);
    if (app != null) {
      path.append("&app=").append(NodeClient.segment(app));
    } else if (what != null && !what.equals("all")) {
      ActorId actor = JournalCommand.actor(AppId.DEFAULT_TENANT, what);
      path.append("&app=").append(NodeClient.segment(actor.app().name()));
      path.append("&actor=").append(NodeClient.segment(actor.localAddress()));
    }
    if (!before.string("next", "").isEmpty()) {
      path.append("&after=").append(NodeClient.segment(before.string("next", "")));
    }
    return session.client().call(Request.get(path.toString()).within(LONGEST)).object();
  }

  private Value.Obj page(StoreUpkeep files, Value.Obj before) {
    AppId scopeApp = app == null ? null : new AppId(offline.tenant, app);
    String actor = null;
    if (what != null && !what.equals("all")) {
      ActorId id = JournalCommand.actor(offline.tenant, what);
      scopeApp = id.app();
      actor = id.localAddress();
    }
    Result r = files.verify(new Scope(scopeApp, actor, before.string("next", ""), PAGE));
    List<Value> findings = new ArrayList<>();
    for (Finding f : r.findings()) {
      findings.add(f.toValue());
    }
    return Value.Obj.builder()
        .put("findings", new Value.Arr(findings))
        .put("journals", r.journals())
        .put("total", r.total())
        .put("next", r.next())
        .build();
  }
}
