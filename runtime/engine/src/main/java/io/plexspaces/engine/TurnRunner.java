package io.plexspaces.engine;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.guest.GuestInstance;
import io.plexspaces.api.guest.GuestOp;
import io.plexspaces.api.guest.GuestReply;
import io.plexspaces.api.guest.GuestTrap;
import io.plexspaces.api.guest.ModuleDescription.Kind;
import io.plexspaces.api.guest.ModuleDescription.Operation;
import io.plexspaces.api.guest.TurnStopped;
import io.plexspaces.api.journal.TurnOutcome;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Runs the turns of one actor: begin, guest, and by how it ends {@link TurnEnds commit or undo}.
 * Used by the worker that runs the cell.
 */
final class TurnRunner {
  private final ActorCell cell;
  private final TurnEnds ends;
  private final @Nullable Repeats repeats;

  TurnRunner(ActorCell cell) {
    this.cell = cell;
    this.ends = new TurnEnds(cell);
    Ledger ledger = cell.ledger();
    this.repeats = ledger == null ? null : new Repeats(cell, ledger);
  }

  private ActorEngine engine() {
    return cell.app().engine();
  }

  /** Turns a message away that no turn will handle. */
  void refuse(Message m, HostError why) {
    ends.refuse(m, why, false);
  }

  /** As {@link #refuse}, because this actor failed: that may be otherwise another time. */
  void fail(Message m, HostError why) {
    ends.refuse(m, why, true);
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
      Message.Receipt receipt = m.receipt();
      if (receipt != null) {
        receipt.rejected(e.error().message());
      } else {
        ActorId from = m.from();
        engine()
            .undeliverable(
                from == null ? cell.id() : from, m.op(), cell.id().address(), e.error().message());
      }
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
      ends.expired(m, slot);
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
    boolean readOnly = op == null || op.kind() == Kind.QUERY;
    StreamPipe stream = m.stream();
    Message fresh = m;
    try {
      if (repeats != null) {
        fresh = repeats.fresh(m, readOnly, worker, ends::replay);
        if (fresh == null) {
          return;
        }
      }
      if (stream != null) {
        cell.streams().begin(stream);
      }
    } catch (HostException e) {
      refuse(m, e.error());
      return;
    }
    run(fresh, worker, op, readOnly);
  }

  /** The next value of a stream, or its end. One whose memory is gone has ended already. */
  private void resume(Message m, Worker worker) {
    StreamPipe stream = m.stream();
    Operation op = cell.type().operation(m.op());
    if (stream != null && op != null && stream.isLive()) {
      run(m, worker, op, op.kind() == Kind.QUERY);
    }
  }

  private void run(Message m, Worker worker, @Nullable Operation op, boolean readOnly) {
    GuestInstance guest = cell.guest();
    if (guest == null) {
      refuse(m, HostError.of(ErrorCode.UNAVAILABLE, cell.id().address() + " is not running"));
      return;
    }
    Ledger ledger = cell.ledger();
    long began = 0; // only journals tell
    if (ledger != null) {
      ledger.awaitDisk(worker);
      began = engine().clock().millis();
    }
    StreamPipe stream = m.stream();
    boolean closing = stream != null && m.kind() == Message.Kind.RESUME && stream.isCancelled();
    Optional<Payload> value = Optional.empty();
    boolean failed = true;
    Turn turn = new Turn(cell, worker, m, readOnly, guest, stream);
    cell.setTurn(turn);
    turn.begin();
    try {
      guest.mark();
      GuestReply reply =
          op == null
              ? guest.call(GuestOp.SNAPSHOT, Frame.EMPTY, turn)
              : stream == null
                  ? call(m, op, guest, turn)
                  : cell.streams().call(m, op, guest, turn, closing);
      HostError error = reply.error();
      Payload state = null;
      if (error == null && ledger != null && !readOnly) {
        state = changedState(guest, turn, ledger);
      }
      if (error == null && ledger == null) {
        error = turn.persistTuples();
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
        ends.count(m, "ok", nanos);
        if (stream == null) {
          TurnOutcome outcome = new TurnOutcome.Replied(GuestFrames.reply(reply.frame()));
          ends.commit(m, turn, readOnly, began, outcome, state, null);
        } else {
          TurnOutcome outcome = new TurnOutcome.Replied(value.orElse(Payload.NULL));
          ends.commit(m, turn, readOnly, began, outcome, state, StreamTurns.answer(stream, value));
        }
      } else if (error.business()) {
        guest.rollBack();
        turn.rollBackParticipants();
        ends.count(m, "business", nanos);
        ends.refused(m, turn, readOnly, began, error);
      } else if (turn.inherited(error)) {
        turn.rollBackParticipants();
        ends.failInherited(m, error, guest, nanos);
      } else {
        ends.fail(m, turn, error, true, nanos);
      }
    } catch (TurnStopped e) {
      ends.fail(m, turn, e.error(), false, turn.end());
    } catch (GuestTrap e) {
      boolean ownFault = e.error().code() != ErrorCode.RESOURCE_EXHAUSTED;
      ends.fail(m, turn, e.error(), ownFault, turn.end());
    } catch (RuntimeException | Error e) {
      String why = e.getMessage() == null ? e.toString() : e.getMessage();
      HostError error = HostError.of(ErrorCode.INTERNAL, "the actor crashed: " + why);
      ends.fail(m, turn, error, true, turn.end());
    } finally {
      turn.end();
      cell.setTurn(null);
      turn.drop();
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

  private static @Nullable Payload changedState(GuestInstance guest, Turn turn, Ledger ledger) {
    GuestReply r = guest.call(GuestOp.SNAPSHOT, Frame.EMPTY, turn);
    HostError e = r.error();
    if (e != null) {
      throw new GuestTrap(
          new HostError(
              e.code(), "its state cannot be kept: " + e.message(), false, e.details(), false));
    }
    Payload state = GuestFrames.reply(r.frame());
    return ledger.isNews(state) ? state : null;
  }
}
