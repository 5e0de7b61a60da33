package io.plexspaces.engine;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.RequestContext;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.GuestInstance;
import io.plexspaces.api.guest.GuestOp;
import io.plexspaces.api.guest.GuestReply;
import io.plexspaces.api.guest.GuestTrap;
import io.plexspaces.api.guest.ModuleDescription.Kind;
import io.plexspaces.api.guest.ModuleDescription.Operation;
import io.plexspaces.api.guest.TurnStopped;
import io.plexspaces.api.journal.IdempotentResult;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.api.journal.Recovered;
import io.plexspaces.api.journal.TupleChange;
import io.plexspaces.api.journal.TurnOutcome;
import io.plexspaces.api.journal.TurnRecord;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Runs the turns of one actor: begin, guest, commit or undo, release. Used by the worker that runs
 * the cell.
 */
final class TurnRunner {
  private static final long MEMORY_WAIT_NANOS = 2_000_000_000L;

  private final ActorCell cell;

  TurnRunner(ActorCell cell) {
    this.cell = cell;
  }

  private ActorEngine engine() {
    return cell.app().engine();
  }

  static String requestDigest(Message m) {
    return Digests.sha256(
        m.op().getBytes(StandardCharsets.UTF_8), new byte[] {0}, m.payload().bytes());
  }

  // ---- activation

  /**
   * Spawns the guest, runs init and puts the stored state over it.
   *
   * @throws HostException why it failed; nothing is left behind
   */
  GuestInstance activate(Worker worker, ActorCell c) {
    byte[] seed = engine().newSeed();
    ByteBuffer seeds = ByteBuffer.wrap(seed);
    c.reseed(new SplittableRandom(seeds.getLong()));
    Recovered recovered = recover(worker);
    Payload kept = cell.isDurable() ? null : cell.app().keptStates().of(cell.id());
    if (kept != null) {
      try {
        GuestInstance guest = begin(worker, c, seed, recovered, kept);
        cell.app().keptStates().taken(cell.id());
        return guest;
      } catch (StateRefused e) {
        if (!e.forGood()) {
          throw e;
        }
        cell.app().keptStates().taken(cell.id());
        cell.log(
            3,
            "its state does not fit the reloaded code, so it begins anew: " + e.error().message());
        c.discardRefused();
      }
    }
    return begin(worker, c, seed, recovered, recovered.state());
  }

  /** The guest has run its init, but does not go on from the state it is given. */
  private static final class StateRefused extends HostException {
    private static final long serialVersionUID = 1L;

    StateRefused(HostError why) {
      super(why);
    }

    /** Whether it would be so another time as well. */
    boolean forGood() {
      return switch (code()) {
        case CANCELLED, RESOURCE_EXHAUSTED, UNAVAILABLE -> false;
        default -> true;
      };
    }
  }

  private GuestInstance begin(
      Worker worker, ActorCell c, byte[] seed, Recovered recovered, @Nullable Payload state) {
    GuestInstance guest = spawn(worker, c.id().type(), seed);
    c.setGuest(guest);
    init(guest, worker, recovered, state);
    return guest;
  }

  /** Where the node's memory is full, idle actors make room: that takes a moment, no refusal. */
  private GuestInstance spawn(Worker worker, String type, byte[] seed) {
    long until = System.nanoTime() + MEMORY_WAIT_NANOS;
    while (true) {
      try {
        return cell.app().module().spawn(type, seed);
      } catch (HostException e) {
        boolean full = e.code() == ErrorCode.RESOURCE_EXHAUSTED && e.error().retryable();
        if (!full || System.nanoTime() - until >= 0) {
          throw e;
        }
      }
      engine().dispatcher().blockBegin(worker);
      try {
        engine().awaitMemory();
      } finally {
        engine().dispatcher().blockEnd(worker);
      }
    }
  }

  private Recovered recover(Worker worker) {
    Ledger ledger = cell.ledger();
    return ledger == null ? Recovered.NONE : ledger.recover(worker);
  }

