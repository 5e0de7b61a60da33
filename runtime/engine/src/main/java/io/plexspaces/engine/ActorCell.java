package io.plexspaces.engine;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.GuestInstance;
import io.plexspaces.api.guest.ModuleDescription.ActorType;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.engine.ActorStatus.ActorState;
import io.plexspaces.engine.plan.ActorPlan;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One actor: its mailbox, its guest, its life. Any thread enqueues; one worker at a time runs it
 * ({@code scheduled} is the baton), and only that worker touches what is not volatile.
 */
final class ActorCell implements Ready {
  static final ActorCell[] NOBODY = {};

  private static final int MAX_BATCH = 64;
  private static final long MAX_BATCH_NANOS = 5_000_000;
  private static final VarHandle SCHEDULED;
  private static final VarHandle TURN;

  static {
    try {
      SCHEDULED = MethodHandles.lookup().findVarHandle(ActorCell.class, "scheduled", int.class);
      TURN = MethodHandles.lookup().findVarHandle(ActorCell.class, "turn", Turn.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** A request to the cell itself, ahead of all messages. */
  sealed interface Command {
    /** Activate now; tell {@code started} how it went. */
    record Start(ReplySlot started) implements Command {}

    record Restart() implements Command {}

    record Stop(String reason) implements Command {}

    record Passivate() implements Command {}

    /** A commit failed: go on from the journal. */
    record Reload() implements Command {}

    /** Write something down without running the handler. */
    record Append(SilentTurn turn) implements Command {}

    /**
     * Let go of all that the actor is.
     *
     * @param emptied called before it can be there again
     */
    record Delete(ReplySlot done, Runnable emptied) implements Command {}

    /** It may run again after it had failed for good. */
    record Revive() implements Command {}
  }

  private final AppRuntime app;
  private final ActorId id;
  private final ActorType type;
  private final ActorPlan plan;
  private final Value.Obj args;
  private final boolean onDemand;
  private final ReadyQueue.Tenant tenant;
  private final Inbox inbox;
  private final Queue<Command> commands = new ConcurrentLinkedQueue<>();
  private final TurnRunner runner;
  private final Activation activation;

  /** Null for an actor without durability. */
  private final @Nullable Ledger ledger;

  private final @Nullable TurnRecorder recorder;

  private volatile Outbox outbox;
  private final StreamTurns streams;
  private final IdleTimer idle;
  private final CountDownLatch stopped = new CountDownLatch(1);

  private volatile int scheduled;

  /** Whom the running turn waits for; see {@link WaitForGraph}. */
  volatile ActorCell[] waitsFor = NOBODY;

  private volatile ActorState state = ActorState.PASSIVE;
  private volatile @Nullable GuestInstance guest;
  private volatile @Nullable Turn turn;
  private volatile @Nullable HostError lastError;

  /** Written by the running worker; readers may see a value that is a moment old. */
  private long restarts;

  private long turns;
  private volatile boolean killed;

  /** The reason of the failure that ended this actor for good; null while it may run. */
  private volatile @Nullable HostError ended;

  private final RestartWindow window;
  private RandomGenerator random;

  /** Whom this actor sent to last, as it named it; an actor of its own app. */
  private String lastTargetName = "";

  private @Nullable ActorCell lastTarget;

  ActorCell(
      AppRuntime app,
      ActorId id,
      ActorType type,
      ActorPlan plan,
      Value.Obj args,
      boolean onDemand,
      RestartWindow window) {
    this.app = app;
    this.id = id;
    this.type = type;
    this.plan = plan;
    this.args = args;
    this.onDemand = onDemand;
    this.window = window;
    this.tenant = app.tenant();
    this.inbox = new Inbox(this);
    this.idle = new IdleTimer(this);
    this.ledger = plan.durability() == null ? null : new Ledger(this, plan.durability());
    this.recorder = ledger == null ? null : new TurnRecorder(this, ledger);
    this.outbox = new Outbox(this);
    this.streams = new StreamTurns(this);
    this.runner = new TurnRunner(this);
    this.activation = new Activation(this);
    this.random = app.engine().newRandom();
  }

  // ---- what others ask of a cell; any thread

  AppRuntime app() {
    return app;
  }

  ActorId id() {
    return id;
  }

  ActorType type() {
    return type;
  }

  ActorPlan plan() {
    return plan;
  }

  Value.Obj args() {
    return args;
  }

  boolean onDemand() {
    return onDemand;
  }

  boolean isDurable() {
    return ledger != null;
  }

  @Nullable Ledger ledger() {
    return ledger;
  }

  @Nullable TurnRecorder recorder() {
    return recorder;
  }

  @Nullable CommitPipeline pipeline() {
    return ledger == null ? null : ledger.pipeline();
  }

  Outbox outbox() {
    return outbox;
  }

  /** A durable actor's timers; null for others. */
  @Nullable DurableTimers reminders() {
    return ledger == null ? null : ledger.reminders();
  }

  /** Where its messages wait. */
  Inbox inbox() {
    return inbox;
  }

  StreamTurns streams() {
    return streams;
  }

  RestartWindow window() {
    return window;
  }

  RandomGenerator random() {
    return random;
  }

  @Override
  public ReadyQueue.Tenant tenant() {
    return tenant;
  }

  ActorState state() {
    return state;
  }

  long restarts() {
    return restarts;
  }

  int mailboxDepth() {
    return inbox.size();
  }

  long memoryBytes() {
    GuestInstance g = guest;
    return g == null ? 0 : g.memoryBytes();
  }

  /** Whether this cell will never run a message again; another may take its place. */
  boolean isClosed() {
    return state == ActorState.STOPPED;
  }

  /** Whether nothing is queued, running or waiting for a commit. */
  boolean isQuiescent() {
    return inbox.size() == 0
        && commands.isEmpty()
        && scheduled == 0
        && turn == null
        && (ledger == null || ledger.pipeline().isEmpty());
  }

  private int timers() {
    DurableTimers durable = reminders();
    return app.memoryTimers().size(id) + (durable == null ? 0 : durable.size());
  }

  ActorStatus status() {
    HostError e = lastError;
    return new ActorStatus(
        id,
        state,
        isDurable(),
        inbox.size(),
        turns,
        restarts,
        ledger == null ? 0 : ledger.sequence(),
        memoryBytes(),
        e == null ? null : e.code() + ": " + e.message(),
        timers(),
        app.engine().timers().next(id).orElse(Long.MAX_VALUE));
  }

  /**
   * Queues a message.
   *
   * @param waker the turn that sends it, or null
   * @return false if this cell is closed: look it up again
   * @throws HostException RESOURCE_EXHAUSTED if the mailbox is full, or why the actor cannot run
   */
  boolean enqueue(Message m, @Nullable Turn waker) {
    HostError why = ended;
    if (why != null) {
      throw new HostException(why);
    }
    if (isClosed()) {
      return false;
    }
    if (!inbox.admit(m, waker)) {
      return false;
    }
    schedule(waker == null ? null : waker.worker());
    return true;
  }

  /** Queues what lets a stream go on, whatever the mailbox's capacity; false if it cannot run. */
  boolean enqueueResumption(Message m) {
    if (ended != null || isClosed() || !inbox.force(m)) {
      return false;
    }
    schedule(null);
    return true;
  }

  void command(Command c) {
    commands.add(c);
    schedule(null);
  }

  /** Makes a durable actor write a turn that runs no handler, ahead of its messages. */
  void record(SilentTurn turn) {
    command(new Command.Append(turn));
  }

  /** Something of its reminders may be due. */
  void remindersDue() {
    if (ledger != null) {
      ledger.reminders().due();
    }
  }

  /**
   * @throws HostException why this actor does not run by itself any more, if it does not
   */
  void refuseIfEnded() {
    HostError why = ended;
    if (why != null) {
      throw new HostException(why);
    }
  }

  /** Ends the running turn, if there is one, and nothing else. */
  void interruptTurn(String why) {
    Turn t = turn;
    if (t != null) {
      t.kill(HostError.of(ErrorCode.CANCELLED, id.address() + ": " + why));
    }
  }

  /** All that it sent has arrived. Without a guest, nothing keeps it in memory. Any thread. */
  void atRest() {
    if (onDemand && state == ActorState.PASSIVE) {
      command(new Command.Passivate());
    }
  }

  private void schedule(@Nullable Worker waker) {
    if (scheduled == 0 && SCHEDULED.compareAndSet(this, 0, 1)) {
      app.engine().dispatcher().ready(this, waker);
    }
  }

  long lastUsedNanos() {
    return idle.lastUsedNanos();
  }

  /** Whether it may leave memory: it is virtual and has nothing to do. */
  boolean mayPassivate() {
    return plan.idleTimeout() != null
        && state == ActorState.RUNNING
        && streams.isEmpty()
        && isQuiescent();
  }

  /** Waits until the cell has stopped; false if it has not within the time. */
  boolean awaitStopped(long millis) throws InterruptedException {
    return stopped.await(millis, TimeUnit.MILLISECONDS);
  }

  /** Ends the running turn, wherever it is, and the actor with it. */
  void kill(String reason) {
    killed = true;
    Turn t = turn;
    if (t != null) {
      t.kill(HostError.of(ErrorCode.CANCELLED, "the actor was killed: " + reason));
    }
    command(new Command.Stop(reason));
  }

  boolean isKilled() {
    return killed;
  }

  void log(int level, String message) {
    app.engine().guestLog().log(id, level, message);
  }

  // ---- running; the worker that holds the baton

  /** The cell that {@code name} was last, if this actor sent to it last and it may still run. */
  @Nullable ActorCell lastTarget(String name) {
    ActorCell c = lastTarget;
    return c != null && lastTargetName.equals(name) && c.ended == null && !c.isClosed() ? c : null;
  }

  void lastTarget(String name, ActorCell cell) {
    lastTargetName = name;
    lastTarget = cell;
  }

  @Override
  public void runBatch(Worker worker) {
    long start = System.nanoTime();
    worker.now = start;
    int n = 0;
    try {
      while (true) {
        Command c = commands.poll();
        if (c != null) {
          execute(c, worker);
          continue;
        }
        if (state == ActorState.STOPPED || state == ActorState.FAILED) {
          refuseQueued();
          break;
        }
        if (!takesMessages()) {
          break;
        }
        Message m = inbox.take();
        if (m == null) {
          break;
        }
        handleSafely(m, worker);
        if (++n >= MAX_BATCH || worker.now - start > MAX_BATCH_NANOS) {
          if (hasWork()) {
            app.engine().dispatcher().again(this);
            return;
          }
          break;
        }
      }
    } catch (Throwable t) { // a worker never dies of what one actor does
      app.engine().bug("running " + id, t);
    }
    if (n > 0) {
      if (plan.idleTimeout() != null) { // nobody asks the others when they were used
        idle.used();
      }
    }
    scheduled = 0;
    if (hasWork()) {
      schedule(worker);
    } else if (app.isDraining()) {
      app.cellIdle();
    }
  }

  private boolean takesMessages() {
    ActorState s = state;
    return s == ActorState.RUNNING || s == ActorState.PASSIVE;
  }

  private boolean hasWork() {
    return !commands.isEmpty()
        || (inbox.size() > 0
            && (takesMessages() || state == ActorState.STOPPED || state == ActorState.FAILED));
  }

  /** Whatever happens, whoever asked gets an answer and the next message its turn. */
  private void handleSafely(Message m, Worker worker) {
    try {
      handle(m, worker);
    } catch (RuntimeException | Error e) {
      app.engine().bug("handling " + m.op() + " for " + id, e);
      runner.refuse(m, HostError.of(ErrorCode.INTERNAL, "internal error: " + e));
    }
  }

  private void handle(Message m, Worker worker) {
    if (m.unchecked() && !runner.takes(m)) {
      if (onDemand && state == ActorState.PASSIVE) {
        command(new Command.Passivate()); // nothing was made for it but this cell
      }
      return;
    }
    if (state == ActorState.PASSIVE) {
      if (m.kind() == Message.Kind.RESUME) {
        return; // its stream went with the memory
      }
      HostError why = activate(worker);
      if (why != null) {
        runner.refuse(m, why);
        return;
      }
    }
    turns++;
    runner.handle(m, worker);
  }

  private void execute(Command c, Worker worker) {
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
            app.engine().telemetry().restarted(id);
          }
        }
      }
      case Command.Reload() -> {
        if (ledger != null && ledger.pipeline().hasFailed()) {
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
    if (ledger == null) {
      turn.failed(
          HostError.of(ErrorCode.FAILED_PRECONDITION, id.address() + " has no durability facet"));
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
      app.engine().bug("writing for " + id, e);
      why = HostError.of(ErrorCode.INTERNAL, "internal error: " + e);
    }
    turn.failed(why);
  }

  /** Brings the actor to life; answers why it failed, after telling its supervisor. */
  private @Nullable HostError activate(Worker worker) {
    move(Lifecycle.Event.ACTIVATE);
    app.engine().relieveMemory();
    HostError cause;
    try {
      guest = activation.activate(worker);
      move(Lifecycle.Event.ACTIVATED);
      return null;
    } catch (HostException e) {
      cause = e.error();
    } catch (RuntimeException | Error e) {
      app.engine().bug("activating " + id, e);
      cause = HostError.of(ErrorCode.INTERNAL, e.toString());
    }
    HostError why =
        new HostError(
            cause.code(),
            id.address() + " did not start: " + cause.message(),
            cause.retryable(),
            cause.details(),
            false);
    crashed(why, cause.code() != ErrorCode.RESOURCE_EXHAUSTED);
    return why;
  }

  private void delete(Command.Delete d, Worker worker) {
    if (state == ActorState.STOPPED || state == ActorState.STOPPING) {
      d.done.complete(ReplySlot.GONE);
      return;
    }
    HostError why = stoppedError("it is being deleted");
    boolean there = guest != null;
    Reply reply;
    try {
      if (state == ActorState.RUNNING && !killed) {
        streams.closeAll(runner, worker, why);
        activation.terminate(worker, "deleted");
      }
      outbox.close(); // what has not left by now goes with the journal
      close(worker);
      if (isDurable()) {
        app.engine().dispatcher().blockBegin(worker);
        try {
          there |= app.engine().journals().delete(id);
          app.engine().timers().forget(id);
          d.emptied.run();
        } finally {
          app.engine().dispatcher().blockEnd(worker);
        }
      }
      reply = new Reply.Ok(Payload.json(new Value.Bool(there)));
    } catch (HostException e) {
      reply = new Reply.Failed(e.error());
    } catch (RuntimeException | Error e) {
      app.engine().bug("deleting " + id, e);
      reply = Reply.failed(ErrorCode.INTERNAL, "internal error: " + e);
    }
    failQueued(why);
    beginAnew(worker, why);
    d.done.complete(reply);
  }

  private void beginAnew(Worker worker, HostError why) {
    if (onDemand) {
      ended = why;
      move(Lifecycle.Event.STOP);
      app.forget(this);
      move(Lifecycle.Event.STOPPED);
      failQueued(why);
      stopped.countDown();
      return;
    }
    outbox = new Outbox(this);
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
            .orElseThrow(() -> new IllegalStateException(id + ": " + event + " in " + state));
  }

  private HostError stoppedError(String why) {
    return HostError.of(ErrorCode.UNAVAILABLE, id.address() + ": " + why);
  }

  void setGuest(GuestInstance g) {
    guest = g;
  }

  /** The guest that did not take its state; another one begins. */
  void discardRefused() {
    app.names().releaseAll(id);
    discardGuest(stoppedError("it begins anew"));
  }

  @Nullable GuestInstance guest() {
    return guest;
  }

  void setTurn(@Nullable Turn t) {
    if (t == null) {
      TURN.setRelease(this, null);
      return;
    }
    turn = t;
    if (killed) {
      t.kill(HostError.of(ErrorCode.CANCELLED, "the actor is being killed"));
    }
  }

  void reseed(RandomGenerator r) {
    random = r;
  }

  /**
   * The guest has crashed or could not start. Its memory is gone; the supervisor decides.
   *
   * @param counts false for what is not the actor's fault: it starts again at its next message
   */
  void crashed(HostError why, boolean counts) {
    discardGuest(stoppedError("it crashed while it streamed: " + why.message()));
    lastError = why;
    if (killed || state == ActorState.STOPPING || state == ActorState.STOPPED) {
      return;
    }
    app.names().releaseAll(id);
    if (counts) {
      app.memoryTimers().clear(id); // init sets them again
    }
    if (!counts) {
      move(Lifecycle.Event.PASSIVATE);
      if (onDemand) {
        command(new Command.Passivate()); // it must not stay in memory for nothing
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
    app.childCrashed(this, why);
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
    Message m = inbox.take();
    while (m != null) {
      runner.refuse(m, why);
      m = inbox.take();
    }
  }

  /**
   * @param why what the readers of its streams are told
   */
  private void discardGuest(HostError why) {
    streams.endAll(why);
    GuestInstance g = guest;
    guest = null;
    if (g != null) {
      try {
        g.close();
      } catch (RuntimeException e) {
        app.engine().bug("closing the guest of " + id, e);
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
      if (before == ActorState.RUNNING && !killed) {
        streams.closeAll(runner, worker, stoppedError("it is being stopped (" + reason + ")"));
        if (app.keptStates().isKeeping() && !isDurable()) {
          activation.keepState(worker);
        }
        activation.terminate(worker, reason);
      }
    } catch (RuntimeException | Error e) {
      app.engine().bug("terminating " + id, e);
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
    app.names().releaseAll(id);
    app.memoryTimers().clear(id);
  }

  /** As {@link #close}, but the actor lives on without memory: its names stay. */
  private void closeForNow(Worker worker) {
    discardGuest(stoppedError("it has stopped"));
    lastTarget = null;
    idle.cancel();
    Journal journal = ledger == null ? null : ledger.take();
    if (journal != null) {
      app.engine().dispatcher().blockBegin(worker);
      try {
        journal.close();
      } catch (RuntimeException e) {
        app.engine().bug("closing the journal of " + id, e);
      } finally {
        app.engine().dispatcher().blockEnd(worker);
      }
    }
  }

  // ---- passivation

  private void passivate(Worker worker) {
    boolean busy =
        inbox.size() > 0 || !outbox.isEmpty() || (ledger != null && !ledger.pipeline().isEmpty());
    boolean here = state == ActorState.RUNNING || (onDemand && state == ActorState.PASSIVE);
    if (here && !streams.isEmpty()) {
      return; // somebody reads: the turn that ends the last stream sets the timer again
    }
    if (!here || busy) {
      idle.used();
      return;
    }
    if (onDemand && !inbox.close()) {
      return; // a message came first: its batch sets the timer again
    }
    if (!isDurable() && guest != null) {
      app.engine().noteStateDropped(this);
    }
    if (onDemand) {
      // Nothing is queued and nothing can be any more. Whoever still holds this cell waits until
      // it is away and looks the actor up again, so the order of messages stays.
      move(Lifecycle.Event.STOP);
      closeForNow(worker);
      app.forget(this);
      move(Lifecycle.Event.STOPPED);
      stopped.countDown();
    } else {
      closeForNow(worker);
      move(Lifecycle.Event.PASSIVATE);
    }
  }

  /** What was queued when the actor stopped. */
  private void refuseQueued() {
    HostError why = ended;
    failQueued(why != null ? why : stoppedError("it has left memory"));
  }
}
