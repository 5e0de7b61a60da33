package io.plexspaces.engine;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.GuestInstance;
import io.plexspaces.api.journal.TurnOutcome;
import org.jspecify.annotations.Nullable;

/**
 * How a message's handling ends: with a commit, with a refusal, with a failure; and who is told.
 * Used by the worker that runs the cell.
 */
final class TurnEnds {
  private final ActorCell cell;

  TurnEnds(ActorCell cell) {
    this.cell = cell;
  }

  private ActorEngine engine() {
    return cell.app().engine();
  }

  void count(Message m, String outcome, long nanos) {
    engine().telemetry().message(cell.id(), m.kind().label(), outcome, nanos);
  }

  // ---- without a turn

  /**
   * @param failed whether the actor failed on its way to the message, as its turn might have
   */
  void refuse(Message m, HostError why, boolean failed) {
    if (m.kind() == Message.Kind.RESUME) {
      m.reply(new Reply.Failed(why)); // nobody sent it, so there is nothing to count
      return;
    }
    cell.inbox().releaseKey(m);
    m.reply(new Reply.Failed(why));
    settle(m, why, failed);
    count(m, "error", 0);
  }

  void expired(Message m, ReplySlot slot) {
    cell.inbox().releaseKey(m);
    slot.complete(Reply.failed(ErrorCode.DEADLINE_EXCEEDED, "the deadline passed before its turn"));
    count(m, "expired", 0);
  }

  /** It was handled before: the answer is known. Behind the commits in flight, perhaps its own. */
  void replay(Message m, TurnOutcome outcome) {
    Outcome answer = new Outcome(m, outcome);
    CommitPipeline pipeline = cell.pipeline();
    if (pipeline == null) {
      answer.give();
    } else {
      pipeline.gate(
          new CommitPipeline.Gated() {
            @Override
            public void released() {
              answer.give();
            }

            @Override
            public void cancelled(HostError why) {
              answer.fail(why);
            }
          });
    }
    count(m, "replayed", 0);
  }

  /**
   * What becomes of a message that did not end in a commit. A sender's outbox gets it back where
   * the reason will pass, and also where its turn failed, as long as that has not happened too
   * often; otherwise it is a dead letter. A full node has room again some time; an actor that
   * reached a limit of its own would reach it again with the same message.
   *
   * @param ran whether a turn of it was run, or the actor failed before
   */
  private void settle(Message m, HostError why, boolean ran) {
    Message.Receipt receipt = m.receipt();
    if (receipt == null) {
      if (m.reply() == null) {
        engine().deadLetter(cell.id(), sender(m), m.op(), why.message());
      }
      return;
    }
    boolean limit = why.code() == ErrorCode.RESOURCE_EXHAUSTED;
    if (why.code() == ErrorCode.UNAVAILABLE
        || why.code() == ErrorCode.CANCELLED
        || why.code() == ErrorCode.DATA_LOSS // its journal is damaged, until somebody mends it
        || (limit && why.retryable())) {
      receipt.returned();
    } else if (ran && !limit) {
      receipt.failed(why.message(), cell.plan().delivery().maxDeliveries());
    } else {
      receipt.rejected(why.message());
    }
  }

  private static String sender(Message m) {
    ActorId from = m.from();
    return from == null ? "a client" : from.address();
  }

  // ---- with a commit

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
      TurnEnds.this.give(message, outcome);
    }

    @Override
    public void fail(HostError why) {
      cell.inbox().releaseKey(message);
      message.reply(new Reply.Failed(why));
      message.giveBack();
    }
  }

  /**
   * @param began the host's clock
   * @param state if it changed
   * @param streamed what is told of a stream's value; null for a single reply
   */
  void commit(
      Message m,
      Turn turn,
      boolean readOnly,
      long began,
      TurnOutcome outcome,
      @Nullable Payload state,
      @Nullable Answer streamed) {
    TurnRecorder recorder = cell.recorder();
    if (recorder == null) {
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
      recorder.gate(turn, answer);
    } else {
      recorder.append(m, turn, began, outcome, state, answer);
    }
  }

  /**
   * A business error. It changed nothing, so only what may be asked again with the same identity (a
   * key, a repeated ask, a sender's outbox) is written down.
   */
  void refused(Message m, Turn turn, boolean readOnly, long began, HostError error) {
    leaveStream(m);
    TurnRecorder recorder = cell.recorder();
    TurnOutcome outcome = new TurnOutcome.Refused(error);
    Outcome answer = new Outcome(m, outcome);
    if (m.reply() == null) {
      engine().deadLetter(cell.id(), sender(m), m.op(), error.message());
    }
    if (recorder == null) {
      answer.give();
    } else if (readOnly || !m.mayComeAgain()) {
      recorder.gate(turn, answer);
    } else {
      recorder.append(m, turn, began, outcome, null, answer);
    }
  }

  // ---- with a failure

  /** What the host gave the guest ended the turn: the actor itself is as it was before. */
  void failInherited(Message m, HostError error, GuestInstance guest, long nanos) {
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

  void fail(Message m, Turn turn, HostError error, boolean ownFault, long nanos) {
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
      cell.crashed(error, ownFault && !crashedBefore(m));
    }
    refuseAfterTurn(m, error);
  }

  /**
   * A message that an outbox sends again and again counts as one crash: what one message does must
   * not use up the restarts that an app has.
   */
  private static boolean crashedBefore(Message m) {
    Message.Receipt receipt = m.receipt();
    return receipt != null && receipt.failures() > 0;
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
      settle(m, error, true);
      return;
    }
    // Behind the commits in flight, so that replies keep their order.
    pipeline.gate(
        new CommitPipeline.Gated() {
          @Override
          public void released() {
            m.reply(new Reply.Failed(error));
            settle(m, error, true);
          }

          @Override
          public void cancelled(HostError why) {
            m.reply(new Reply.Failed(error));
            settle(m, why, true);
          }
        });
  }
}