  private void init(
      GuestInstance guest, Worker worker, Recovered recovered, @Nullable Payload state) {
    RequestContext context = cell.app().systemContext();
    Turn turn = new Turn(cell, worker, context, engine().newMessageId(), false, false, guest);
    Frame frame = GuestFrames.init(cell.id(), cell.args(), cell.app().plan(), state != null);
    cell.setTurn(turn);
    turn.begin();
    boolean committed = false;
    try {
      require(guest.call(GuestOp.INIT, frame, turn));
      if (state != null) {
        restore(guest, state, turn);
      }
      turn.end();
      DurableTimers reminders = cell.reminders();
      if (reminders != null) {
        reminders.facetChanges().forEach(turn::addTimerChange);
      }
      commitInit(turn);
      committed = true;
      TimerOperations.settleFacets(cell);
    } catch (GuestTrap e) {
      throw new HostException(e.error());
    } catch (TurnStopped e) {
      throw new HostException(e.error());
    } finally {
      turn.end();
      cell.setTurn(null);
      turn.dropSteps();
      if (!committed) {
        turn.rollBackParticipants();
      }
    }
    Ledger ledger = cell.ledger();
    if (ledger != null && !recovered.pending().isEmpty()) {
      cell.outbox().redispatch(ledger.journal(), recovered.pending());
    }
  }

  private static void restore(GuestInstance guest, Payload state, Turn turn) {
    HostError error;
    try {
      error = guest.call(GuestOp.RESTORE, Frame.ofBody(state.bytes()), turn).error();
    } catch (GuestTrap e) {
      error = e.error();
    } catch (TurnStopped e) {
      error = e.error();
    }
    if (error != null) {
      throw new StateRefused(error);
    }
  }

  private static void require(GuestReply r) {
    HostError e = r.error();
    if (e != null) {
      throw new HostException(e);
    }
  }

  /** What init sends is journalled like any turn's; an init that sends nothing leaves no trace. */
  private void commitInit(Turn turn) {
    Ledger ledger = cell.ledger();
    if (ledger == null) {
      turn.commitParticipants();
      return;
    }
    List<TupleChange> tuples = turn.tupleChanges();
    if (turn.effects().isEmpty() && turn.timers().isEmpty() && tuples.isEmpty()) {
      ledger.pipeline().gate(outputs(turn, null, List.of(), null));
      return;
    }
    List<TurnRecord.Outgoing> effects = ledger.numbered(turn.effects());
    TurnRecord record =
        ledger
            .next(engine().clock().millis(), turn.message())
            .operation("init", "init", Payload.EMPTY_OBJECT)
            .steps(turn.steps())
            .effects(effects)
            .timers(turn.timers())
            .tuples(tuples)
            .code(cell.app().module().digest(), "")
            .build();
    turn.handOnSteps();
    ledger.append(record, outputs(turn, ledger.journal(), effects, null));
  }

  // ---- messages

  void refuse(Message m, HostError why) {
    if (m.kind() == Message.Kind.RESUME) {
      m.reply(new Reply.Failed(why)); // nobody sent it, so there is nothing to count
      return;
    }
    cell.inbox().releaseKey(m);
    m.reply(new Reply.Failed(why));
    settle(m, why);
    count(m, "error", 0);
  }

  /**
   * What becomes of a message that did not end in a commit. A sender's outbox gets it back where
   * the reason will pass; otherwise a send is a dead letter. A full node has room again some time;
   * an actor that reached a limit of its own would reach it again with the same message.
   */
  private void settle(Message m, HostError why) {
    boolean passing =
        switch (why.code()) {
          case UNAVAILABLE, CANCELLED -> true;
          case RESOURCE_EXHAUSTED -> why.retryable();
          default -> false;
        };
    if (passing && m.receipt() != null) {
      m.giveBack();
      return;
    }
    if (m.reply() == null) {
      engine().deadLetter(cell.id(), sender(m), m.op(), why.message());
    }
    m.acknowledge();
  }

  private static String sender(Message m) {
    ActorId from = m.from();
    return from == null ? "a client" : from.address();
  }

  private void count(Message m, String outcome, long nanos) {
    engine().telemetry().message(cell.id(), m.kind().label(), outcome, nanos);
  }

  /**
   * Whether the payload of what an outbox sent is what the operation takes. If not, it is a dead
   * letter of its sender, and nothing of it reaches this actor.
   */
  boolean takes(Message m) {
    try {
      cell.app().checkInput(cell.id().type(), m.op(), m.payload());
      return true;
    } catch (HostException e) {
      ActorId from = m.from();
      engine()
          .undeliverable(
              from == null ? cell.id() : from, m.op(), cell.id().address(), e.error().message());
      m.acknowledge();
      return false;
    }
  }

