package io.plexspaces.engine;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.RequestContext;
import io.plexspaces.api.Role;
import io.plexspaces.api.Value;
import io.plexspaces.api.journal.JournalOptions;
import io.plexspaces.engine.plan.ActorPlan;
import io.plexspaces.engine.plan.ActorPlan.Backoff;
import io.plexspaces.engine.plan.ActorPlan.MailboxPlan;
import io.plexspaces.engine.plan.ActorPlan.Overflow;
import io.plexspaces.engine.plan.AppPlan;
import io.plexspaces.engine.plan.AppPlan.ActorChild;
import io.plexspaces.engine.plan.AppPlan.ChildPlan;
import io.plexspaces.engine.plan.AppPlan.SupervisorPlan;
import io.plexspaces.engine.plan.LimitsPlan;
import io.plexspaces.engine.plan.Restart;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Plans and contexts for tests. */
final class TestApps {
  static final AppId APP = new AppId("t", "app");

  private TestApps() {}

  static ActorPlan actor(Restart restart, int mailbox, Overflow overflow) {
    return new ActorPlan(
        restart,
        Duration.ofSeconds(2),
        new Backoff(1, 2),
        new MailboxPlan(mailbox, overflow),
        null,
        null,
        false);
  }

  static ActorPlan actor() {
    return actor(Restart.PERMANENT, 1000, Overflow.REJECT);
  }

  static ActorPlan durable() {
    ActorPlan a = actor();
    return new ActorPlan(
        a.restart(),
        a.shutdownTimeout(),
        a.backoff(),
        a.mailbox(),
        JournalOptions.DEFAULT,
        null,
        false);
  }

  static ActorPlan idleAfter(Duration d, boolean durable) {
    ActorPlan a = durable ? durable() : actor();
    return new ActorPlan(
        a.restart(), a.shutdownTimeout(), a.backoff(), a.mailbox(), a.durability(), d, true);
  }

  static ChildPlan child(String id, String type, ActorPlan plan) {
    return new ActorChild(id, type, Value.Obj.EMPTY, plan);
  }

  static AppPlan app(
      AppId id, int maxRestarts, List<ChildPlan> children, Map<String, ActorPlan> t) {
    return new AppPlan(
        id,
        "1",
        new SupervisorPlan("root", Restart.PERMANENT, maxRestarts, 60_000, children),
        t,
        Map.of(),
        new LimitsPlan(1 << 20, Duration.ofSeconds(30)),
        Map.of());
  }

  static AppPlan app(List<ChildPlan> children) {
    return app(APP, 5, children, Map.of());
  }

  static RequestContext context() {
    return context("t", 20_000);
  }

  static RequestContext context(String tenant, long timeoutMillis) {
    return new RequestContext(
        tenant, "test", Set.of(Role.INVOKER), System.nanoTime() + timeoutMillis * 1_000_000, "");
  }

  static ActorId id(String typeAndKey) {
    return ActorId.parse("t", "app/" + typeAndKey);
  }

  static Payload json(String text) {
    return Payload.json(text);
  }
}
