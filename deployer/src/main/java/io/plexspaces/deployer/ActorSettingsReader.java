package io.plexspaces.deployer;

import io.plexspaces.api.AppId;
import io.plexspaces.api.guest.ModuleDescription;
import io.plexspaces.api.guest.ModuleDescription.ActorType;
import io.plexspaces.api.journal.JournalOptions;
import io.plexspaces.engine.plan.ActorPlan;
import io.plexspaces.engine.plan.ActorPlan.Backoff;
import io.plexspaces.engine.plan.ActorPlan.Delivery;
import io.plexspaces.engine.plan.ActorPlan.MailboxPlan;
import io.plexspaces.engine.plan.ActorPlan.Overflow;
import io.plexspaces.engine.plan.Restart;
import io.plexspaces.engine.plan.TimerFacet;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads what a supervised child and a type on demand have in common. */
final class ActorSettingsReader {
  /** After which an idle virtual actor leaves memory unless its facet says otherwise. */
  static final Duration DEFAULT_IDLE_TIMEOUT = Duration.ofMinutes(15);

  private static final Map<String, Restart> RESTARTS = new LinkedHashMap<>();
  private static final Map<String, Overflow> OVERFLOWS = new LinkedHashMap<>();
  private static final Set<String> FACETS_LATER = Set.of("caching", "logging", "event_sourcing");

  /** Facets that an actor may have several of. */
  private static final Set<String> TIMERS = Set.of("timer", "reminder");

  static {
    RESTARTS.put("permanent", Restart.PERMANENT);
    RESTARTS.put("transient", Restart.TRANSIENT);
    RESTARTS.put("temporary", Restart.TEMPORARY);
    OVERFLOWS.put("reject", Overflow.REJECT);
    OVERFLOWS.put("drop_oldest", Overflow.DROP_OLDEST);
    OVERFLOWS.put("drop_newest", Overflow.DROP_NEWEST);
    OVERFLOWS.put("block", Overflow.BLOCK);
  }

  private final Duration idempotencyRetention;
  private final @Nullable ModuleDescription module;

  /** The facets of one actor. */
  private static final class Facets {
    @Nullable JournalOptions durability;
    Delivery delivery = Delivery.DEFAULT;
    @Nullable Duration idleTimeout;
    boolean lazy;
    List<TimerFacet> timers = List.of();
  }

  ActorSettingsReader(Duration idempotencyRetention, @Nullable ModuleDescription module) {
    this.idempotencyRetention = idempotencyRetention;
    this.module = module;
  }

  static Restart restart(TomlSection s) {
    return s.oneOf("restart", RESTARTS, Set.of()).orElse(Restart.PERMANENT);
  }

  /** Refuses what is no type and what the module does not have, at {@code key} of {@code s}. */
  void checkType(String type, TomlSection s, String key) {
    if (!AppId.isName(type)) {
      s.error(key, TomlSection.quoted(type) + " in " + s.label() + " is no actor type");
    } else if (module != null && module.type(type) == null) {
      s.error(
          key,
          "type "
              + TomlSection.quoted(type)
              + " in "
              + s.label()
              + " is not in the module, which has "
              + String.join(", ", module.types().keySet())
              + Suggestion.of(type, module.types().keySet()));
    }
  }

  /** Refuses behaviours that this version does not run, stated here or by the module. */
  void checkBehavior(String type, TomlSection s) {
    boolean stated = s.has("behavior_kind");
    Optional<String> kind =
        s.oneOf(
            "behavior_kind",
            AppConfigReader.words("GenServer"),
            Set.of("GenEvent", "GenFSM", "Workflow"));
    ActorType t = module == null ? null : module.type(type);
    if (t == null || t.behavior().equals("GenServer") || (stated && kind.isEmpty())) {
      return;
    }
    s.error(
        stated ? "behavior_kind" : "type",
        "type "
            + TomlSection.quoted(type)
            + " in "
            + s.label()
            + " is a "
            + t.behavior()
            + " in the module, which is not supported by this version: only GenServer is");
  }

  /**
   * @param type the actor's, or null if it is not known
   * @param of how messages name the actor
   * @param onDemand whether it is activated by key, not by a supervisor
   */
  ActorPlan read(TomlSection s, @Nullable String type, String of, boolean onDemand) {
    Restart restart = restart(s);
    Duration shutdown =
        s.integer("shutdown_timeout_secs", 0, 3600)
            .map(Duration::ofSeconds)
            .orElse(ActorPlan.DEFAULT.shutdownTimeout());
    Backoff backoff = backoff(s.table("backoff", "backoff of " + of));
    MailboxPlan mailbox = mailbox(s.table("mailbox", "mailbox of " + of));
    Facets facets = facets(s, type, of, onDemand);
    return new ActorPlan(
        restart,
        shutdown,
        backoff,
        mailbox,
        facets.durability,
        facets.idleTimeout,
        facets.lazy,
        facets.delivery,
        facets.timers);
  }

