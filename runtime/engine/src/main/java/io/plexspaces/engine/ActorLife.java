package io.plexspaces.engine;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.GuestInstance;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.engine.ActorCell.Command;
import io.plexspaces.engine.ActorStatus.ActorState;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The life of one actor: activation, crashes, passivation, deletion and the end, as {@link
 * Lifecycle} allows. Used by the worker that runs the cell, but for what says otherwise.
 */
final class ActorLife {
  private final ActorCell cell;
  private final TurnRunner runner;
  private final Activation activation;
  private final CountDownLatch stopped = new CountDownLatch(1);

  private volatile ActorState state = ActorState.PASSIVE;
  private volatile @Nullable GuestInstance guest;
  private volatile @Nullable HostError lastError;

  /** The reason of the failure that ended this actor for good; null while it may run. */
  private volatile @Nullable HostError ended;

  /** Written by the running worker; readers may see a value that is a moment old. */
  private long restarts;

  ActorLife(ActorCell cell, TurnRunner runner) {
    this.cell = cell;
    this.runner = runner;
    this.activation = new Activation(cell);
  }

  // ---- any thread

  ActorState state() {
    return state;
  }

  @Nullable GuestInstance guest() {
    return guest;
  }

  @Nullable HostError lastError() {
    return lastError;
  }

  @Nullable HostError ended() {
    return ended;
  }

  long restarts() {
    return restarts;
  }

  /** Waits until the cell has stopped; false if it has not within the time. */
  boolean awaitStopped(long millis) throws InterruptedException {
    return stopped.await(millis, TimeUnit.MILLISECONDS);
  }

  // ---- the worker

  void execute(Command c, Worker worker) {
    switch (c) {
      case Command.Start(ReplySlot started) -> {
        HostError why = null;
        if (state == ActorState.PASSIVE) {
          why = activate(worker);
        } else if (state != ActorState.RUNNING) {
          why = lastError != null ? lastError : stoppedError("it is not running");
        }
        started.complete(why == null ? new Reply.Ok(Payload.NULL) : new Reply.Failed(why));
      }
      case Command.Restart() -> {
        if (state == ActorState.RESTARTING) {
          HostError why = activate(worker);
          if (why == null) {
            cell.app().engine().telemetry().restarted(cell.id());
          }
        }
      }
      case Command.Reload() -> {
        CommitPipeline pipeline = cell.pipeline();
        if (pipeline != null && pipeline.hasFailed()) {
          reload();
        }
      }
      case Command.Append(SilentTurn turn) -> append(turn, worker);
      case Command.Delete d -> delete(d, worker);
      case Command.Revive() -> {
        ended = null;
        if (state == ActorState.FAILED) {
          move(Lifecycle.Event.REVIVE);
        }
      }
      case Command.Passivate() -> passivate(worker);
      case Command.Stop(String reason) -> stop(reason, worker);
    }
  }

  private void reload() {
    if (state == ActorState.RUNNING) {
      discardGuest(stoppedError("a commit failed, it goes on from its journal"));
      move(Lifecycle.Event.PASSIVATE);
    }
  }

  private void append(SilentTurn turn, Worker worker) {
    Ledger ledger = cell.ledger();
    if (ledger == null) {
      turn.failed(
          HostError.of(
              ErrorCode.FAILED_PRECONDITION, cell.id().address() + " has no durability facet"));
      return;
    }
    if (state == ActorState.STOPPING || state == ActorState.STOPPED) {
      turn.gone(stoppedError("it has left memory"));
      return;
    }
    HostError why;
    try {
      if (ledger.pipeline().hasFailed()) {
        reload();
      }
      ledger.require(worker);
      SilentTurn.Note note = turn.note(worker);
      if (note != null) {
        ledger.awaitDisk(worker);
        ledger.append(note, turn);
      }
      return;
    } catch (HostException e) {
      why = e.error();
    } catch (RuntimeException | Error e) {
      cell.app().engine().bug("writing for " + cell.id(), e);
      why = HostError.of(ErrorCode.INTERNAL, "internal error: " + e);
    }
    turn.failed(why);
  }

