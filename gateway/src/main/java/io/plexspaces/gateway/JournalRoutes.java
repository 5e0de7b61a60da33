package io.plexspaces.gateway;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.RequestContext;
import io.plexspaces.api.Role;
import io.plexspaces.api.Value;
import io.plexspaces.api.upkeep.EffectQuery;
import io.plexspaces.api.upkeep.JournalQuery;
import io.plexspaces.api.upkeep.JournalViews;
import io.plexspaces.engine.Engine;
import io.plexspaces.gateway.Route.Access;
import io.plexspaces.gateway.Route.Parameter;
import io.plexspaces.gateway.Route.Success;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * {@code /api/v1/journals/..}: what durable actors have recorded. A viewer sees what happened; the
 * contents of messages, replies and states are for a tenant-admin.
 */
final class JournalRoutes {
  private static final String JOURNALS = "/api/v1/journals/{app}";
  private static final String JOURNAL = JOURNALS + "/{type}/{key}";
  private static final Access VIEW = Access.anyOf(Role.VIEWER, Role.TENANT_ADMIN);
  private static final Access ADMINISTER = Access.anyOf(Role.TENANT_ADMIN);
  private static final int MAX_LIMIT = 1000;
  private static final Parameter LIMIT =
      new Parameter(
          "limit",
          "{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000,\"default\":20}",
          "At most so many.");
  private static final Parameter PAYLOADS =
      new Parameter(
          "payloads",
          "{\"type\":\"boolean\"}",
          "Whether contents are shown; true needs the role tenant-admin. Who has it sees them"
              + " unless it is false.");

  private final JournalViews journals;
  private final Engine engine;
  private final ActorRoutes actors;

  JournalRoutes(JournalViews journals, Engine engine, ActorRoutes actors) {
    this.journals = journals;
    this.engine = engine;
    this.actors = actors;
  }

  List<Route> routes() {
    return List.of(
        Route.of(
                "GET",
                JOURNALS,
                VIEW,
                "listJournals",
                "The actors of an app that have a journal.",
                new Success(200, Payload.JSON_TYPE, "JournalList", "Their addresses."),
                this::list)
            .withQuery(
                new Parameter("after", "{\"type\":\"string\"}", "Only addresses behind this one."),
                new Parameter(
                    "limit",
                    "{\"type\":\"integer\",\"minimum\":1,\"maximum\":10000,\"default\":1000}",
                    "At most so many.")),
        Route.of(
                "GET",
                JOURNAL,
                VIEW,
                "showJournal",
                "Turns of an actor: what came, what it answered and sent.",
                new Success(200, Payload.JSON_TYPE, "Journal", "The turns, oldest first."),
                this::turns)
            .withQuery(
                new Parameter(
                    "from",
                    "{\"type\":\"integer\",\"minimum\":1}",
                    "The first turn; without it the last ones are meant."),
                new Parameter("to", "{\"type\":\"integer\",\"minimum\":1}", "The last turn."),
                LIMIT,
                new Parameter("op", "{\"type\":\"string\"}", "Only turns of this operation."),
                new Parameter(
                    "steps",
                    "{\"type\":\"boolean\",\"default\":false}",
                    "Whether to show the results of host calls."),
                new Parameter(
                    "effects",
                    "{\"type\":\"boolean\",\"default\":false}",
                    "Whether to show the messages that left."),
                PAYLOADS),
        Route.of(
                "GET",
                JOURNAL + "/state",
                ADMINISTER,
                "journalState",
                "The declared state after a turn, rebuilt from the journal.",
                new Success(200, Payload.JSON_TYPE, "JournalState", "The state."),
                this::state)
            .withQuery(
                new Parameter(
                    "at", "{\"type\":\"integer\",\"minimum\":1}", "The turn; the last if absent.")),
        Route.of(
                "GET",
                JOURNAL + "/effects",
                VIEW,
                "journalEffects",
                "Messages of an actor's outbox.",
                new Success(200, Payload.JSON_TYPE, "JournalEffects", "The messages, by number."),
                this::effects)
            .withQuery(
                new Parameter(
                    "state",
                    "{\"enum\":[\"pending\",\"done\",\"dead\"],\"default\":\"pending\"}",
                    "Which of them."),
                new Parameter(
                    "after",
                    "{\"type\":\"integer\",\"minimum\":0,\"default\":0}",
                    "Only those with a larger number."),
                LIMIT,
                PAYLOADS),
        Route.of(
                "GET",
                JOURNAL + "/timers",
                VIEW,
                "journalTimers",
                "Reminders that are set.",
                new Success(200, Payload.JSON_TYPE, "JournalTimers", "The next one first."),
                x -> found(x, journals.timers(x.actor(), payloads(x))))
            .withQuery(PAYLOADS),
        Route.of(
            "GET",
            JOURNAL + "/inbox",
            VIEW,
            "journalInbox",
            "What was received of each durable sender.",
            new Success(200, Payload.JSON_TYPE, "JournalInbox", "Watermarks, by sender."),
            x -> found(x, journals.inbox(x.actor()))),
        Route.of(
                "GET",
                JOURNALS + "/dead",
                VIEW,
                "deadLetters",
                "Messages that nobody took, over the actors of an app.",
                new Success(200, Payload.JSON_TYPE, "DeadLetters", "The messages, by actor."),
                this::dead)
            .withQuery(
                new Parameter("after", "{\"type\":\"string\"}", "Go on behind this actor."),
                PAYLOADS),
        Route.of(
            "POST",
            JOURNAL + "/effects/{number}/retry",
            ADMINISTER,
            "retryDeadLetter",
            "Sends a dead letter again, as a new message without a sender.",
            new Success(202, Payload.JSON_TYPE, "Sent", "The message is queued."),
            this::retry));
  }

