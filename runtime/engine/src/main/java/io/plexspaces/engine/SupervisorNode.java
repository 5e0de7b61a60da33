package io.plexspaces.engine;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.engine.plan.ActorPlan.Backoff;
import io.plexspaces.engine.plan.AppPlan.ActorChild;
import io.plexspaces.engine.plan.AppPlan.ChildPlan;
import io.plexspaces.engine.plan.AppPlan.SupervisorPlan;
import io.plexspaces.engine.plan.Restart;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A supervisor with the strategy one_for_one, as in Erlang/OTP: children start in order and stop in
 * reverse; a crashed child alone is started again; more than {@code max_restarts} within the window
 * stop all children and escalate to the parent, at the top the app fails. What changes the tree is
 * guarded by the app's supervision lock; starting and stopping children blocks and runs outside it.
 */
final class SupervisorNode {
  private final AppRuntime app;
  private final @Nullable SupervisorNode parent;
  private final SupervisorPlan plan;
  private final RestartWindow window;
  private final Map<String, ActorCell> actors = new LinkedHashMap<>();
  private final Map<String, SupervisorNode> supervisors = new LinkedHashMap<>();
  private final List<Runnable> early = new ArrayList<>();

  /** Written under the supervision lock. */
  private volatile State state = State.STOPPED;

  /** Guarded by the supervision lock for writing. */
  private long restarts;

  private enum State {
    STOPPED,
    STARTING,
    RUNNING,
    FAILING,
    STOPPING,
    FAILED
  }

  SupervisorNode(AppRuntime app, @Nullable SupervisorNode parent, SupervisorPlan plan) {
    this.app = app;
    this.parent = parent;
    this.plan = plan;
    this.window = new RestartWindow(plan.maxRestarts(), plan.windowMillis());
    for (ChildPlan c : plan.children()) {
      if (c instanceof SupervisorPlan s) {
        supervisors.put(s.id(), new SupervisorNode(app, this, s));
      }
    }
  }

  /** Makes the children's addresses known. */
  void register() {
    for (ChildPlan c : plan.children()) {
      if (c instanceof ActorChild a) {
        app.registerChild(a);
      }
    }
    supervisors.values().forEach(SupervisorNode::register);
  }

  /**
   * Starts the children in order.
   *
   * @throws HostException why a child did not start; those before it still run
   */
  void start() {
    state(State.STARTING);
    for (ChildPlan c : plan.children()) {
      switch (c) {
        case SupervisorPlan s -> supervisor(s.id()).start();
        case ActorChild a -> startChild(a);
      }
    }
    // What crashed while the others were starting has waited until now, as in Erlang.
    List<Runnable> waiting;
    app.supervision().lock();
    try {
      state = State.RUNNING;
      waiting = List.copyOf(early);
      early.clear();
    } finally {
      app.supervision().unlock();
    }
    waiting.forEach(Runnable::run);
  }

  private void state(State s) {
    app.supervision().lock();
    try {
      state = s;
      early.clear();
    } finally {
      app.supervision().unlock();
    }
  }

  private SupervisorNode supervisor(String id) {
    SupervisorNode s = supervisors.get(id);
    if (s == null) {
      throw new IllegalStateException("no supervisor " + id);
    }
    return s;
  }