  void handle(Message m, Worker worker) {
    if (m.kind() == Message.Kind.RESUME) {
      resume(m, worker);
      return;
    }
    ReplySlot slot = m.reply();
    if (slot != null
        && (slot.isAbandoned()
            || (m.context().hasDeadline()
                && System.nanoTime() - m.context().deadlineNanos() >= 0))) {
      cell.inbox().releaseKey(m);
      slot.complete(
          Reply.failed(ErrorCode.DEADLINE_EXCEEDED, "the deadline passed before its turn"));
      count(m, "expired", 0);
      return;
    }
    Operation op = m.kind() == Message.Kind.STATE ? null : cell.type().operation(m.op());
    if (op == null && m.kind() != Message.Kind.STATE) {
      refuse(m, HostError.of(ErrorCode.NOT_FOUND, AppRuntime.noOperation(cell.type(), m.op())));
      return;
    }
    if (op != null && op.stream() != (m.kind() == Message.Kind.STREAM)) {
      String why =
          op.stream()
              ? AppRuntime.isStream(cell.type(), m.op())
              : AppRuntime.isNoStream(cell.type(), m.op());
      refuse(m, HostError.of(ErrorCode.INVALID_ARGUMENT, why));
      return;
    }
    Ledger ledger = cell.ledger();
    if (ledger != null && answered(m, ledger.journal(), worker)) {
      return;
    }
    boolean readOnly = op == null || op.kind() == Kind.QUERY;
    StreamPipe stream = m.stream();
    if (stream != null) {
      try {
        cell.streams().begin(stream);
      } catch (HostException e) {
        refuse(m, e.error());
        return;
      }
    }
    run(m, worker, op, readOnly);
  }

  /** The next value of a stream, or its end. One whose memory is gone has ended already. */
  private void resume(Message m, Worker worker) {
    StreamPipe stream = m.stream();
    Operation op = cell.type().operation(m.op());
    if (stream != null && op != null && stream.isLive()) {
      run(m, worker, op, op.kind() == Kind.QUERY);
    }
  }

  /** Answers a message this actor has handled already; true if it had. */
  private boolean answered(Message m, Journal j, Worker worker) {
    String key = m.idempotencyKey();
    if (key == null && !m.redelivered()) {
      return false;
    }
    try {
      Optional<TurnOutcome> before = Optional.empty();
      engine().dispatcher().blockBegin(worker);
      try {
        if (m.redelivered()) {
          before = j.findTurn(m.id());
        }
        if (before.isEmpty() && key != null) {
          Optional<IdempotentResult> result = j.findIdempotent(Inbox.keyOf(m, key));
          if (result.isPresent() && !result.get().requestDigest().equals(requestDigest(m))) {
            throw IdempotencyErrors.mismatch(key);
          }
          before = result.map(IdempotentResult::outcome);
        }
      } finally {
        engine().dispatcher().blockEnd(worker);
      }
      if (before.isEmpty()) {
        return false;
      }
      give(m, before.get());
      count(m, "replayed", 0);
      return true;
    } catch (HostException e) {
      refuse(m, e.error());
      return true;
    }
  }

