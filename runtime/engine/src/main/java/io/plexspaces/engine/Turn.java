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
import io.plexspaces.api.journal.TurnRecord;
import io.plexspaces.api.op.Catalogue;
import io.plexspaces.api.op.Effect;
import io.plexspaces.api.op.HostOperation;
import io.plexspaces.api.op.TurnContext;
import io.plexspaces.api.op.TurnParticipant;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One running turn: what the guest and the host operations see of it, what it has collected, and
 * how long it has run. Used by the turn's thread, but for what says otherwise.
 */
final class Turn implements TurnContext, GuestHost {
  private static final int MAX_HOST_ERRORS = 16;
  private static final VarHandle SLICE_START;

  static {
    try {
      SLICE_START = MethodHandles.lookup().findVarHandle(Turn.class, "sliceStart", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** Of what one turn may record. */
  static final long MAX_STEP_BYTES = 64L << 20;

  /** What a step takes beside its result. */
  private static final int STEP_BYTES = 256;

  /** Less is not worth the node's counting. */
  private static final long STEPS_CHARGED_FROM = 64 << 10;

  private final ActorCell cell;
  private final Worker worker;
  private final RequestContext request;
  private final MessageId message;
  private final boolean readOnly;
  private final boolean again;
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

  private @Nullable Map<Object, TurnParticipant> participants;

  /** Only durable actors collect anything: null until there is something. */
  private @Nullable List<TurnRecord.Step> steps;

  private @Nullable List<TurnRecord.Outgoing> effects;
  private @Nullable List<TimerChange> timers;
  private @Nullable Map<Integer, Outbox.Ticket> releasedEarly;
  private int stepCount;
  private long stepBytes;
  private long chargedBytes;
  private boolean stepsHandedOn;
  private int effectCount;

  /** The last errors that host calls gave to the guest; null in nearly every turn. */
  private @Nullable ArrayDeque<HostError> hostErrors;

  /** The codes of all of them. */
  private @Nullable EnumSet<ErrorCode> hostCodes;

  Turn(
      ActorCell cell,
      Worker worker,
      RequestContext request,
      MessageId message,
      boolean readOnly,
      boolean again,
      GuestInstance guest) {
    this(cell, worker, request, message, readOnly, again, guest, null);
  }

  /**
   * @param producing the stream of which this turn is a part, or null
   */
  Turn(
      ActorCell cell,
      Worker worker,
      RequestContext request,
      MessageId message,
      boolean readOnly,
      boolean again,
      GuestInstance guest,
      @Nullable StreamPipe producing) {
    this.cell = cell;
    this.worker = worker;
    this.request = request;
    this.message = message;
    this.readOnly = readOnly;
    this.again = again;
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

  /** Whether this turn may have run before, so that what it sends may have arrived before. */
  boolean again() {
    return again;
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
    ArrayDeque<HostError> last = hostErrors;
    EnumSet<ErrorCode> codes = hostCodes;
    if (last == null || codes == null) {
      last = new ArrayDeque<>(1);
      hostErrors = last;
      codes = EnumSet.noneOf(ErrorCode.class);
      hostCodes = codes;
    } else if (last.size() == MAX_HOST_ERRORS) {
      last.removeFirst();
    }
    last.addLast(error);
    codes.add(error.code());
  }

  @Override
  public Frame call(String operation, Frame input) {
    beforeCall();
    HostOperation op = cell.app().engine().operations().find(operation);
    requireRoomForSteps(op);
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

  /** What a durable turn has read and asked is in the heap until its commit. */
  private void requireRoomForSteps(@Nullable HostOperation op) {
    if (op == null || !records(op)) {
      return;
    }
    HostException full = null;
    if (stepBytes >= MAX_STEP_BYTES) {
      full =
          new HostException(
              ErrorCode.RESOURCE_EXHAUSTED,
              "this turn has read and asked for "
                  + (MAX_STEP_BYTES >> 20)
                  + " MiB, all that the journal takes of one turn of a durable actor: do the rest"
                  + " in further turns, with messages to itself");
    } else if (stepBytes - chargedBytes >= STEPS_CHARGED_FROM) {
      cell.app().engine().relieveMemory();
      try {
        cell.app().engine().budget().charge(stepBytes - chargedBytes);
        chargedBytes = stepBytes;
      } catch (HostException e) {
        full = e;
      }
    }
    if (full != null) {
      note(full.error());
      throw full;
    }
  }

  /** The steps are the commit's now: it gives them back. */
  void handOnSteps() {
    stepsHandedOn = true;
  }

  /** The turn is over; nobody needs its steps, unless its commit does. */
  void dropSteps() {
    if (!stepsHandedOn) {
      releaseSteps();
    }
  }

  /** Gives back what the steps took of the node's memory, once. The store's threads as well. */
  void releaseSteps() {
    if (chargedBytes == 0) {
      return;
    }
    long bytes;
    synchronized (this) {
      bytes = chargedBytes;
      chargedBytes = 0;
    }
    cell.app().engine().budget().release(bytes);
  }

  private void record(HostOperation op, Frame input, byte[] result, boolean failed) {
    if (records(op)) {
      stepBytes += STEP_BYTES + result.length;
      if (steps == null) {
        steps = new ArrayList<>();
      }
      steps.add(
          new TurnRecord.Step(
              stepCount++,
              op.name(),
              Digests.sha256(input.header(), input.body()),
              Payload.json(result),
              failed));
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

  @Override
  public <P extends TurnParticipant> P participant(Object key, Supplier<P> factory) {
    if (participants == null) {
      participants = new LinkedHashMap<>(4);
    }
    TurnParticipant p = participants.get(key);
    if (p == null) {
      p = factory.get();
      participants.put(key, p);
    }
    @SuppressWarnings("unchecked") // one key is only ever used with one factory
    P typed = (P) p;
    return typed;
  }

  void commitParticipants() {
    if (participants != null) {
      List<TurnParticipant> all = new ArrayList<>(participants.values());
      participants = null;
      tell(all, TurnParticipant::commit);
    }
  }

  /** Each is told, whatever another does. */
  private void tell(List<TurnParticipant> all, Consumer<TurnParticipant> end) {
    for (TurnParticipant p : all) {
      try {
        end.accept(p);
      } catch (RuntimeException | Error e) {
        cell.app().engine().bug("ending a turn of " + cell.id(), e);
      }
    }
  }

  void rollBackParticipants() {
    if (participants != null) {
      List<TurnParticipant> reverse = new ArrayList<>(participants.values()).reversed();
      participants = null;
      tell(reverse, TurnParticipant::rollBack);
    }
  }

  /** The id of this turn's next effect. */
  MessageId nextEffectId() {
    return durable() ? message.derive(effectCount++) : cell.app().engine().newMessageId();
  }

  /** Collects a message that leaves with the commit. */
  void addEffect(MessageId id, String target, String op, Payload payload) {
    if (effects == null) {
      effects = new ArrayList<>();
    }
    // Its number within the actor is given when the turn is appended.
    effects.add(new TurnRecord.Outgoing(effects.size(), 0, id, target, op, payload, false));
  }

  List<TurnRecord.Outgoing> effects() {
    return effects == null ? List.of() : effects;
  }

  /** Collects what the commit does to the actor's reminders. */
  void addTimerChange(TimerChange change) {
    if (timers == null) {
      timers = new ArrayList<>(2);
    }
    timers.add(change);
  }

  List<TimerChange> timers() {
    return timers == null ? List.of() : timers;
  }

  /** What participants want on disk with this turn. Once, before it is appended. */
  List<TupleChange> tupleChanges() {
    if (participants == null) {
      return List.of();
    }
    List<TupleChange> all = List.of();
    for (TurnParticipant p : participants.values()) {
      List<TupleChange> its = p.changes();
      if (all.isEmpty()) {
        all = its;
      } else if (!its.isEmpty()) {
        all = new ArrayList<>(all);
        all.addAll(its);
      }
    }
    return all;
  }

  /**
   * Has what participants want on disk written there, where no record of the turn carries it: the
   * actor is not durable. The turn waits, since who gets its answer may rely on it. Once, before
   * {@link #end}.
   *
   * @return why it could not be written: then the turn has failed; null if it is there
   */
  @Nullable HostError persistTuples() {
    List<TupleChange> changes = tupleChanges();
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

  void releasedEarly(int n, Outbox.Ticket ticket) {
    if (releasedEarly == null) {
      releasedEarly = new HashMap<>();
    }
    releasedEarly.put(n, ticket);
  }

  /** Effects that left before the commit, by their number. */
  Map<Integer, Outbox.Ticket> releasedEarly() {
    return releasedEarly == null ? Map.of() : releasedEarly;
  }

  List<TurnRecord.Step> steps() {
    return steps == null ? List.of() : steps;
  }

  /**
   * Whether an error the guest ended with came to it from the host: it let through what a host call
   * gave it (an address that a client made up, say), or ends with its caller's deadline, a quota,
   * something unavailable. Such an error fails the turn but is not the actor's fault, or callers
   * could restart an app until its supervisor gives up.
   */
  boolean inherited(HostError error) {
    ArrayDeque<HostError> last = hostErrors;
    EnumSet<ErrorCode> codes = hostCodes;
    if (last == null || codes == null) {
      return false;
    }
    return switch (error.code()) {
      case DEADLINE_EXCEEDED, CANCELLED, RESOURCE_EXHAUSTED, UNAVAILABLE, ABORTED ->
          codes.contains(error.code());
      default -> last.stream().anyMatch(e -> sameError(e, error));
    };
  }

  private static boolean sameError(HostError a, HostError b) {
    return a.code() == b.code() && a.message().equals(b.message());
  }
}
