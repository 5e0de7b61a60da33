package io.plexspaces.bench;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.RequestContext;
import io.plexspaces.api.Role;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.journal.JournalOptions;
import io.plexspaces.api.journal.JournalStore;
import io.plexspaces.api.op.HostOperation;
import io.plexspaces.engine.ActorEngine;
import io.plexspaces.engine.plan.ActorPlan;
import io.plexspaces.engine.plan.ActorPlan.MailboxPlan;
import io.plexspaces.engine.plan.ActorPlan.Overflow;
import io.plexspaces.engine.plan.AppPlan;
import io.plexspaces.engine.plan.AppPlan.SupervisorPlan;
import io.plexspaces.engine.plan.LimitsPlan;
import io.plexspaces.engine.plan.Restart;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** An engine with apps, as a node has it but for journals, spaces and HTTP. Thread-safe. */
final class EngineApp implements AutoCloseable {
  /** Asks wait so long at most, here and in Pekko. */
  static final long ASK_MILLIS = 10_000;

  /** The first app. */
  static final String APP = "bench";

  /** Pekko's default mailbox has no bound; this one is never reached. */
  private static final int CAPACITY = 1 << 24;

  private static final RequestContext NO_DEADLINE =
      new RequestContext(
          AppId.DEFAULT_TENANT, "bench", Set.of(Role.INVOKER), RequestContext.NO_DEADLINE, "");

  private final ActorEngine engine;
  private final @Nullable JournalOptions durability;
  private final List<String> apps = new ArrayList<>();

  /** All types of the module are activated on demand. Closing does not close the module. */
  EngineApp(GuestModule module) {
    this(List.of());
    start(APP, module);
  }

  /**
   * Without an app at first.
   *
   * @param operations that its actors have beside those of every engine
   */
  EngineApp(List<HostOperation> operations) {
    engine = ActorEngine.builder().operations(operations).build();
    durability = null;
  }

  /** With one app of durable actors, in journals that stay open when this is closed. */
  EngineApp(GuestModule module, JournalStore journals, JournalOptions durability) {
    engine = ActorEngine.builder().journals(journals).build();
    this.durability = durability;
    start(APP, module);
  }

  /** Adds an app, whose types the first app may call. One thread. */
  void start(String name, GuestModule module) {
    ActorPlan plain = ActorPlan.DEFAULT;
    ActorPlan plan =
        new ActorPlan(
            plain.restart(),
            plain.shutdownTimeout(),
            plain.backoff(),
            new MailboxPlan(CAPACITY, Overflow.REJECT),
            durability,
            null,
            true);
    Map<String, ActorPlan> types = new HashMap<>();
    Map<String, AppPlan.Access> access = new HashMap<>();
    for (String type : module.description().types().keySet()) {
      types.put(type, plan);
      access.put(type, new AppPlan.Access(Set.of(Role.INVOKER), Set.of(APP)));
    }
    engine.start(
        new AppPlan(
            app(name),
            "1",
            new SupervisorPlan("root", Restart.PERMANENT, 5, 60_000, List.of()),
            types,
            access,
            LimitsPlan.DEFAULT,
            Map.of()),
        module);
    apps.add(name);
  }

  private static AppId app(String name) {
    return new AppId(AppId.DEFAULT_TENANT, name);
  }

  static ActorId id(String type, String key) {
    return id(APP, type, key);
  }

  static ActorId id(String app, String type, String key) {
    return new ActorId(app(app), type, key);
  }

  /** As an actor names another. */
  static String address(String type, String key) {
    return id(type, key).address();
  }

  void send(ActorId target, String op, Payload payload) {
    var _ = engine.send(NO_DEADLINE, target, op, payload, null);
  }

  Payload ask(ActorId target, String op, Payload payload) {
    return ask(target, op, payload, ASK_MILLIS);
  }

  Payload ask(ActorId target, String op, Payload payload, long timeoutMillis) {
    long deadline = System.nanoTime() + timeoutMillis * 1_000_000;
    return engine.ask(NO_DEADLINE.withDeadline(deadline), target, op, payload, null);
  }

  @Override
  public void close() {
    apps.reversed().forEach(name -> engine.stop(app(name), Duration.ofSeconds(1)));
    engine.close();
  }
}