  private void run(Message m, Worker worker, @Nullable Operation op, boolean readOnly) {
    GuestInstance guest = cell.guest();
    if (guest == null) {
      refuse(m, HostError.of(ErrorCode.UNAVAILABLE, cell.id().address() + " is not running"));
      return;
    }
    Ledger ledger = cell.ledger();
    if (ledger != null) {
      ledger.awaitDisk(worker);
    }
    StreamPipe stream = m.stream();
    boolean closing = stream != null && m.kind() == Message.Kind.RESUME && stream.isCancelled();
    Optional<Payload> value = Optional.empty();
    boolean failed = true;
    Turn turn =
        new Turn(cell, worker, m.context(), m.id(), readOnly, m.redelivered(), guest, stream);
    long began = cell.isDurable() ? engine().clock().millis() : 0; // only journals tell
    cell.setTurn(turn);
    turn.begin();
    try {
      guest.mark();
      GuestReply reply =
          op == null
              ? snapshot(guest, turn)
              : stream == null
                  ? call(m, op, guest, turn)
                  : cell.streams().call(m, op, guest, turn, closing);
      HostError error = reply.error();
      Payload state = null;
      if (error == null && cell.isDurable() && !readOnly) {
        state = changedState(guest, turn);
      }
      if (error == null && stream != null) {
        value = cell.streams().value(reply.frame(), closing);
        value.ifPresent(v -> cell.streams().reserve(stream, v));
      }
      long nanos = turn.end();
      if (error == null) {
        failed = false;
        if (readOnly && stream == null) { // a stream's next value needs the memory as it is
          guest.rollBack();
        }
        count(m, "ok", nanos);
        if (stream == null) {
          TurnOutcome outcome = new TurnOutcome.Replied(GuestFrames.reply(reply.frame()));
          commit(m, turn, readOnly, began, outcome, state, null);
        } else {
          TurnOutcome outcome = new TurnOutcome.Replied(value.orElse(Payload.NULL));
          commit(m, turn, readOnly, began, outcome, state, StreamTurns.answer(stream, value));
        }
      } else if (error.business()) {
        guest.rollBack();
        turn.rollBackParticipants();
        count(m, "business", nanos);
        refused(m, turn, readOnly, began, error);
      } else if (turn.inherited(error)) {
        turn.rollBackParticipants();
        failInherited(m, error, guest, nanos);
      } else {
        fail(m, turn, error, true, nanos);
      }
    } catch (TurnStopped e) {
      fail(m, turn, e.error(), false, turn.end());
    } catch (GuestTrap e) {
      boolean ownFault = e.error().code() != ErrorCode.RESOURCE_EXHAUSTED;
      fail(m, turn, e.error(), ownFault, turn.end());
    } catch (RuntimeException | Error e) {
      fail(
          m,
          turn,
          HostError.of(
              ErrorCode.INTERNAL,
              "the actor crashed: " + (e.getMessage() == null ? e.toString() : e.getMessage())),
          true,
          turn.end());
    } finally {
      turn.end();
      cell.setTurn(null);
      turn.dropSteps();
      guest.forgetMark(); // a guest that rests needs one version of its memory
    }
    if (stream != null) {
      if (failed) {
        boolean held = m.kind() == Message.Kind.RESUME && !closing && cell.guest() != null;
        cell.streams().turnFailed(stream, held);
      } else {
        cell.streams().turnOver(stream, value.isPresent());
      }
    }
  }

  private static GuestReply snapshot(GuestInstance guest, Turn turn) {
    return guest.call(GuestOp.SNAPSHOT, Frame.EMPTY, turn);
  }

  private GuestReply call(Message m, Operation op, GuestInstance guest, Turn turn) {
    if (guest instanceof NativeModule.NativeInstance direct) {
      try {
        return GuestReply.ok(Frame.ofBody(direct.handle(turn, m.op(), m.payload()).bytes()));
      } catch (HostException e) {
        return GuestReply.failed(e.error());
      }
    }
    return guest.call(GuestOp.HANDLE, GuestFrames.handle(cell.app(), m, op), turn);
  }

  private @Nullable Payload changedState(GuestInstance guest, Turn turn) {
    GuestReply r = guest.call(GuestOp.SNAPSHOT, Frame.EMPTY, turn);
    HostError e = r.error();
    if (e != null) {
      throw new GuestTrap(
          new HostError(
              e.code(), "its state cannot be kept: " + e.message(), false, e.details(), false));
    }
    Payload state = GuestFrames.reply(r.frame());
    Ledger ledger = cell.ledger();
    return ledger != null && ledger.isNews(state) ? state : null;
  }

  // ---- how a turn ends

  private CommitPipeline.Gated outputs(
      Turn turn, @Nullable Journal j, List<TurnRecord.Outgoing> effects, @Nullable Answer answer) {
    return new CommitPipeline.Gated() {
      @Override
      public void released() {
        turn.releaseSteps();
        turn.commitParticipants();
        if (j != null && !effects.isEmpty()) {
          cell.outbox().dispatch(j, turn.releasedEarly(), effects, turn.again());
        }
        if (answer != null) {
          answer.give();
        }
      }

      @Override
      public void cancelled(HostError why) {
        turn.releaseSteps();
        turn.rollBackParticipants();
        if (answer != null) {
          answer.fail(why);
        }
      }
    };
  }