  /** Brings the actor to life; answers why it failed, after telling its supervisor. */
  @Nullable HostError activate(Worker worker) {
    move(Lifecycle.Event.ACTIVATE);
    cell.app().engine().relieveMemory();
    HostError cause;
    try {
      guest = activation.activate(worker);
      move(Lifecycle.Event.ACTIVATED);
      return null;
    } catch (HostException e) {
      cause = e.error();
    } catch (RuntimeException | Error e) {
      cell.app().engine().bug("activating " + cell.id(), e);
      cause = HostError.of(ErrorCode.INTERNAL, e.toString());
    }
    HostError why =
        new HostError(
            cause.code(),
            cell.id().address() + " did not start: " + cause.message(),
            cause.retryable(),
            cause.details(),
            false);
    crashed(why, cause.code() != ErrorCode.RESOURCE_EXHAUSTED);
    return why;
  }

  private void delete(Command.Delete d, Worker worker) {
    if (state == ActorState.STOPPED || state == ActorState.STOPPING) {
      d.done().complete(ReplySlot.GONE);
      return;
    }
    HostError why = stoppedError("it is being deleted");
    boolean there = guest != null;
    Reply reply;
    try {
      if (state == ActorState.RUNNING && !cell.isKilled()) {
        cell.streams().closeAll(runner, worker, why);
        activation.terminate(worker, "deleted");
      }
      cell.outbox().close(); // what has not left by now goes with the journal
      close(worker);
      if (cell.isDurable()) {
        cell.app().engine().dispatcher().blockBegin(worker);
        try {
          there |= cell.app().engine().journals().delete(cell.id());
          cell.app().engine().timers().forget(cell.id());
          d.emptied().run();
        } finally {
          cell.app().engine().dispatcher().blockEnd(worker);
        }
      }
      reply = new Reply.Ok(Payload.json(new Value.Bool(there)));
    } catch (HostException e) {
      reply = new Reply.Failed(e.error());
    } catch (RuntimeException | Error e) {
      cell.app().engine().bug("deleting " + cell.id(), e);
      reply = Reply.failed(ErrorCode.INTERNAL, "internal error: " + e);
    }
    failQueued(why);
    beginAnew(worker, why);
    d.done().complete(reply);
  }

  private void beginAnew(Worker worker, HostError why) {
    if (cell.onDemand()) {
      ended = why;
      move(Lifecycle.Event.STOP);
      cell.app().forget(cell);
      move(Lifecycle.Event.STOPPED);
      failQueued(why);
      stopped.countDown();
      return;
    }
    cell.renewOutbox();
    ended = null;
    switch (state) {
      case RUNNING -> move(Lifecycle.Event.PASSIVATE);
      case FAILED -> move(Lifecycle.Event.REVIVE);
      default -> {} // its supervisor is about to start it
    }
    if (state == ActorState.PASSIVE) {
      var _ = activate(worker);
    }
  }

  /** The only place that changes the state; only the running worker calls it. */
  private void move(Lifecycle.Event event) {
    state =
        Lifecycle.next(state, event)
            .orElseThrow(
                () -> new IllegalStateException(cell.id() + ": " + event + " in " + state));
  }

  private HostError stoppedError(String why) {
    return HostError.of(ErrorCode.UNAVAILABLE, cell.id().address() + ": " + why);
  }

  void setGuest(GuestInstance g) {
    guest = g;
  }

  /** The guest that did not take its state; another one begins. */
  void discardRefused() {
    cell.app().names().releaseAll(cell.id());
    discardGuest(stoppedError("it begins anew"));
  }

  /**
   * The guest has crashed or could not start. Its memory is gone; the supervisor decides.
   *
   * @param counts false for what is not the actor's fault: it starts again at its next message
   */
  void crashed(HostError why, boolean counts) {
    discardGuest(stoppedError("it crashed while it streamed: " + why.message()));
    lastError = why;
    if (cell.isKilled() || state == ActorState.STOPPING || state == ActorState.STOPPED) {
      return;
    }
    cell.app().names().releaseAll(cell.id());
    if (counts) {
      cell.app().memoryTimers().clear(cell.id()); // init sets them again
    }
    if (!counts) {
      move(Lifecycle.Event.PASSIVATE);
      if (cell.onDemand()) {
        cell.command(new Command.Passivate()); // it must not stay in memory for nothing
      }
      return;
    }
    if (why.code() == ErrorCode.DATA_LOSS) {
      // Starting again would read the same damaged file: say so until somebody mends it.
      end(why);
      return;
    }
    restarts++;
    move(Lifecycle.Event.CRASHED);
    cell.app().childCrashed(cell, why);
  }

