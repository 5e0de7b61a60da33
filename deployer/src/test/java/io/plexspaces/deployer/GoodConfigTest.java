package io.plexspaces.deployer;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.AppId;
import io.plexspaces.api.Json;
import io.plexspaces.api.Role;
import io.plexspaces.api.Value;
import io.plexspaces.api.journal.JournalOptions;
import io.plexspaces.engine.plan.ActorPlan;
import io.plexspaces.engine.plan.ActorPlan.Backoff;
import io.plexspaces.engine.plan.ActorPlan.MailboxPlan;
import io.plexspaces.engine.plan.ActorPlan.Overflow;
import io.plexspaces.engine.plan.AppPlan;
import io.plexspaces.engine.plan.AppPlan.Access;
import io.plexspaces.engine.plan.AppPlan.ActorChild;
import io.plexspaces.engine.plan.AppPlan.SupervisorPlan;
import io.plexspaces.engine.plan.CronExpression;
import io.plexspaces.engine.plan.LimitsPlan;
import io.plexspaces.engine.plan.Restart;
import io.plexspaces.engine.plan.TimerFacet;
import io.plexspaces.engine.plan.TimerRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class GoodConfigTest {
  @Test
  void everySupportedSettingArrivesInThePlan() {
    AppPlan plan =
        read(
            """
            name = "rag-pipeline"          # one namespace per app
            version = "1.2.0"
            runtime = "auto"

            [supervisor]
            id = "rag-supervisor"
            strategy = "one_for_one"
            max_restarts = 3
            max_restart_window_secs = 5

            [[supervisor.children]]
            id = "retriever-1"
            type = "retriever"
            behavior_kind = "GenServer"
            restart = "transient"
            shutdown_timeout_secs = 7
            backoff = { min_ms = 100, max_ms = 2000 }
            mailbox = { capacity = 50, overflow = "drop_oldest" }
            facets = [
              { type = "virtual_actor", priority = 100, config = {
                  idle_timeout = "30m",          # over several lines
                  activation_strategy = "eager",
                } },
              { type = "durability",    priority = 90,  config = {
                  checkpoint_interval = 10, retain = "30d", max_deliveries = 7,
                  require_idempotency_key = true } },
              { type = "metrics", priority = 90 } ]
            args = { index = "docs", n = 3, deep = { list = [1, 2.5, true, "x"] },
                     day = 2026-11-21, at = 2026-11-21T08:00:00Z, time = 07:30:00 }

            [actor_types.session]
            facets = [ { type = "virtual_actor", config = { idle_timeout = "250ms" } } ]

            [access]
            "retriever" = { roles = ["invoker", "tenant-admin"], apps = ["reports"] }
            session = { apps = [] }

            [limits]
            memory_per_actor = "32MiB"
            turn_timeout = "1500ms"

            [env]
            MODEL = "small"
            """);

    ActorPlan retriever =
        new ActorPlan(
            Restart.TRANSIENT,
            Duration.ofSeconds(7),
            new Backoff(100, 2000),
            new MailboxPlan(50, Overflow.DROP_OLDEST),
            new JournalOptions(10, Duration.ofHours(24), Duration.ofDays(30)),
            Duration.ofMinutes(30),
            false,
            new ActorPlan.Delivery(7, true),
            List.of());
    Value.Obj args =
        (Value.Obj)
            Json.read(
                """
                {"index":"docs","n":3,"deep":{"list":[1,2.5,true,"x"]},"day":"2026-11-21",
                 "at":"2026-11-21T08:00:00Z","time":"07:30:00"}
                """);
    ActorPlan session =
        new ActorPlan(
            Restart.PERMANENT,
            Duration.ofSeconds(5),
            Backoff.DEFAULT,
            MailboxPlan.DEFAULT,
            null,
            Duration.ofMillis(250),
            true);
    assertThat(plan)
        .isEqualTo(
            new AppPlan(
                new AppId("default", "rag-pipeline"),
                "1.2.0",
                new SupervisorPlan(
                    "rag-supervisor",
                    Restart.PERMANENT,
                    3,
                    5000,
                    List.of(new ActorChild("retriever-1", "retriever", args, retriever))),
                Map.of("session", session),
                Map.of(
                    "retriever",
                    new Access(Set.of(Role.INVOKER, Role.TENANT_ADMIN), Set.of("reports")),
                    "session",
                    new Access(Set.of(Role.INVOKER), Set.of())),
                new LimitsPlan(32L << 20, Duration.ofMillis(1500)),
                Map.of("MODEL", "small")));
  }

  @Test
  void whatIsNotSaidHasTheDocumentedDefaults() {
    AppPlan plan =
        read(
            """
            name = "small"
            [[supervisor.children]]
            id = "one"
            type = "counter"
            """);
    assertThat(plan)
        .isEqualTo(
            new AppPlan(
                new AppId("default", "small"),
                "0.0.0",
                new SupervisorPlan(
                    "root",
                    Restart.PERMANENT,
                    10,
                    60_000,
                    List.of(new ActorChild("one", "counter", Value.Obj.EMPTY, ActorPlan.DEFAULT))),
                Map.of(),
                Map.of(),
                LimitsPlan.DEFAULT,
                Map.of()));
  }

  @Test
  void theAppsOwnSpaceIsOnDiskIfItSaysSo() {
    String app = "name = \"a\"\n[[supervisor.children]]\nid = \"one\"\ntype = \"counter\"\n";
    assertThat(read(app).durableSpaces()).isEmpty();
    String space = app + "[[spaces]]\nname = \"default\"\n";
    assertThat(read(space).durableSpaces()).isEmpty();
    assertThat(read(space + "durable = false\n").durableSpaces()).isEmpty();
    assertThat(read(space + "durable = true\n").durableSpaces()).containsExactly("default");
  }

  @Test
  void theManualsExampleIsRead() throws IOException {
    String manual = Files.readString(Path.of("../docs/configuration.md"));
    int begin = manual.indexOf("```toml\n") + "```toml\n".length();
    AppPlan plan = read(manual.substring(begin, manual.indexOf("```", begin)));
    assertThat(plan.app().name()).isEqualTo("counter");
    assertThat(plan.types()).containsOnlyKeys("session");
    assertThat(plan.limits().turnTimeout()).isEqualTo(Duration.ofSeconds(10));
  }

  @Test
  void theLargestMemoryIsTheOneThatTheEngineHonours() {
    AppPlan plan =
        read(
            """
            name = "large"
            [[supervisor.children]]
            id = "one"
            type = "counter"
            [limits]
            memory_per_actor = "2047MiB"
            """);
    assertThat(plan.limits().memoryPerActor()).isEqualTo(2047L << 20);
  }

  @Test
  void supervisorsNest() {
    AppPlan plan =
        read(
            """
            name = "tree"
            [[supervisor.children]]
            id = "first"
            type = "counter"
            [[supervisor.children]]
            id = "group"
            type = "supervisor"
            restart = "temporary"
            [supervisor.children.supervisor]
            max_restarts = 1
            [[supervisor.children.supervisor.children]]
            id = "inner"
            type = "session"
            [[supervisor.children]]
            id = "last"
            type = "counter"
            """);
    assertThat(plan.supervisor().children())
        .extracting(AppPlan.ChildPlan::id)
        .containsExactly("first", "group", "last");
    assertThat(plan.supervisor().children().get(1))
        .isEqualTo(
            new SupervisorPlan(
                "group",
                Restart.TEMPORARY,
                1,
                60_000,
                List.of(new ActorChild("inner", "session", Value.Obj.EMPTY, ActorPlan.DEFAULT))));
  }

  @Test
  void anAppMayHaveOnlyTypesOnDemand() {
    AppPlan plan = read("name = \"x\"\n[actor_types.counter]\n[actor_types.session]\n");
    assertThat(plan.supervisor().children()).isEmpty();
    assertThat(plan.types())
        .isEqualTo(Map.of("counter", ActorPlan.DEFAULT, "session", ActorPlan.DEFAULT));
  }

  @Test
  void theCommandLineWinsOverTheFile() {
    String text = "name = \"file\"\nversion = \"1\"\n[actor_types.counter]\n";
    AppPlan plan = read("given", "2", text);
    assertThat(plan.app()).isEqualTo(new AppId("default", "given"));
    assertThat(plan.version()).isEqualTo("2");
    assertThat(read("given", null, text.substring(text.indexOf('v'))).app().name())
        .isEqualTo("given");
  }

  @Test
  void filesOfWindowsEditorsAreReadAlike() {
    String text = "name = \"x\"\n[actor_types.counter]\nbackoff = { min_ms = 5,\n max_ms = 6 }\n";
    assertThat(read("\uFEFF" + text.replace("\n", "\r\n"))).isEqualTo(read(text));
  }

  @Test
  void withoutAModuleTypesAreTakenAsTheyAre() {
    AppPlan plan =
        new AppConfigReader(AppConfigReader.Defaults.STANDARD)
            .read("default", null, null, "name = \"x\"\n[actor_types.whatever]\n", null);
    assertThat(plan.types()).containsOnlyKeys("whatever");
  }

  @Test
  void anActorMayHaveTimersAndReminders() {
    AppPlan plan =
        read(
            """
            name = "timed"
            [[supervisor.children]]
            id = "one"
            type = "counter"
            facets = [
              { type = "reminder", config = { op = "increment", cron = "0 9 * * MON-FRI", tz = "Europe/Berlin" } },
              { type = "reminder", config = { op = "get", every = "10m" } },
              { type = "timer", config = { op = "increment", cron = "@hourly" } },
              { type = "durability" } ]
            """);
    ActorChild one = (ActorChild) plan.supervisor().children().getFirst();
    assertThat(one.actor().timers())
        .containsExactly(
            TimerFacet.reminder(
                "increment",
                new TimerRule.Cron(
                    CronExpression.parse("0 9 * * MON-FRI"), CronExpression.zone("Europe/Berlin"))),
            TimerFacet.reminder("get", new TimerRule.Every(600_000)),
            TimerFacet.timer(
                "increment",
                new TimerRule.Cron(CronExpression.parse("@hourly"), CronExpression.zone("UTC"))));
  }

  private static AppPlan read(String text) {
    return read(null, null, text);
  }

  private static AppPlan read(@Nullable String app, @Nullable String version, String text) {
    return new AppConfigReader(AppConfigReader.Defaults.STANDARD)
        .read("default", app, version, text, BadConfigTest.MODULE);
  }
}
