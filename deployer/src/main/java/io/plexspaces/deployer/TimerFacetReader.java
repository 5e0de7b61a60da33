package io.plexspaces.deployer;

import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.guest.ModuleDescription;
import io.plexspaces.api.guest.ModuleDescription.ActorType;
import io.plexspaces.api.guest.ModuleDescription.Operation;
import io.plexspaces.api.guest.Schema;
import io.plexspaces.engine.plan.CronExpression;
import io.plexspaces.engine.plan.TimerFacet;
import io.plexspaces.engine.plan.TimerRule;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the facets {@code timer} and {@code reminder} of one actor. */
final class TimerFacetReader {
  private static final Payload SHORTEST = Payload.EMPTY_OBJECT;
  private static final Payload WITH_TIME = Payload.json("{\"due_ms\":0}");

  private final @Nullable ActorType type;
  private final List<TimerFacet> facets = new ArrayList<>();
  private final Set<String> ids = new HashSet<>();

  /** Where reminders stand, to be refused if the actor is not durable. */
  private final List<TomlSection> reminders = new ArrayList<>();

  /**
   * @param type the actor's, or null if it is not known
   */
  TimerFacetReader(@Nullable ModuleDescription module, @Nullable String type) {
    this.type = module == null || type == null ? null : module.type(type);
  }

  /**
   * @param facet where the type stands
   * @param config of the facet; its caller says that it is done
   */
  void read(String kind, TomlSection facet, TomlSection config) {
    boolean reminder = kind.equals("reminder");
    if (reminder) {
      reminders.add(facet);
    }
    if (!facet.has("config")) {
      facet.error(
          "type",
          config.label() + " needs config = { op = \"..\", every = \"10m\" }, or cron for every");
      return;
    }
    Optional<String> op = config.requiredString("op");
    op.ifPresent(o -> checkOperation(o, config));
    Optional<TimerRule> rule = rule(config);
    if (op.isEmpty() || rule.isEmpty()) {
      return;
    }
    TimerFacet f =
        reminder
            ? TimerFacet.reminder(op.get(), rule.get())
            : TimerFacet.timer(op.get(), rule.get());
    if (ids.add(f.id())) {
      facets.add(f);
    } else {
      config.error(
          "op",
          config.name("op")
              + " is "
              + TomlSection.quoted(op.get())
              + ", which another "
              + kind
              + " of this actor has already: give each an operation of its own");
    }
  }

  private static Optional<TimerRule> rule(TomlSection config) {
    boolean every = config.has("every");
    boolean cron = config.has("cron");
    boolean zoned = config.has("tz");
    if (every == cron) {
      String key = every ? "cron" : "op";
      config.error(
          key,
          config.label()
              + (every
                  ? " has both every and cron: one of them is enough"
                  : " needs every = \"10m\" or cron = \"0 9 * * MON-FRI\""));
      return Optional.empty();
    }
    if (every) {
      if (zoned) {
        config.error("tz", config.name("tz") + " goes with cron, not with every");
      }
      return config
          .duration("every", Duration.ofMillis(10), Duration.ofDays(3652))
          .map(d -> new TimerRule.Every(d.toMillis()));
    }
    Optional<CronExpression> expression =
        config.string("cron").flatMap(c -> parsed("cron", config, () -> CronExpression.parse(c)));
    Optional<ZoneId> zone =
        zoned
            ? config.string("tz").flatMap(z -> parsed("tz", config, () -> CronExpression.zone(z)))
            : Optional.of(CronExpression.zone("UTC"));
    return expression.flatMap(e -> zone.map(z -> new TimerRule.Cron(e, z)));
  }

  private interface Parsing<T> {
    T run();
  }

  private static <T> Optional<T> parsed(String key, TomlSection config, Parsing<T> parsing) {
    try {
      return Optional.of(parsing.run());
    } catch (HostException e) {
      config.error(key, config.name(key) + ": " + e.error().message());
      return Optional.empty();
    }
  }

  private void checkOperation(String op, TomlSection config) {
    ActorType t = type;
    if (t == null) {
      return;
    }
    Operation operation = t.operation(op);
    if (operation == null) {
      config.error(
          "op",
          config.name("op")
              + " is "
              + TomlSection.quoted(op)
              + ", which type "
              + TomlSection.quoted(t.name())
              + " does not have: it has "
              + String.join(", ", t.operations().keySet())
              + Suggestion.of(op, t.operations().keySet()));
    } else if (operation.stream()) {
      config.error(
          "op", config.name("op") + " is " + TomlSection.quoted(op) + ", which streams its values");
    } else {
      checkInput(operation, config);
    }
  }

  private static void checkInput(Operation operation, TomlSection config) {
    var input = operation.input();
    if (input == null) {
      return;
    }
    Schema schema = Schema.compile(input);
    try {
      schema.require(operation.name(), SHORTEST);
    } catch (HostException e) {
      try {
        schema.require(operation.name(), WITH_TIME);
      } catch (HostException again) {
        config.error(
            "op",
            config.name("op")
                + " cannot be called by a timer, whose payload is {\"due_ms\": ..}: "
                + e.error().message());
      }
    }
  }

  /**
   * @param durable whether the actor is
   */
  List<TimerFacet> all(boolean durable) {
    if (!durable) {
      for (TomlSection facet : reminders) {
        facet.error(
            "type",
            "facet \"reminder\" needs the facet \"durability\" beside it, for it lives in the"
                + " actor's journal; \"timer\" does without");
      }
    }
    return facets;
  }
}