  /**
   * The actor will not run again by itself; who sends to it gets {@code why}. Called by the worker
   * that runs it.
   */
  void end(HostError why) {
    ended = why;
    move(Lifecycle.Event.FAIL);
    failQueued(why);
  }

  private void failQueued(HostError why) {
    Message m = cell.inbox().take();
    while (m != null) {
      runner.refuse(m, why);
      m = cell.inbox().take();
    }
  }

  /**
   * @param why what the readers of its streams are told
   */
  private void discardGuest(HostError why) {
    cell.streams().endAll(why);
    GuestInstance g = guest;
    guest = null;
    if (g != null) {
      try {
        g.close();
      } catch (RuntimeException e) {
        cell.app().engine().bug("closing the guest of " + cell.id(), e);
      }
    }
  }

  private void stop(String reason, Worker worker) {
    if (state == ActorState.STOPPED) {
      return;
    }
    ActorState before = state;
    move(Lifecycle.Event.STOP);
    try {
      if (before == ActorState.RUNNING && !cell.isKilled()) {
        cell.streams()
            .closeAll(runner, worker, stoppedError("it is being stopped (" + reason + ")"));
        if (cell.app().keptStates().isKeeping() && !cell.isDurable()) {
          activation.keepState(worker);
        }
        activation.terminate(worker, reason);
      }
    } catch (RuntimeException | Error e) {
      cell.app().engine().bug("terminating " + cell.id(), e);
    } finally {
      close(worker);
      ended = stoppedError("it has stopped (" + reason + ")");
      move(Lifecycle.Event.STOPPED);
      failQueued(stoppedError("it has stopped (" + reason + ")"));
      stopped.countDown();
    }
  }

  /** Closes guest and journal. The journal first drains what is in flight. */
  private void close(Worker worker) {
    closeForNow(worker);
    cell.app().names().releaseAll(cell.id());
    cell.app().memoryTimers().clear(cell.id());
  }

  /** As {@link #close}, but the actor lives on without memory: its names stay. */
  private void closeForNow(Worker worker) {
    discardGuest(stoppedError("it has stopped"));
    cell.forgetLastTarget();
    cell.idle().cancel();
    Ledger ledger = cell.ledger();
    Journal journal = ledger == null ? null : ledger.take();
    if (journal != null) {
      cell.app().engine().dispatcher().blockBegin(worker);
      try {
        journal.close();
      } catch (RuntimeException e) {
        cell.app().engine().bug("closing the journal of " + cell.id(), e);
      } finally {
        cell.app().engine().dispatcher().blockEnd(worker);
      }
    }
  }

  // ---- passivation

  private void passivate(Worker worker) {
    CommitPipeline pipeline = cell.pipeline();
    boolean busy =
        cell.inbox().size() > 0
            || !cell.outbox().isEmpty()
            || (pipeline != null && !pipeline.isEmpty());
    boolean here = state == ActorState.RUNNING || (cell.onDemand() && state == ActorState.PASSIVE);
    if (here && !cell.streams().isEmpty()) {
      return; // somebody reads: the turn that ends the last stream sets the timer again
    }
    if (!here || busy) {
      cell.idle().used();
      return;
    }
    if (cell.onDemand() && !cell.inbox().close()) {
      return; // a message came first: its batch sets the timer again
    }
    if (!cell.isDurable() && guest != null) {
      cell.app().engine().noteStateDropped(cell);
    }
    if (cell.onDemand()) {
      // Nothing is queued and nothing can be any more. Whoever still holds this cell waits until
      // it is away and looks the actor up again, so the order of messages stays.
      move(Lifecycle.Event.STOP);
      closeForNow(worker);
      cell.app().forget(cell);
      move(Lifecycle.Event.STOPPED);
      stopped.countDown();
    } else {
      closeForNow(worker);
      move(Lifecycle.Event.PASSIVATE);
    }
  }

  /** What was queued when the actor stopped. */
  void refuseQueued() {
    HostError why = ended;
    failQueued(why != null ? why : stoppedError("it has left memory"));
  }
}
