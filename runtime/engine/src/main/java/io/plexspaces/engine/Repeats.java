package io.plexspaces.engine;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.journal.IdempotentResult;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.api.journal.TurnOutcome;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What a durable actor has handled before is acknowledged or answered from its journal, and not run
 * again. Used by the worker that runs the cell.
 */
final class Repeats {
  private final ActorCell cell;
  private final Ledger ledger;

  Repeats(ActorCell cell, Ledger ledger) {
    this.cell = cell;
    this.ledger = ledger;
  }

  /**
   * The message as it is to be run; null if it was handled before and needs no turn.
   *
   * @param readOnly whether its operation is a query, of which nothing is kept
   * @param known what to do with a message and how it was answered
   * @throws HostException INVALID_ARGUMENT for a key, or ABORTED for an id, that stands for another
   *     request; UNAVAILABLE if the journal cannot be read
   */
  @Nullable Message fresh(
      Message m, boolean readOnly, Worker worker, BiConsumer<Message, TurnOutcome> known) {
    Message.Receipt receipt = m.receipt();
    String key = m.idempotencyKey();
    TurnOutcome before = null;
    if (receipt != null) {
      if (ledger.covers(receipt.received(), worker)) {
        before = new TurnOutcome.Replied(Payload.NULL);
      }
    } else if (key != null && !readOnly) {
      Journal j = ledger.journal();
      Found found = ledger.parked(worker, () -> byKey(j, m, key));
      if (found.outcome() == null) {
        return m.withId(found.id());
      }
      before = found.outcome();
    } else if (m.repeatable() && m.redelivered()) {
      Journal j = ledger.journal();
      before = ledger.parked(worker, () -> byId(j, m)).orElse(null);
    }
    if (before == null) {
      return m;
    }
    known.accept(m, before);
    return null;
  }

  /** The id under which a keyed request runs, or how it ended. */
  private record Found(MessageId id, @Nullable TurnOutcome outcome) {}

  private Found byKey(Journal j, Message m, String key) {
    Optional<IdempotentResult> result = j.findIdempotent(Inbox.keyOf(m, key));
    if (result.isPresent()) {
      if (!result.get().requestDigest().equals(m.digest())) {
        throw IdempotencyErrors.mismatch(key);
      }
      return new Found(m.id(), result.get().outcome());
    }
    return new Found(unusedId(j, m, key), null);
  }

  /**
   * A request with a key has an id made of all that it is, so that after a crash it repeats what it
   * asked others, under the same ids. A key that has expired may be used again, for something new:
   * then the ids must be others, so a generation is part of them, the first of which no turn is
   * kept. Generations are used in order, so that one is found with few looks.
   */
  private MessageId unusedId(Journal j, Message m, String key) {
    long unused = 0;
    if (isUsed(j, m, key, 0)) {
      long used = 0;
      unused = 1;
      while (isUsed(j, m, key, unused)) {
        used = unused;
        unused *= 2;
      }
      while (unused - used > 1) {
        long middle = used + (unused - used) / 2;
        if (isUsed(j, m, key, middle)) {
          used = middle;
        } else {
          unused = middle;
        }
      }
    }
    return idOf(m, key, unused);
  }

  private boolean isUsed(Journal j, Message m, String key, long generation) {
    return j.findTurn(idOf(m, key, generation)).isPresent();
  }

  private MessageId idOf(Message m, String key, long generation) {
    String digest =
        Digests.sha256(
            (cell.id().address() + "\n" + key + "\n" + generation + "\n" + m.digest())
                .getBytes(StandardCharsets.UTF_8));
    ByteBuffer bytes = ByteBuffer.wrap(HexFormat.of().parseHex(digest));
    return new MessageId(bytes.getLong(), bytes.getLong());
  }

  private Optional<TurnOutcome> byId(Journal j, Message m) {
    Optional<IdempotentResult> result = j.findRequest(m.id());
    if (result.isPresent()) {
      String digest = result.get().requestDigest();
      if (!digest.isEmpty() && !digest.equals(m.digest())) {
        throw new HostException(
            ErrorCode.ABORTED,
            "a turn that ran again asked "
                + cell.id().address()
                + " for something else than before, under the same id "
                + m.id()
                + ": a handler of a durable actor must ask the same when it is run again");
      }
    }
    return result.map(IdempotentResult::outcome);
  }
}
