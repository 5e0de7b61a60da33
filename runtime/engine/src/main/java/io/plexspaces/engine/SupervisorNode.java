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
import java.util.Map;
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
  private volatile String state = "stopped";

  /** Guarded by the supervision lock for writing. */
  private long restarts;

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
    state = "starting";
    for (ChildPlan c : plan.children()) {
      switch (c) {
        case SupervisorPlan s -> supervisor(s.id()).start();
        case ActorChild a -> startChild(a);
      }
    }
    state = "running";
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
    state = "stopping";
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
    state = "stopped";
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
    if (!state.equals("running")) {
      return; // its start reports the failure, or everything is stopping anyway
    }
    if (c.plan().restart() == Restart.TEMPORARY) {
      c.end(
          HostError.of(
              ErrorCode.UNAVAILABLE,
              c.id().address() + " has crashed and is temporary; the error: " + why.message()));
      return;
    }
    long now = app.engine().clock().millis();
    boolean again;
    app.supervision().lock();
    try {
      again = window.admit(now);
      c.window().admit(now);
      restarts++;
    } finally {
      app.supervision().unlock();
    }
    if (again) {
      Supervision.restartLater(c, c.window().recent(now));
    } else {
      state = "failing";
      String last = "child \"" + c.id().key() + "\": " + why.message();
      Thread.startVirtualThread(() -> escalate(last));
    }
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
      state = "failed";
      app.fail(why);
    } else {
      parent.supervisorFailed(this, why);
    }
  }

  /** A child supervisor gave up: it counts as one crash here. Blocking. */
  private void supervisorFailed(SupervisorNode s, String why) {
    if (!app.supervises() || !state.equals("running")) {
      return;
    }
    if (s.plan.restart() == Restart.TEMPORARY) {
      s.state = "failed";
      return;
    }
    long now = app.engine().clock().millis();
    boolean again;
    int recent;
    app.supervision().lock();
    try {
      again = window.admit(now);
      recent = window.recent(now);
      restarts++;
    } finally {
      app.supervision().unlock();
    }
    if (!again) {
      state = "failing";
      escalate(why);
      return;
    }
    app.engine().timer().after(Supervision.delayMillis(Backoff.DEFAULT, recent), () -> restart(s));
  }

  private void restart(SupervisorNode s) {
    if (!app.supervises()) {
      return;
    }
    s.window.clear();
    try {
      s.start();
    } catch (HostException e) {
      s.stop("its sibling did not start");
      supervisorFailed(s, e.error().message());
    }
  }

  TreeNode tree() {
    List<TreeNode> nodes = new ArrayList<>();
    for (ChildPlan c : plan.children()) {
      switch (c) {
        case SupervisorPlan s -> nodes.add(supervisor(s.id()).tree());
        case ActorChild a -> {
          ActorCell cell = app.inMemory(a.type() + "/" + a.id());
          nodes.add(
              cell == null
                  ? new TreeNode("actor", a.type() + "/" + a.id(), "stopped", 0, List.of())
                  : Supervision.leaf(a.type() + "/" + a.id(), cell.status()));
        }
      }
    }
    return new TreeNode("supervisor", plan.id(), state, restarts, nodes);
  }
}
