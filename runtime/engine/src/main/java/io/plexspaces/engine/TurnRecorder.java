package io.plexspaces.engine;

import io.plexspaces.api.HostError;
import io.plexspaces.api.Payload;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.api.journal.TupleChange;
import io.plexspaces.api.journal.TurnOutcome;
import io.plexspaces.api.journal.TurnRecord;
import io.plexspaces.api.journal.TurnRecord.Outgoing;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes the records of a durable actor's turns, and says what their commits release. Used by the
 * worker that runs the cell.
 */
final class TurnRecorder {
  private final ActorCell cell;
  private final Ledger ledger;

  TurnRecorder(ActorCell cell, Ledger ledger) {
    this.cell = cell;
    this.ledger = ledger;
  }

  /** Lets a turn that leaves no record out behind the commits in flight. */
  void gate(Turn turn, @Nullable Answer answer) {
    ledger.pipeline().gate(outputs(turn, List.of(), answer));
  }

  /**
   * Appends the turn that handled {@code m}.
   *
   * @param began the host's clock
   * @param state if it changed
   * @param answer what the commit gives
   */
  void append(
      Message m,
      Turn turn,
      long began,
      TurnOutcome outcome,
      @Nullable Payload state,
      Answer answer) {
    String key = m.idempotencyKey();
    Message.Receipt receipt = m.receipt();
    TurnTransaction tx = turn.transaction();
    boolean refused = outcome instanceof TurnOutcome.Refused;
    List<Outgoing> effects = refused ? List.of() : ledger.numbered(tx.effects());
    List<TupleChange> tuples = refused ? List.of() : tx.tupleChanges();
    TurnRecord record =
        ledger
            .next(began, m.id())
            .from(m.from() == null ? null : m.from().address())
            .operation(m.op(), recordedKind(m), m.payload())
            .outcome(outcome)
            .state(state)
            .steps(tx.steps())
            .effects(effects)
            .key(key == null ? null : Inbox.keyOf(m, key), key == null ? null : m.digest())
            .repeatable(m.repeatable() || key != null)
            .received(receipt == null ? null : receipt.received())
            .timers(refused ? List.of() : tx.timers())
            .tuples(tuples)
            .code(cell.app().module().digest(), m.context().traceId())
            .build();
    tx.handOn();
    ledger.append(record, outputs(turn, effects, answer));
  }

  private static String recordedKind(Message m) {
    return switch (m.kind()) {
      case ASK, STATE -> "call";
      case SEND -> "cast";
      case STREAM -> "stream";
      case RESUME -> "resume";
    };
  }

  /** What init or terminate sends is journalled like any turn's; one that sends nothing is not. */
  void appendOwn(Turn turn) {
    if (turn.isBare()) {
      gate(turn, null);
      return;
    }
    TurnTransaction tx = turn.transaction();
    List<TupleChange> tuples = tx.tupleChanges();
    if (tx.effects().isEmpty() && tx.timers().isEmpty() && tuples.isEmpty()) {
      gate(turn, null);
      return;
    }
    List<Outgoing> effects = ledger.numbered(tx.effects());
    TurnRecord record =
        ledger
            .next(cell.app().engine().clock().millis(), turn.message())
            .operation(turn.op(), "init", Payload.EMPTY_OBJECT)
            .steps(tx.steps())
            .effects(effects)
            .timers(tx.timers())
            .tuples(tuples)
            .code(cell.app().module().digest(), "")
            .build();
    tx.handOn();
    ledger.append(record, outputs(turn, effects, null));
  }

  private CommitPipeline.Gated outputs(Turn turn, List<Outgoing> effects, @Nullable Answer answer) {
    Journal journal = ledger.journal();
    long epoch = ledger.epoch();
    Outbox outbox = cell.outbox();
    return new CommitPipeline.Gated() {
      @Override
      public void released() {
        if (!turn.isBare()) {
          turn.transaction().release();
          turn.commitParticipants();
        }
        if (!effects.isEmpty()) {
          outbox.dispatch(journal, epoch, effects);
        }
        if (answer != null) {
          answer.give();
        }
      }

      @Override
      public void cancelled(HostError why) {
        if (!turn.isBare()) {
          turn.transaction().release();
          turn.rollBackParticipants();
        }
        if (answer != null) {
          answer.fail(why);
        }
      }
    };
  }
}