  private static Backoff backoff(TomlSection s) {
    long min = s.integer("min_ms", 0, 3_600_000).orElse(Backoff.DEFAULT.minMillis());
    Optional<Long> given = s.integer("max_ms", 0, 3_600_000);
    // A large minimum alone is not a contradiction: the default maximum gives way.
    long max = given.orElse(Math.max(min, Backoff.DEFAULT.maxMillis()));
    if (min > max) {
      s.error(
          "min_ms", s.name("min_ms") + " is " + min + ", more than its max_ms, which is " + max);
    }
    s.done();
    return new Backoff(min, max);
  }

  private static MailboxPlan mailbox(TomlSection s) {
    int capacity =
        s.integer("capacity", 1, 1_000_000)
            .map(Math::toIntExact)
            .orElse(MailboxPlan.DEFAULT.capacity());
    Overflow overflow =
        s.oneOf("overflow", OVERFLOWS, Set.of()).orElse(MailboxPlan.DEFAULT.overflow());
    s.done();
    return new MailboxPlan(capacity, overflow);
  }

  private Facets facets(TomlSection s, @Nullable String actorType, String of, boolean onDemand) {
    TimerFacetReader timers = new TimerFacetReader(module, actorType);
    Facets facets = new Facets();
    Set<String> seen = new HashSet<>();
    for (TomlSection facet : s.tables("facets", "facets of " + of)) {
      Optional<String> type = facet.requiredString("type");
      // The order in which facets wrap a turn; none of today's depends on another.
      facet.integer("priority", Integer.MIN_VALUE, Integer.MAX_VALUE);
      if (type.isPresent() && !TIMERS.contains(type.get()) && !seen.add(type.get())) {
        facet.error("type", "facet " + TomlSection.quoted(type.get()) + " is there twice in " + of);
      }
      type.flatMap(t ->
              facet.oneOf(
                  "type",
                  AppConfigReader.words(
                      "virtual_actor", "durability", "metrics", "timer", "reminder"),
                  FACETS_LATER))
          .ifPresentOrElse(
              t -> {
                TomlSection config =
                    facet.table("config", "facet " + TomlSection.quoted(t) + " of " + of);
                if (TIMERS.contains(t)) {
                  timers.read(t, facet, config);
                  config.done();
                } else {
                  config(t, config, facets, onDemand);
                }
              },
              // What a refused facet holds cannot be judged.
              () -> facet.has("config"));
      facet.done();
    }
    facets.timers = timers.all(facets.durability != null);
    return facets;
  }

  private void config(String type, TomlSection config, Facets facets, boolean onDemand) {
    switch (type) {
      case "virtual_actor" -> {
        facets.idleTimeout =
            config
                .duration("idle_timeout", Duration.ofMillis(1), Duration.ofDays(3650))
                .orElse(DEFAULT_IDLE_TIMEOUT);
        Optional<String> strategy =
            config.oneOf("activation_strategy", AppConfigReader.words("lazy", "eager"), Set.of());
        boolean eager = strategy.isPresent() && strategy.get().equals("eager");
        if (eager && onDemand) {
          config.error(
              "activation_strategy",
              config.name("activation_strategy")
                  + " cannot be \"eager\": a type in [actor_types] is activated by its first"
                  + " message");
        }
        facets.lazy = !eager;
        config.unsupported("labels");
      }
      case "durability" -> {
        facets.durability =
            new JournalOptions(
                config
                    .integer("checkpoint_interval", 1, 1_000_000)
                    .map(Math::toIntExact)
                    .orElse(JournalOptions.DEFAULT.checkpointInterval()),
                idempotencyRetention,
                config
                    .duration("retain", Duration.ofMinutes(1), Duration.ofDays(3650))
                    .orElse(null));
        facets.delivery =
            new Delivery(
                config
                    .integer("max_deliveries", 1, 1000)
                    .map(Math::toIntExact)
                    .orElse(Delivery.DEFAULT.maxDeliveries()),
                config.bool("require_idempotency_key").orElse(false));
      }
      case "metrics" -> {
        // The built-in series are there for every actor: nothing to set.
      }
      default -> throw new IllegalStateException(type);
    }
    config.done();
  }
}
