package io.plexspaces.engine;

import io.plexspaces.api.HostError;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.api.journal.TurnOutcome;
import io.plexspaces.api.journal.TurnRecord.Outgoing;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The messages of one turn that left before its end, because it asked their receivers. They are in
 * records of their own under an id derived from the turn's message; the last of these says of all
 * of them what they are, so that the turn, when it runs again, does not send them again.
 */
final class EarlySends {
  /** Derives the id of the records from that of the message; no effect has this number. */
  private static final int RECORD = -1;

  /** Derives the id of a message that takes the place of one that has left. */
  static final int INSTEAD = -2;

  static final CommitPipeline.Gated SILENT =
      new CommitPipeline.Gated() {
        @Override
        public void released() {}

        @Override
        public void cancelled(HostError why) {}
      };

  private final MessageId record;
  private final Map<Integer, String> digests = new TreeMap<>();

  private EarlySends(MessageId message) {
    this.record = message.derive(RECORD);
  }

  /** Of a turn that has not run before. */
  static EarlySends none(MessageId message) {
    return new EarlySends(message);
  }

  /** Of a turn that may have run before. Parks the worker. */
  static EarlySends of(Ledger ledger, Worker worker, MessageId message) {
    EarlySends e = new EarlySends(message);
    Journal journal = ledger.journal();
    ledger
        .parked(worker, () -> journal.findTurn(e.record))
        .ifPresent(outcome -> {
          if (outcome instanceof TurnOutcome.Replied(Payload p)
              && p.value() instanceof Value.Arr all) {
            for (Value v : all.items()) {
              if (v instanceof Value.Obj o) {
                e.digests.put((int) o.integer("n", -1), o.string("sha256", ""));
              }
            }
          }
        });
    return e;
  }

  boolean has(int n) {
    return digests.containsKey(n);
  }

  boolean has(int n, String digest) {
    return digest.equals(digests.get(n));
  }

  /** The record with which {@code leaving} leave. */
  SilentTurn.Note note(List<Outgoing> leaving, String op, boolean repeatable) {
    List<Value> all = new ArrayList<>();
    for (Outgoing e : leaving) {
      digests.put(e.n(), TurnTransaction.digest(e.target(), e.op(), e.payload()));
    }
    digests.forEach(
        (n, digest) -> all.add(Value.Obj.builder().put("n", n).put("sha256", digest).build()));
    Payload listed = Payload.json(new Value.Arr(all));
    return new SilentTurn.Note(
        record,
        op,
        "early",
        Payload.EMPTY_OBJECT,
        leaving,
        b -> b.outcome(new TurnOutcome.Replied(listed)).repeatable(repeatable));
  }
}