  private Reply list(Exchange x) {
    long limit = x.queryLong("limit", 1000, 1, 10_000);
    String after = x.query("after");
    List<Value> shown = new ArrayList<>();
    boolean more = false;
    for (ActorId a : journals.actors(x.app())) {
      if (after != null && a.address().compareTo(after) <= 0) {
        continue;
      }
      if (shown.size() == limit) {
        more = true;
        break;
      }
      shown.add(new Value.Str(a.address()));
    }
    return Reply.json(
        200, Value.Obj.builder().put("actors", new Value.Arr(shown)).put("more", more).build());
  }

  private Reply turns(Exchange x) {
    JournalQuery q =
        new JournalQuery(
            x.queryLong("from", 0, 1, Long.MAX_VALUE),
            x.queryLong("to", 0, 1, Long.MAX_VALUE),
            (int) x.queryLong("limit", 20, 1, MAX_LIMIT),
            x.query("op"),
            x.queryFlag("steps"),
            x.queryFlag("effects"),
            payloads(x));
    return found(x, journals.turns(x.actor(), q));
  }

  private Reply state(Exchange x) {
    return found(x, journals.state(x.actor(), x.queryLong("at", 0, 1, Long.MAX_VALUE)));
  }

  private Reply effects(Exchange x) {
    String state = x.query("state");
    if (state != null && !List.of("pending", "done", "dead").contains(state)) {
      throw Refusal.badRequest(
          "query parameter \"state\" is \""
              + Uri.abbreviate(state)
              + "\", it must be pending, done or dead");
    }
    EffectQuery q =
        new EffectQuery(
            state == null ? "pending" : state,
            x.queryLong("after", 0, 0, Long.MAX_VALUE),
            (int) x.queryLong("limit", 20, 1, MAX_LIMIT),
            payloads(x));
    return found(x, journals.effects(x.actor(), q));
  }

  /** So many journals are opened for one answer; then the client goes on. */
  private static final int JOURNALS_A_PAGE = 500;

  private Reply dead(Exchange x) {
    String after = x.query("after");
    boolean payloads = payloads(x);
    List<Value> dead = new ArrayList<>();
    List<Value> unreadable = new ArrayList<>();
    String last = "";
    int looked = 0;
    List<ActorId> all = journals.actors(x.app());
    for (ActorId actor : all) {
      if (after != null && actor.address().compareTo(after) <= 0) {
        continue;
      }
      if (looked++ == JOURNALS_A_PAGE || dead.size() >= MAX_LIMIT) {
        return dead(dead, unreadable, all.size(), last);
      }
      last = actor.address();
      try {
        journals
            .effects(actor, new EffectQuery("dead", 0, MAX_LIMIT, payloads))
            .ifPresent(
                found -> found.array("effects").forEach(e -> dead.add(of(actor, (Value.Obj) e))));
      } catch (HostException e) {
        // One damaged journal must not hide what the others have.
        unreadable.add(new Value.Str(e.error().message()));
      }
    }
    return dead(dead, unreadable, all.size(), "");
  }

  private static Reply dead(List<Value> dead, List<Value> unreadable, int journals, String next) {
    return Reply.json(
        200,
        Value.Obj.builder()
            .put("dead", new Value.Arr(dead))
            .put("unreadable", new Value.Arr(unreadable))
            .put("journals", journals)
            .put("next", next)
            .build());
  }

  private static Value of(ActorId actor, Value.Obj effect) {
    Value.Obj.Builder b = Value.Obj.builder().put("actor", actor.address());
    effect.fields().forEach(b::put);
    return b.build();
  }

  private Reply retry(Exchange x) {
    ActorId actor = x.actor();
    long number = number(x.path("number"));
    JournalViews.Letter letter =
        journals
            .deadLetter(actor, number)
            .orElseThrow(() ->
                new HostException(
                    ErrorCode.NOT_FOUND,
                    actor.address() + " has no dead letter with number " + number));
    ActorId target = ActorId.parse(x.caller().tenant(), letter.target());
    RequestContext context = x.context(null);
    MessageId id =
        x.whileConnected(() ->
            actors.reach(
                target, () -> engine.send(context, target, letter.op(), letter.payload(), null)));
    return Reply.json(202, Value.Obj.builder().put("message_id", id.toString()).build());
  }

  private static long number(String s) {
    try {
      long n = Long.parseLong(s);
      if (n > 0) {
        return n;
      }
    } catch (NumberFormatException e) {
      // refused below
    }
    throw Refusal.badRequest("\"" + Uri.abbreviate(s) + "\" is not the number of an effect");
  }

  private static Reply found(Exchange x, Optional<Value.Obj> shown) {
    ActorId actor = x.actor();
    return Reply.json(200, shown.orElseThrow(() -> noJournal(actor)));
  }

  private static HostException noJournal(ActorId actor) {
    return new HostException(
        ErrorCode.NOT_FOUND,
        "actor \""
            + actor.address()
            + "\" has no journal: it is not durable, or has had no turn that changed it");
  }

  /** Whether the caller sees contents, which are data and not operation. */
  private static boolean payloads(Exchange x) {
    boolean may = x.caller().roles().contains(Role.TENANT_ADMIN);
    if (x.query("payloads") == null) {
      return may;
    }
    boolean wanted = x.queryFlag("payloads");
    if (wanted && !may) {
      throw Refusal.forbidden("payloads=true needs the role tenant-admin");
    }
    return wanted;
  }
}