  private void give(Message m, TurnOutcome outcome) {
    cell.inbox().releaseKey(m);
    if (m.reply() != null) {
      m.reply(
          switch (outcome) {
            case TurnOutcome.Replied(Payload p) -> new Reply.Ok(p);
            case TurnOutcome.Refused(HostError e) -> new Reply.Failed(e);
          });
    }
    m.acknowledge();
  }

  /** A reply that waits for its commit. */
  private final class Outcome implements Answer {
    private final Message message;
    private final TurnOutcome outcome;

    Outcome(Message message, TurnOutcome outcome) {
      this.message = message;
      this.outcome = outcome;
    }

    @Override
    public void give() {
      TurnRunner.this.give(message, outcome);
    }

    @Override
    public void fail(HostError why) {
      cell.inbox().releaseKey(message);
      message.reply(new Reply.Failed(why));
      message.giveBack();
    }
  }

  private void commit(
      Message m,
      Turn turn,
      boolean readOnly,
      long began,
      TurnOutcome outcome,
      @Nullable Payload state,
      @Nullable Answer streamed) {
    Ledger ledger = cell.ledger();
    if (ledger == null) {
      turn.commitParticipants();
      if (streamed == null) {
        give(m, outcome);
      } else {
        streamed.give();
      }
      return;
    }
    Answer answer = streamed == null ? new Outcome(m, outcome) : streamed;
    if (readOnly) {
      ledger.pipeline().gate(outputs(turn, null, List.of(), answer));
      return;
    }
    append(m, turn, began, outcome, state, answer, ledger);
  }

  private void append(
      Message m,
      Turn turn,
      long began,
      TurnOutcome outcome,
      @Nullable Payload state,
      Answer answer,
      Ledger ledger) {
    String key = m.idempotencyKey();
    boolean refused = outcome instanceof TurnOutcome.Refused;
    List<TurnRecord.Outgoing> effects = refused ? List.of() : ledger.numbered(turn.effects());
    TurnRecord record =
        ledger
            .next(began, m.id())
            .from(m.from() == null ? null : m.from().address())
            .operation(m.op(), recordedKind(m), m.payload())
            .outcome(outcome)
            .state(state)
            .steps(turn.steps())
            .effects(effects)
            .key(key == null ? null : Inbox.keyOf(m, key), key == null ? null : requestDigest(m))
            .repeatable(true)
            .timers(refused ? List.of() : turn.timers())
            .tuples(refused ? List.of() : turn.tupleChanges())
            .code(cell.app().module().digest(), m.context().traceId())
            .build();
    turn.handOnSteps();
    ledger.append(record, outputs(turn, ledger.journal(), effects, answer));
  }

  private static String recordedKind(Message m) {
    return switch (m.kind()) {
      case ASK, STATE -> "call";
      case SEND -> "cast";
      case STREAM -> "stream";
      case RESUME -> "resume";
    };
  }

  /**
   * A business error. It changed nothing, so only what may be asked again with the same identity
   * (an idempotency key, a sender's outbox) is written down.
   */
  private void refused(Message m, Turn turn, boolean readOnly, long began, HostError error) {
    leaveStream(m);
    Ledger ledger = cell.ledger();
    TurnOutcome outcome = new TurnOutcome.Refused(error);
    Outcome answer = new Outcome(m, outcome);
    if (m.reply() == null) {
      engine().deadLetter(cell.id(), sender(m), m.op(), error.message());
    }
    if (ledger == null) {
      answer.give();
    } else if (readOnly || (m.idempotencyKey() == null && m.receipt() == null)) {
      ledger.pipeline().gate(outputs(turn, null, List.of(), answer));
    } else {
      append(m, turn, began, outcome, null, answer, ledger);
    }
  }

  /** What the host gave the guest ended the turn: the actor itself is as it was before. */
  private void failInherited(Message m, HostError error, GuestInstance guest, long nanos) {
    leaveStream(m);
    count(m, "error", nanos);
    switch (error.code()) {
      case DEADLINE_EXCEEDED, CANCELLED, RESOURCE_EXHAUSTED, UNAVAILABLE, ABORTED -> {}
      // An address that is not there, a call that is not allowed: its author wants to know.
      default -> report(m, error, " let an error through in ");
    }
    refuseAfterTurn(m, error);
    if (guest.canRollBack()) {
      guest.rollBack();
    } else {
      cell.crashed(error, false);
    }
  }

