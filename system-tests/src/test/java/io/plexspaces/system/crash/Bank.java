package io.plexspaces.system.crash;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import io.plexspaces.api.journal.JournalOptions;
import io.plexspaces.engine.NativeModule;
import io.plexspaces.engine.plan.ActorPlan;
import io.plexspaces.engine.plan.AppPlan;
import io.plexspaces.engine.plan.LimitsPlan;
import io.plexspaces.engine.plan.Restart;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The app of which crashes are made: twenty accounts between which money moves. Half of them are
 * supervised and always there, half come on demand and leave memory when they are idle; some write
 * their state in full, some as patches.
 */
final class Bank {
  static final AppId APP = new AppId("acme", "bank");
  static final int ACCOUNTS = 20;
  static final long OPENING = 1000;
  static final long ALL_MONEY = ACCOUNTS * OPENING;

  /** Takes money from an account and sends it to another. */
  static final String TRANSFER = "transfer";

  /** What the receiver is sent. */
  static final String CREDIT = "credit";

  static final String GET = "get";

  /** What takes money from the account that is asked. */
  static final Set<String> DEBITS = Set.of(TRANSFER);

  /** What brings it money. */
  static final Set<String> CREDITS = Set.of(CREDIT);

  private Bank() {}

  /**
   * @param changes how often it has changed
   * @param digest of all changes, in their order
   */
  record Standing(long changes, long balance, long digest) {
    static final Standing NEW = new Standing(0, OPENING, 0);

    static Standing of(Value.Obj o) {
      return new Standing(
          o.integer("changes", -1), o.integer("balance", -1), o.integer("digest", -1));
    }

    Standing changed(String id, long delta) {
      long mixed = digest * 31 + id.hashCode() * 17L + delta;
      return new Standing(changes + 1, balance + delta, mixed & 0xffff_ffffL);
    }

    Payload payload() {
      return Payload.json(
          Value.Obj.builder()
              .put("changes", changes)
              .put("balance", balance)
              .put("digest", digest)
              .build());
    }
  }

  static Payload move(String id, long amount) {
    return Payload.json(Value.Obj.builder().put("id", id).put("amount", amount).build());
  }

  /** The address within the app. */
  static String account(int i) {
    return (isSupervised(i) ? "teller/" : "saver/") + "a%02d".formatted(i);
  }

  static ActorId actor(String account) {
    return ActorId.parse(APP.tenant(), APP.name() + "/" + account);
  }

  private static boolean isSupervised(int i) {
    return i % 2 == 0;
  }

  static NativeModule module() {
    String[] operations = {TRANSFER, CREDIT, GET};
    return NativeModule.builder()
        .type("teller", Account::new, operations)
        .type("saver", Account::new, operations)
        .build();
  }

  static AppPlan plan() {
    List<AppPlan.ChildPlan> tellers = new ArrayList<>();
    for (int i = 0; i < ACCOUNTS; i++) {
      if (isSupervised(i)) {
        ActorPlan plan = actor(i % 4 == 0 ? 1 : 5, null);
        tellers.add(new AppPlan.ActorChild("a%02d".formatted(i), "teller", Value.Obj.EMPTY, plan));
      }
    }
    return new AppPlan(
        APP,
        "1",
        new AppPlan.SupervisorPlan("root", Restart.PERMANENT, 5, 60_000, tellers),
        Map.of("saver", actor(1, Duration.ofMillis(40))),
        Map.of(),
        LimitsPlan.DEFAULT,
        Map.of(),
        Set.of(AppPlan.DEFAULT_SPACE));
  }

  private static ActorPlan actor(int checkpointInterval, @Nullable Duration idle) {
    ActorPlan d = ActorPlan.DEFAULT;
    return new ActorPlan(
        d.restart(),
        d.shutdownTimeout(),
        d.backoff(),
        d.mailbox(),
        new JournalOptions(checkpointInterval, Duration.ofHours(24), null),
        idle,
        false);
  }
}
