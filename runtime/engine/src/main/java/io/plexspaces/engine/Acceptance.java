package io.plexspaces.engine;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.RequestContext;
import io.plexspaces.api.Value;
import io.plexspaces.api.journal.IdempotentResult;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.api.journal.TurnOutcome;
import io.plexspaces.api.journal.TurnRecord.Outgoing;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Takes in what a client sends to a durable actor: a turn of its own has the message as an effect
 * to the actor itself, so it is on disk before the client is told, and whatever holds for an outbox
 * holds for it.
 */
final class Acceptance implements SilentTurn {
  /** How long a client waits for the actor's running turn and the disk, at most. */
  static final long MAX_WAIT_MILLIS = 30_000;

  private final ActorCell cell;
  private final Message message;
  private final ReplySlot slot;

  private Acceptance(ActorCell cell, Message message, ReplySlot slot) {
    this.cell = cell;
    this.message = message;
    this.slot = slot;
  }

  /**
   * Waits until the message is on disk.
   *
   * @param deadlineNanos of the client; the message itself has none
   * @return its id: of an earlier one, if that had the same idempotency key; null if the cell has
   *     left memory
   * @throws HostException DEADLINE_EXCEEDED if that takes too long: it may have been taken in then;
   *     RESOURCE_EXHAUSTED if the actor has too many messages; what is wrong with the key
   */
  static @Nullable MessageId of(ActorCell cell, Message m, long deadlineNanos, ReplyTimer timer) {
    cell.inbox().requireRoom(m);
    cell.inbox().claimKey(m);
    ReplySlot slot = new ReplySlot();
    cell.record(new Acceptance(cell, m, slot));
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(MAX_WAIT_MILLIS);
    if (deadlineNanos != RequestContext.NO_DEADLINE && deadlineNanos - deadline < 0) {
      deadline = deadlineNanos;
    }
    Reply r;
    try {
      r = slot.await(deadline, timer);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HostException(ErrorCode.CANCELLED, "the caller was interrupted");
    }
    if (ReplySlot.isGone(r)) {
      return null;
    }
    if (r == null) {
      throw new HostException(
          ErrorCode.DEADLINE_EXCEEDED,
          cell.id().address()
              + " did not take the message in time; it may do so yet (with an idempotency key, it"
              + " can be sent again without being taken twice)");
    }
    return MessageId.parse(((Value.Str) r.orThrow().value()).value());
  }

  private void end(Reply r) {
    cell.inbox().releaseKey(message);
    slot.complete(r);
  }

  @Override
  public @Nullable Note note(Worker worker) {
    if (slot.isAbandoned()) {
      cell.inbox().releaseKey(message);
      return null;
    }
    cell.refuseIfEnded();
    cell.outbox().requireRoom();
    String key = message.idempotencyKey();
    if (key != null && answered(key, worker)) {
      return null;
    }
    Payload id = Payload.json(new Value.Str(message.id().toString()));
    Outgoing self =
        new Outgoing(
            0, 0, message.id(), cell.id().address(), message.op(), message.payload(), true);
    return new Note(
        message.id(),
        message.op(),
        "accept",
        Payload.EMPTY_OBJECT,
        List.of(self),
        b ->
            b.outcome(new TurnOutcome.Replied(id))
                .key(
                    key == null ? null : Inbox.keyOf(message, key),
                    key == null ? null : message.digest())
                .code(cell.app().module().digest(), message.context().traceId()));
  }

  /** Whether a request with that key has been taken in before; then its answer is given. */
  private boolean answered(String key, Worker worker) {
    Ledger ledger = cell.ledger();
    if (ledger == null) {
      return false;
    }
    Journal j = ledger.journal();
    Optional<IdempotentResult> before =
        ledger.parked(worker, () -> j.findIdempotent(Inbox.keyOf(message, key)));
    if (before.isEmpty()) {
      return false;
    }
    if (!before.get().requestDigest().equals(message.digest())) {
      throw IdempotencyErrors.mismatch(key);
    }
    end(
        switch (before.get().outcome()) {
          case TurnOutcome.Replied(Payload p) -> new Reply.Ok(p);
          case TurnOutcome.Refused(HostError e) -> new Reply.Failed(e);
        });
    return true;
  }

  @Override
  public void recorded() {
    end(new Reply.Ok(Payload.json(new Value.Str(message.id().toString()))));
  }

  @Override
  public void failed(HostError why) {
    end(new Reply.Failed(why));
  }

  @Override
  public void gone(HostError why) {
    end(ReplySlot.GONE);
  }
}