  private void fail(Message m, Turn turn, HostError error, boolean ownFault, long nanos) {
    leaveStream(m);
    turn.rollBackParticipants();
    count(m, ownFault ? "crashed" : "error", nanos);
    if (!cell.isKilled()) {
      report(m, error, ownFault ? " crashed in " : " was stopped in ");
    }
    // First the consequences, then the reply: who is told of a crash finds the names free.
    GuestInstance guest = cell.guest();
    if (!ownFault && guest != null && guest.canRollBack()) {
      guest.rollBack(); // a limit or a quota ended the turn: the actor is as it was before
    } else {
      cell.crashed(error, ownFault);
    }
    refuseAfterTurn(m, error);
  }

  /** The stream whose turn failed ends with that turn's error, not with that of the others. */
  private void leaveStream(Message m) {
    StreamPipe stream = m.stream();
    if (stream != null) {
      cell.streams().remove(stream);
    }
  }

  /** What an operator looks for at night: who, doing what, why, and where in the guest's code. */
  private void report(Message m, HostError error, String how) {
    String what = m.op().isEmpty() ? "a turn" : m.op();
    String where =
        error.details() instanceof Value.Obj d && d.get("stack") instanceof Value.Str s
            ? GuestText.indented(s.value())
            : "";
    String all =
        how + what + ": " + error.code() + ": " + GuestText.oneLine(error.message()) + where;
    engine().warn(cell.id() + all);
    engine().guestLog().failed(cell.id(), all.strip());
  }

  private void refuseAfterTurn(Message m, HostError error) {
    cell.inbox().releaseKey(m);
    CommitPipeline pipeline = cell.pipeline();
    if (pipeline == null) {
      m.reply(new Reply.Failed(error));
      settle(m, error);
      return;
    }
    // Behind the commits in flight, so that replies keep their order.
    pipeline.gate(
        new CommitPipeline.Gated() {
          @Override
          public void released() {
            m.reply(new Reply.Failed(error));
            settle(m, error);
          }

          @Override
          public void cancelled(HostError why) {
            m.reply(new Reply.Failed(error));
            settle(m, why);
          }
        });
  }

  /** Leaves the declared state to the app's next start; whatever goes wrong then is only logged. */
  void keepState(Worker worker) {
    GuestInstance guest = cell.guest();
    if (guest == null) {
      cell.log(3, "its state is not kept: it had left memory");
      return;
    }
    Turn turn =
        new Turn(
            cell, worker, cell.app().systemContext(), engine().newMessageId(), true, false, guest);
    cell.setTurn(turn);
    turn.begin();
    try {
      GuestReply r = snapshot(guest, turn);
      HostError error = r.error();
      if (error == null) {
        cell.app().keptStates().keep(cell.id(), GuestFrames.reply(r.frame()));
      } else {
        cell.log(3, "its state is not kept: " + error.message());
      }
    } catch (GuestTrap | TurnStopped e) {
      cell.log(3, "its state is not kept: " + e.getMessage());
    } finally {
      turn.end();
      turn.rollBackParticipants();
      cell.setTurn(null);
      turn.dropSteps();
    }
  }

  /** Lets the guest say goodbye; whatever goes wrong then is only logged. */
  void terminate(Worker worker, String reason) {
    GuestInstance guest = cell.guest();
    if (guest == null) {
      return;
    }
    Turn turn =
        new Turn(
            cell, worker, cell.app().systemContext(), engine().newMessageId(), false, false, guest);
    cell.setTurn(turn);
    turn.begin();
    try {
      GuestReply r =
          guest.call(
              GuestOp.TERMINATE, Frame.of(Value.Obj.builder().put("reason", reason).build()), turn);
      turn.end();
      if (r.error() == null) {
        commitInit(turn);
      } else {
        turn.rollBackParticipants();
        cell.log(3, "terminate failed: " + r.error().message());
      }
    } catch (GuestTrap | TurnStopped e) {
      turn.end();
      turn.rollBackParticipants();
      cell.log(3, "terminate failed: " + e.getMessage());
    } finally {
      turn.end();
      cell.setTurn(null);
      turn.dropSteps();
    }
  }
}