  private void startChild(ActorChild a) {
    ActorCell cell;
    app.supervision().lock();
    try {
      cell = app.addChild(a, new RestartWindow(Integer.MAX_VALUE, plan.windowMillis()));
      actors.put(a.id(), cell);
    } finally {
      app.supervision().unlock();
    }
    ReplySlot started = new ReplySlot();
    cell.command(new ActorCell.Command.Start(started));
    try {
      Reply r =
          started.await(
              System.nanoTime() + app.engine().startTimeout().toNanos(), app.engine().replyTimer());
      if (r == null) {
        cell.kill("it did not start in time");
        throw new HostException(
            ErrorCode.DEADLINE_EXCEEDED,
            "child \""
                + a.id()
                + "\" did not finish its init within "
                + app.engine().startTimeout().toSeconds()
                + " s");
      }
      if (r instanceof Reply.Failed(HostError e)) {
        throw new HostException(
            new HostError(
                e.code(), "child \"" + a.id() + "\": " + e.message(), false, e.details(), false));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HostException(ErrorCode.CANCELLED, "interrupted while starting " + a.id());
    }
  }

  /** Stops the children in reverse order. */
  void stop(String reason) {
    state(State.STOPPING);
    for (ChildPlan c : plan.children().reversed()) {
      switch (c) {
        case SupervisorPlan s -> supervisor(s.id()).stop(reason);
        case ActorChild a -> {
          ActorCell cell;
          app.supervision().lock();
          try {
            cell = actors.remove(a.id());
          } finally {
            app.supervision().unlock();
          }
          if (cell != null) {
            app.stopCell(cell, reason);
          }
        }
      }
    }
    state(State.STOPPED);
  }

  @Nullable SupervisorNode parentOf(ActorCell c) {
    app.supervision().lock();
    try {
      if (actors.get(c.id().key()) == c) {
        return this;
      }
      for (SupervisorNode s : supervisors.values()) {
        SupervisorNode found = s.parentOf(c);
        if (found != null) {
          return found;
        }
      }
      return null;
    } finally {
      app.supervision().unlock();
    }
  }

  /**
   * A child has crashed. On the worker that ran it: decides, and leaves blocking work to others.
   */
  void childCrashed(ActorCell c, HostError why) {
    if (c.plan().restart() == Restart.TEMPORARY) {
      c.end(
          HostError.of(
              ErrorCode.UNAVAILABLE,
              c.id().address() + " has crashed and is temporary; the error: " + why.message()));
      return;
    }
    decide(
        c,
        () -> childCrashed(c, why),
        recent -> Supervision.restartLater(c, recent),
        "child \"" + c.id().key() + "\": " + why.message());
  }

  /** A child supervisor gave up: it counts as one crash here. */
  private void supervisorFailed(SupervisorNode s, String why) {
    if (s.plan.restart() == Restart.TEMPORARY) {
      s.state(State.FAILED);
      return;
    }
    decide(
        null,
        () -> supervisorFailed(s, why),
        recent -> {
          var _ =
              app.engine()
                  .timer()
                  .after(Supervision.delayMillis(Backoff.DEFAULT, recent), () -> restart(s));
        },
        why);
  }

  /**
   * Starts a child again or gives up, under one lock, so that of several crashes at the limit one
   * escalates.
   *
   * @param later this same report, for when all children have started
   */
  private void decide(@Nullable ActorCell child, Runnable later, IntConsumer restart, String last) {
    long now = app.engine().clock().millis();
    int recent;
    app.supervision().lock();
    try {
      if (state == State.STARTING) {
        early.add(later);
        return;
      }
      if (state != State.RUNNING) {
        return; // everything is stopping anyway
      }
      restarts++;
      if (!window.admit(now)) {
        state = State.FAILING;
        Thread.startVirtualThread(() -> escalate(last));
        return;
      }
      recent = window.recent(now);
      if (child != null) {
        child.window().admit(now);
        recent = child.window().recent(now);
      }
    } finally {
      app.supervision().unlock();
    }
    restart.accept(recent);
  }

  private void escalate(String last) {
    String why =
        "supervisor \""
            + plan.id()
            + "\": more than "
            + plan.maxRestarts()
            + " restarts in "
            + plan.windowMillis() / 1000
            + " s, the last of "
            + last;
    stop("its supervisor gave up");
    if (parent == null) {
      state(State.FAILED);
      app.fail(why);
    } else {
      parent.supervisorFailed(this, why);
    }
  }

  private void restart(SupervisorNode s) {
    app.supervision().lock();
    try {
      if (app.isClosing() || state != State.RUNNING || s.state != State.STOPPED) {
        return; // somebody else stopped or started it meanwhile
      }
      s.state = State.STARTING;
      s.window.clear();
    } finally {
      app.supervision().unlock();
    }
    try {
      s.start();
    } catch (HostException e) {
      s.stop("a sibling did not start");
      supervisorFailed(s, e.error().message());
    }
  }

  TreeNode tree() {
    List<TreeNode> nodes = new ArrayList<>();
    for (ChildPlan c : plan.children()) {
      switch (c) {
        case SupervisorPlan s -> nodes.add(supervisor(s.id()).tree());
        case ActorChild a -> {
          ActorCell cell = app.inMemory(a.localAddress());
          nodes.add(
              cell == null
                  ? new TreeNode("actor", a.localAddress(), "stopped", 0, List.of())
                  : Supervision.leaf(a.localAddress(), cell.status()));
        }
      }
    }
    return new TreeNode(
        "supervisor", plan.id(), state.name().toLowerCase(Locale.ROOT), restarts, nodes);
  }
}
