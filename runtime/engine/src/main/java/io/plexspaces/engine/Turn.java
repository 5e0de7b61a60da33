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
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One running turn: what the guest and the host operations see of it, and what it has collected.
 * Used by the turn's thread, but for what says otherwise.
 */
final class Turn extends TimedTurn implements TurnContext, GuestHost {
  private final RequestContext request;
  private final MessageId message;
  private final String op;
  private final boolean readOnly;
  private final boolean again;
  private final boolean repeatable;
  private final @Nullable StreamPipe producing;

  private boolean ended;
  private @Nullable OpenStreams reading;

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
    super(cell, worker, guest);
    this.request = request;
    this.message = message;
    this.op = op;
    this.readOnly = readOnly;
    this.again = again;
    this.repeatable = repeatable;
    this.producing = producing;
  }

  void begin() {
    resume();
    worker.turn(this);
  }

  /** Ends the turn's running; answers how long it ran, without its waiting. */
  long end() {
    if (ended) {
      return ranNanos();
    }
    ended = true;
    worker.turn(null);
    stopRunning();
    if (reading != null) {
      reading.closeAll();
    }
    return ranNanos();
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

  @Override
  public <T extends @Nullable Object> T await(@Nullable ActorId holder, Wait<T> wait) {
    ActorCell on = holder == null ? null : cell.app().engine().cellInMemory(holder);
    return await(on == null ? ActorCell.NOBODY : new ActorCell[] {on}, wait);
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
