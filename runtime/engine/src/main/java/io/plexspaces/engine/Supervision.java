package io.plexspaces.engine;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.engine.ActorStatus.ActorState;
import io.plexspaces.engine.plan.ActorPlan.Backoff;
import io.plexspaces.engine.plan.Restart;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;

/** What supervised children and actors on demand have in common. */
final class Supervision {
  private Supervision() {}

  /**
   * How long to wait before the n-th restart within the window: the first is immediate, then the
   * wait doubles from min to max, with "equal jitter" (between half of it and all of it), so that
   * many actors that fail for one cause do not come back in step.
   */
  static long delayMillis(Backoff backoff, int n) {
    if (n <= 1) {
      return 0;
    }
    int doublings = Math.min(n - 2, 30);
    long full = Math.min(backoff.maxMillis(), backoff.minMillis() << doublings);
    return full / 2 + ThreadLocalRandom.current().nextLong(full / 2 + 1);
  }

  static void restartLater(ActorCell c, int n) {
    long delay = delayMillis(c.plan().backoff(), n);
    if (delay == 0) {
      c.command(new ActorCell.Command.Restart());
    } else {
      var _ =
          c.app().engine().timer().after(delay, () -> c.command(new ActorCell.Command.Restart()));
    }
  }

  /**
   * An actor on demand hangs under a dynamic supervisor whose intensity counts per key: one that
   * crashes too often rests for the window and does not touch the others.
   */
  static void onDemandCrashed(AppRuntime app, ActorCell c, HostError why) {
    long now = app.engine().clock().millis();
    app.supervision().lock();
    try {
      if (c.plan().restart() == Restart.TEMPORARY) {
        rest(app, c, why, 0);
      } else if (c.window().admit(now)) {
        restartLater(c, c.window().recent(now));
      } else {
        rest(app, c, why, app.plan().supervisor().windowMillis());
      }
    } finally {
      app.supervision().unlock();
    }
  }

  private static void rest(AppRuntime app, ActorCell c, HostError why, long millis) {
    String pause =
        millis == 0 ? "" : ", it rests for " + millis / 1000 + " s after too many restarts";
    c.end(
        HostError.of(
            ErrorCode.UNAVAILABLE,
            c.id().address() + " has crashed" + pause + "; the last error: " + why.message()));
    var _ =
        app.engine()
            .timer()
            .after(
                millis,
                () -> {
                  c.window().clear();
                  c.command(new ActorCell.Command.Revive());
                });
  }

  static TreeNode leaf(String label, ActorStatus s) {
    return new TreeNode("actor", label, label(s.state()), s.restarts(), List.of());
  }

  static String label(ActorState s) {
    return s.name().toLowerCase(Locale.ROOT);
  }
}
