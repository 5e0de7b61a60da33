package io.plexspaces.engine;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.GuestInstance;
import io.plexspaces.api.guest.ModuleDescription.ActorType;
import io.plexspaces.engine.ActorStatus.ActorState;
import io.plexspaces.engine.plan.ActorPlan;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
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
  private final ActorLife life;

  /** Null for an actor without durability. */
  private final @Nullable Ledger ledger;

  private final @Nullable TurnRecorder recorder;

  private volatile Outbox outbox;
  private final StreamTurns streams;
  private final IdleTimer idle;

  private volatile int scheduled;

  /** Whom the running turn waits for; see {@link WaitForGraph}. */
  volatile ActorCell[] waitsFor = NOBODY;

  private volatile @Nullable Turn turn;

  /** Written by the running worker; readers may see a value that is a moment old. */
  private long turns;

  private volatile boolean killed;

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
    this.life = new ActorLife(this, runner);
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
    return life.state();
  }

  long restarts() {
    return life.restarts();
  }

  int mailboxDepth() {
    return inbox.size();
  }

  long memoryBytes() {
    GuestInstance g = life.guest();
    return g == null ? 0 : g.memoryBytes();
  }

  /** Whether this cell will never run a message again; another may take its place. */
  boolean isClosed() {
    return life.state() == ActorState.STOPPED;
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
    HostError e = life.lastError();
    return new ActorStatus(
        id,
        life.state(),
        isDurable(),
        inbox.size(),
        turns,
        life.restarts(),
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
    HostError why = life.ended();
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
    if (life.ended() != null || isClosed() || !inbox.force(m)) {
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
    HostError why = life.ended();
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
    if (onDemand && life.state() == ActorState.PASSIVE) {
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
        && life.state() == ActorState.RUNNING
        && streams.isEmpty()
        && isQuiescent();
  }

  /** Waits until the cell has stopped; false if it has not within the time. */
  boolean awaitStopped(long millis) throws InterruptedException {
    return life.awaitStopped(millis);
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
    return c != null && lastTargetName.equals(name) && c.life.ended() == null && !c.isClosed()
        ? c
        : null;
  }

  void lastTarget(String name, ActorCell cell) {
    lastTargetName = name;
    lastTarget = cell;
  }

  void forgetLastTarget() {
    lastTarget = null;
  }

  IdleTimer idle() {
    return idle;
  }

  /** The actor begins anew: what its former life had sent is nothing to it. */
  void renewOutbox() {
    outbox = new Outbox(this);
  }

  @Nullable GuestInstance guest() {
    return life.guest();
  }

  void setGuest(GuestInstance g) {
    life.setGuest(g);
  }

  /** The guest that did not take its state; another one begins. */
  void discardRefused() {
    life.discardRefused();
  }

  /** The guest has crashed or could not start; see {@link ActorLife#crashed}. */
  void crashed(HostError why, boolean counts) {
    life.crashed(why, counts);
  }

  /** The actor will not run again by itself; who sends to it gets {@code why}. */
  void end(HostError why) {
    life.end(why);
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
          life.execute(c, worker);
          continue;
        }
        ActorState state = life.state();
        if (state == ActorState.STOPPED || state == ActorState.FAILED) {
          life.refuseQueued();
          break;
        }
        if (!takesMessages(state)) {
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

  private static boolean takesMessages(ActorState s) {
    return s == ActorState.RUNNING || s == ActorState.PASSIVE;
  }

  private boolean hasWork() {
    if (!commands.isEmpty()) {
      return true;
    }
    ActorState s = life.state();
    return inbox.size() > 0
        && (takesMessages(s) || s == ActorState.STOPPED || s == ActorState.FAILED);
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
      if (onDemand && life.state() == ActorState.PASSIVE) {
        command(new Command.Passivate()); // nothing was made for it but this cell
      }
      return;
    }
    if (life.state() == ActorState.PASSIVE) {
      if (m.kind() == Message.Kind.RESUME) {
        return; // its stream went with the memory
      }
      HostError why = life.activate(worker);
      if (why != null) {
        runner.refuse(m, why);
        return;
      }
    }
    turns++;
    runner.handle(m, worker);
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
}
