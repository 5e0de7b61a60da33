package io.plexspaces.engine;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.RequestContext;
import io.plexspaces.api.guest.GuestHost;
import io.plexspaces.api.guest.GuestInstance;
import io.plexspaces.api.guest.TurnStopped;
import io.plexspaces.api.journal.TimerChange;
import io.plexspaces.api.journal.TupleChange;
import io.plexspaces.api.journal.TurnRecord.Outgoing;
import io.plexspaces.api.op.Catalogue;
import io.plexspaces.api.op.Effect;
import io.plexspaces.api.op.HostOperation;
import io.plexspaces.api.op.TurnContext;
import io.plexspaces.api.op.TurnParticipant;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One running turn: what the guest and the host operations see of it, what it has collected, and
 * how long it has run. Used by the turn's thread, but for what says otherwise.
 */
final class Turn implements TurnContext, GuestHost {
  private static final VarHandle SLICE_START;

  static {
    try {
      SLICE_START = MethodHandles.lookup().findVarHandle(Turn.class, "sliceStart", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final ActorCell cell;
  private final Worker worker;
  private final RequestContext request;
  private final MessageId message;
  private final String op;
  private final boolean readOnly;
  private final boolean again;
  private final boolean repeatable;
  private final GuestInstance guest;
  private final @Nullable StreamPipe producing;
  private final long limitNanos;
  private final Thread thread = Thread.currentThread();

  /**
   * When the guest began to run without a break; 0 while it waits. Read by the turn clock, which
   * may see it late.
   */
  private volatile long sliceStart;

  private long resumedAt;
  private long pausedAt;
  private long ranNanos;

  /** How long it has run since it last let others in; a wait that does not park is no break. */
  private long unbrokenNanos;

  private boolean inLane;
  private boolean ended;
  private @Nullable OpenStreams reading;

  /** Guarded by this turn's monitor, against {@link #kill}; nothing blocks while holding it. */
  private boolean blocked;

  private volatile @Nullable HostError stop;

  /** What it has collected; null until there is something. */
  private @Nullable TurnTransaction transaction;

  private @Nullable EarlySends earlySends;

  /** Messages and asks so far. */
  private int effectCount;

  /** Null in nearly every turn. */
  private @Nullable HostErrors hostErrors;

  /**
   * A turn that handles a message.
   *
   * @param producing the stream of which this turn is a part, or null
   */
  Turn(
      ActorCell cell,
      Worker worker,
      Message m,
      boolean readOnly,
      GuestInstance guest,
      @Nullable StreamPipe producing) {
    this(
        cell,
        worker,
        m.context(),
        m.id(),
        m.op(),
        readOnly,
        m.mayHaveRun(),
        m.mayComeAgain(),
        guest,
        producing);
  }

  /** A turn of the actor's own: init, terminate. */
  Turn(ActorCell cell, Worker worker, String op, boolean readOnly, GuestInstance guest) {
    this(
        cell,
        worker,
        cell.app().systemContext(),
        cell.app().engine().newMessageId(),
        op,
        readOnly,
        false,
        false,
        guest,
        null);
  }

  private Turn(
      ActorCell cell,
      Worker worker,
      RequestContext request,
      MessageId message,
      String op,
      boolean readOnly,
      boolean again,
      boolean repeatable,
      GuestInstance guest,
      @Nullable StreamPipe producing) {
    this.cell = cell;
    this.worker = worker;
    this.request = request;
    this.message = message;
    this.op = op;
    this.readOnly = readOnly;
    this.again = again;
    this.repeatable = repeatable;
    this.guest = guest;
    this.producing = producing;
    this.limitNanos = cell.app().plan().limits().turnTimeout().toNanos();
  }

  void begin() {
    resume();
    worker.turn(this);
  }

  /** Ends the turn's running; answers how long it ran, without its waiting. */
  long end() {
    if (ended) {
      return ranNanos;
    }
    ended = true;
    worker.turn(null);
    pause();
    if (inLane) {
      inLane = false;
      dispatcher().lanes().release();
      dispatcher().blockEnd(worker);
    }
    if (reading != null) {
      reading.closeAll();
    }
    return ranNanos;
  }

  private Dispatcher dispatcher() {
    return cell.app().engine().dispatcher();
  }

  @Nullable StreamPipe producing() {
    return producing;
  }

  /** The streams that this turn's handler reads. */
  OpenStreams streams() {
    if (producing != null) {
      return producing.inner();
    }
    if (reading == null) {
      reading = new OpenStreams();
    }
    return reading;
  }

  ActorCell cell() {
    return cell;
  }

  Worker worker() {
    return worker;
  }

  MessageId message() {
    return message;
  }

  /** The operation that it runs. */
  String op() {
    return op;
  }

  /** Whether this turn may have run before, so that whom it asks may have been asked before. */
  boolean again() {
    return again;
  }

  /** Whether this turn may run again, with the same ids. */
  boolean repeatable() {
    return repeatable;
  }

  boolean durable() {
    return cell.isDurable();
  }

  @Override
  public ActorId self() {
    return cell.id();
  }

  @Override
  public RequestContext request() {
    return request;
  }

  // ---- time and interruption

  /** Any thread. */
  boolean isOverSlice(long now) {
    long s = sliceStart;
    return s != 0 && now - s > TurnClock.SLICE_NANOS;
  }

  /** Any thread. */
  void requestSafepoint() {
    guest.requestSafepoint();
  }

  /** Ends this turn as soon as possible, whether it runs or waits. Any thread. */
  void kill(HostError why) {
    synchronized (this) {
      stop = why;
      if (blocked) {
        thread.interrupt();
      }
    }
    guest.requestSafepoint();
  }

  private void checkStop() {
    HostError why = stop;
    if (why != null) {
      throw new TurnStopped(why);
    }
  }

  private void pause() {
    if (resumedAt != 0) {
      long now = System.nanoTime();
      ranNanos += now - resumedAt;
      unbrokenNanos += now - resumedAt;
      worker.now = now;
      resumedAt = 0;
      pausedAt = now;
      SLICE_START.setOpaque(this, 0L);
    }
  }

  private void resume() {
    long now = System.nanoTime();
    if (pausedAt != 0 && now - pausedAt >= Worker.HOP_NANOS) {
      unbrokenNanos = 0;
    }
    resumedAt = now;
    SLICE_START.setOpaque(this, now - unbrokenNanos);
  }

  private void checkLimit() {
    if (ranNanos > limitNanos) {
      throw new TurnStopped(
          HostError.of(
              ErrorCode.DEADLINE_EXCEEDED,
              "the turn ran longer than turn_timeout, "
                  + cell.app().plan().limits().turnTimeout().toMillis()
                  + " ms"));
    }
  }

  @Override
  public void safepoint() {
    checkStop();
    if (!isOverSlice(System.nanoTime())) {
      return;
    }
    pause();
    checkLimit();
    // A long turn gives its place to short ones and goes on in a lane that long turns share.
    if (!inLane) {
      dispatcher().blockBegin(worker);
      dispatcher().lanes().acquireUninterruptibly();
      inLane = true;
    } else if (dispatcher().lanes().hasQueuedThreads()) {
      dispatcher().lanes().release();
      dispatcher().lanes().acquireUninterruptibly();
    }
    LockSupport.parkNanos(Worker.HOP_NANOS);
    resume();
    checkStop();
  }

  @Override
  public <T extends @Nullable Object> T await(@Nullable ActorId holder, Wait<T> wait) {
    ActorCell on = holder == null ? null : cell.app().engine().cellInMemory(holder);
    return await(on == null ? ActorCell.NOBODY : new ActorCell[] {on}, wait);
  }

  <T extends @Nullable Object> T await(ActorCell[] on, Wait<T> wait) {
    WaitForGraph graph = cell.app().engine().waitForGraph();
    if (on.length > 0) {
      graph.begin(cell, on);
    }
    pause();
    if (inLane) {
      // The place was given away before, but what this turn has woken since waits in the slot.
      inLane = false;
      dispatcher().flushNext(worker);
      dispatcher().lanes().release();
    } else {
      dispatcher().blockBegin(worker);
    }
    try {
      setBlocked(true);
      return wait.run();
    } catch (InterruptedException e) {
      HostError why = stop;
      throw new TurnStopped(
          why != null ? why : HostError.of(ErrorCode.CANCELLED, "the wait was interrupted"));
    } finally {
      setBlocked(false);
      graph.end(cell);
      dispatcher().blockEnd(worker);
      resume();
    }
  }

  private synchronized void setBlocked(boolean b) {
    blocked = b;
    if (b) {
      checkStop();
    } else {
      // An interrupt that came too late must not hit whatever this worker runs next.
      Thread.interrupted();
    }
  }

  // ---- host calls

  /** An immediate operation of an actor that records nothing, without a frame. */
  <T> T direct(Supplier<T> operation) {
    beforeCall();
    try {
      return operation.get();
    } catch (HostException e) {
      note(e.error());
      throw e;
    }
  }

  /** A guest that only waits and calls never comes to a safepoint of its own. */
  private void beforeCall() {
    checkStop();
    checkLimit();
    if (unbrokenNanos > TurnClock.SLICE_NANOS) {
      safepoint();
    }
  }

  /** The guest was given this error: if it ends its turn with it, the fault is not its own. */
  void note(HostError error) {
    HostErrors errors = hostErrors;
    if (errors == null) {
      errors = new HostErrors();
      hostErrors = errors;
    }
    errors.add(error);
  }

  /** Whether an error that the guest ended with came to it from the host. */
  boolean inherited(HostError error) {
    HostErrors errors = hostErrors;
    return errors != null && errors.explain(error);
  }

  @Override
  public Frame call(String operation, Frame input) {
    beforeCall();
    HostOperation op = cell.app().engine().operations().find(operation);
    if (op != null && records(op)) {
      requireRoomForSteps();
    }
    try {
      if (op == null) {
        throw new HostException(ErrorCode.UNIMPLEMENTED, unknown(operation));
      }
      if (readOnly && (op.effect() == Effect.DEFERRED || op.effect() == Effect.TENTATIVE)) {
        throw new HostException(
            ErrorCode.FAILED_PRECONDITION,
            operation + " changes something, but the running handler is a query");
      }
      if (op.effect() == Effect.IMMEDIATE || op.effect() == Effect.TENTATIVE) {
        awaitEarlierTurns();
      }
      Frame result = op.handler().call(this, input);
      record(op, input, result.encode(), false);
      return result;
    } catch (HostException e) {
      note(e.error());
      if (op != null) {
        record(op, input, Json.write(e.error().toValue()), true);
      }
      throw e;
    }
  }

  private static String unknown(String operation) {
    return Catalogue.get().find(operation) != null
        ? "the host operation \"" + operation + "\" is not supported by this version"
        : "there is no host operation \"" + operation + "\"";
  }

  /** Waits until all earlier turns of this actor are durable, and what they send has left. */
  private void awaitEarlierTurns() {
    CommitPipeline pipeline = cell.pipeline();
    if (pipeline == null || pipeline.isSettled()) {
      return;
    }
    try {
      await(
          ActorCell.NOBODY,
          () -> {
            pipeline.awaitAtMost(0);
            return Boolean.TRUE;
          });
    } catch (HostException e) {
      // An earlier turn of this actor was lost: this one cannot stand.
      throw new TurnStopped(e.error());
    }
  }

  private boolean records(HostOperation op) {
    return cell.isDurable()
        && !readOnly
        && op.effect() != Effect.DEFERRED
        && !op.name().equals("log");
  }

  private void requireRoomForSteps() {
    try {
      transaction().requireRoomForSteps();
    } catch (HostException e) {
      note(e.error());
      throw e;
    }
  }

  private void record(HostOperation op, Frame input, byte[] result, boolean failed) {
    if (records(op)) {
      transaction().addStep(op, input, result, failed);
    }
  }

  @Override
  public void log(int level, String message) {
    cell.log(level, message);
  }

  @Override
  public long nowMillis() {
    return cell.app().engine().clock().millis();
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  // ---- the transaction

  TurnTransaction transaction() {
    TurnTransaction t = transaction;
    if (t == null) {
      t = new TurnTransaction(cell);
      transaction = t;
    }
    return t;
  }

  /** Whether it has collected nothing that a commit would release. */
  boolean isBare() {
    return transaction == null;
  }

  @Override
  public <P extends TurnParticipant> P participant(Object key, Supplier<P> factory) {
    return transaction().participant(key, factory);
  }

  /**
   * Has what participants want on disk written there, where no record of the turn carries it: the
   * actor is not durable. The turn waits, since who gets its answer may rely on it. Once, before
   * {@link #end}.
   *
   * @return why it could not be written: then the turn has failed; null if it is there
   */
  @Nullable HostError persistTuples() {
    List<TupleChange> changes = isBare() ? List.of() : transaction().tupleChanges();
    if (changes.isEmpty()) {
      return null;
    }
    CompletableFuture<Optional<HostException>> written = new CompletableFuture<>();
    // Not to be interrupted: whether it is on disk decides whether the turn was.
    Optional<HostException> failure =
        await(
            ActorCell.NOBODY,
            () -> {
              cell.app()
                  .engine()
                  .spaces()
                  .append(cell.id().app(), changes, f -> written.complete(Optional.ofNullable(f)));
              return written.join();
            });
    if (failure.isEmpty()) {
      return null;
    }
    HostError why = failure.get().error();
    HostError error =
        new HostError(
            why.code(),
            "the turn could not be committed: " + why.message(),
            why.retryable(),
            why.details(),
            false);
    note(error);
    return error;
  }

  void commitParticipants() {
    if (transaction != null) {
      transaction.commitParticipants();
    }
  }

  void rollBackParticipants() {
    if (transaction != null) {
      transaction.rollBackParticipants();
    }
  }

  /** The turn is over; nobody needs what it has collected, unless its commit does. */
  void drop() {
    if (transaction != null) {
      transaction.drop();
    }
  }

  /**
   * The id of the next that this turn does to others, messages and asks in one count: a durable
   * turn that runs again repeats them.
   */
  MessageId nextEffectId() {
    return durable() ? message.derive(effectCount++) : cell.app().engine().newMessageId();
  }

  /** Collects a message of a durable turn, unless it has left early when this turn ran before. */
  MessageId addEffect(String target, String effectOp, Payload payload) {
    int n = effectCount++;
    MessageId id = message.derive(n);
    if (again) {
      String digest = TurnTransaction.digest(target, effectOp, payload);
      EarlySends before = early();
      if (before.has(n, digest)) {
        return id;
      }
      if (before.has(n)) {
        id = id.derive(EarlySends.INSTEAD); // another message left under this id
      }
    }
    transaction().addEffect(n, id, target, effectOp, payload);
    return id;
  }

  /** Collects what the commit does to the actor's reminders. */
  void addTimerChange(TimerChange change) {
    transaction().addTimerChange(change);
  }

  private EarlySends early() {
    EarlySends e = earlySends;
    if (e == null) {
      Ledger ledger = cell.ledger();
      e =
          again && ledger != null
              ? EarlySends.of(ledger, worker, message)
              : EarlySends.none(message);
      earlySends = e;
    }
    return e;
  }

  /**
   * Sends what this durable turn has for {@code address} so far, because it asks it now: in a
   * record of their own, on which the ask waits. They stay, whatever becomes of this turn.
   */
  void sendEarly(String address) {
    Ledger ledger = cell.ledger();
    if (ledger == null || transaction == null) {
      return;
    }
    List<Outgoing> leaving = transaction.takeEffects(e -> e.target().equals(address));
    if (!leaving.isEmpty()) {
      ledger.append(early().note(leaving, op, repeatable), EarlySends.SILENT);
      awaitEarlierTurns();
    }
  }
}
