package io.plexspaces.store.log;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.Json;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.journal.TimerChange;
import io.plexspaces.api.journal.TupleChange;
import io.plexspaces.api.journal.TurnOutcome;
import io.plexspaces.api.journal.TurnRecord;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A turn's own part of a record. */
final class TurnCodec {
  private static final int FROM = 1;
  private static final int STATE = 1 << 1;
  private static final int KEY = 1 << 2;
  private static final int DIGEST = 1 << 3;
  private static final int REPEATABLE = 1 << 4;
  private static final int RECEIVED = 1 << 5;
  private static final int REFUSED = 1 << 6;
  private static final int LISTS = 1 << 7;

  private static final int FIRST = 0;
  private static final int SECOND = 1;

  private TurnCodec() {}

  static void write(RecordWriter w, TurnRecord t) {
    boolean lists =
        !(t.steps().isEmpty()
            && t.effects().isEmpty()
            && t.timers().isEmpty()
            && t.tuples().isEmpty()
            && t.undeliverable().isEmpty());
    w.number(t.seq());
    w.oneByte(
        flag(t.from() != null, FROM)
            | flag(t.state() != null, STATE)
            | flag(t.idempotencyKey() != null, KEY)
            | flag(t.requestDigest() != null, DIGEST)
            | flag(t.repeatable(), REPEATABLE)
            | flag(t.received() != null, RECEIVED)
            | flag(t.outcome() instanceof TurnOutcome.Refused, REFUSED)
            | flag(lists, LISTS));
    w.number(t.atMillis());
    message(w, t.message());
    w.optional(t.from());
    w.string(t.op());
    w.string(t.kind());
    w.payload(t.input());
    switch (t.outcome()) {
      case TurnOutcome.Replied r -> w.payload(r.reply());
      case TurnOutcome.Refused r -> error(w, r.error());
    }
    if (t.state() != null) {
      w.payload(t.state());
    }
    w.optional(t.idempotencyKey());
    w.optional(t.requestDigest());
    if (t.received() != null) {
      w.string(t.received().sender());
      w.number(t.received().epoch());
      w.number(t.received().number());
      w.number(t.received().low());
    }
    w.string(t.codeVersion());
    w.string(t.trace());
    if (lists) {
      lists(w, t);
    }
  }

  private static void lists(RecordWriter w, TurnRecord t) {
    w.number(t.steps().size());
    for (TurnRecord.Step s : t.steps()) {
      w.number(s.n());
      w.oneByte(s.failed() ? 1 : 0);
      w.string(s.operation());
      w.string(s.requestDigest());
      w.payload(s.result());
    }
    w.number(t.effects().size());
    for (TurnRecord.Outgoing o : t.effects()) {
      w.number(o.n());
      w.number(o.number());
      w.oneByte(o.client() ? 1 : 0);
      message(w, o.id());
      w.string(o.target());
      w.string(o.op());
      w.payload(o.payload());
    }
    w.number(t.timers().size());
    for (TimerChange c : t.timers()) {
      switch (c) {
        case TimerChange.Set s -> {
          w.oneByte(FIRST);
          w.string(s.id());
          w.number(s.dueMillis());
          w.string(s.target());
          w.string(s.op());
          w.payload(s.payload());
          w.string(s.rule());
        }
        case TimerChange.Cancelled s -> {
          w.oneByte(SECOND);
          w.string(s.id());
        }
      }
    }
    tuples(w, t.tuples());
    w.number(t.undeliverable().size());
    for (TurnRecord.DeadLetter d : t.undeliverable()) {
      w.number(d.number());
      w.string(d.reason());
    }
  }

  static void tuples(RecordWriter w, List<TupleChange> changes) {
    w.number(changes.size());
    for (TupleChange c : changes) {
      w.oneByte(c instanceof TupleChange.Written ? FIRST : SECOND);
      w.string(c.space());
      w.number(c.tuple());
      if (c instanceof TupleChange.Written written) {
        w.string(written.fields());
        w.number(written.expiresAtMillis());
      }
    }
  }

  static List<TupleChange> tuples(RecordReader r) {
    return r.list(
        "the tuples",
        () -> {
          boolean taken = r.bool("the kind of a tuple's change");
          String space = r.string("a space");
          long tuple = r.number("a tuple's number");
          return taken
              ? new TupleChange.Taken(space, tuple)
              : new TupleChange.Written(
                  space, tuple, r.string("a tuple's fields"), r.number("a tuple's end"));
        });
  }

  static TurnRecord read(RecordReader r) {
    long seq = r.number("seq");
    int flags = r.oneByte("flags");
    long at = r.number("the time");
    TurnRecord.Builder b = TurnRecord.builder(seq, at, message(r));
    b.from(optional(r, flags, FROM, "from"));
    b.operation(r.string("op"), r.string("kind"), r.payload("the input"));
    b.outcome(
        (flags & REFUSED) == 0
            ? new TurnOutcome.Replied(r.payload("the reply"))
            : new TurnOutcome.Refused(error(r)));
    b.state((flags & STATE) == 0 ? null : r.payload("the state"));
    b.key(
        optional(r, flags, KEY, "the idempotency key"),
        optional(r, flags, DIGEST, "the request's digest"));
    b.repeatable((flags & REPEATABLE) != 0);
    if ((flags & RECEIVED) != 0) {
      b.received(
          new TurnRecord.Received(
              r.string("the sender"),
              r.number("the sender's epoch"),
              r.number("the sender's number"),
              r.number("the sender's low")));
    }
    b.code(r.string("the code"), r.string("the trace"));
    if ((flags & LISTS) != 0) {
      lists(r, b);
    }
    return b.build();
  }

  private static void lists(RecordReader r, TurnRecord.Builder b) {
    b.steps(
        r.list(
            "the steps",
            () -> {
              int n = r.small("a step's n");
              boolean failed = r.bool("a step's failed");
              return new TurnRecord.Step(
                  n,
                  r.string("a step's operation"),
                  r.string("a step's digest"),
                  r.payload("a step's result"),
                  failed);
            }));
    b.effects(
        r.list(
            "the effects",
            () -> {
              int n = r.small("an effect's n");
              long number = r.number("an effect's number");
              boolean client = r.bool("an effect's client");
              return new TurnRecord.Outgoing(
                  n,
                  number,
                  message(r),
                  r.string("an effect's target"),
                  r.string("an effect's op"),
                  r.payload("an effect's payload"),
                  client);
            }));
    b.timers(r.list("the timers", () -> timer(r)));
    b.tuples(tuples(r));
    b.undeliverable(
        r.list(
            "the dead letters",
            () ->
                new TurnRecord.DeadLetter(
                    r.number("a dead letter's number"), r.string("a dead letter's reason"))));
  }

  private static TimerChange timer(RecordReader r) {
    return r.bool("the kind of a timer's change")
        ? new TimerChange.Cancelled(r.string("a timer's id"))
        : new TimerChange.Set(
            r.string("a timer's id"),
            r.number("a timer's due time"),
            r.string("a timer's target"),
            r.string("a timer's op"),
            r.payload("a timer's payload"),
            r.string("a timer's rule"));
  }

  private static void message(RecordWriter w, MessageId id) {
    w.fixed(id.high());
    w.fixed(id.low());
  }

  private static MessageId message(RecordReader r) {
    return new MessageId(r.fixed("a message id"), r.fixed("a message id"));
  }

  private static void error(RecordWriter w, HostError e) {
    w.string(e.code().name());
    w.string(e.message());
    w.oneByte((e.retryable() ? 1 : 0) | (e.business() ? 2 : 0));
    w.string(Json.writeString(e.details()));
  }

  private static HostError error(RecordReader r) {
    String name = r.string("the error's code");
    ErrorCode code = null;
    for (ErrorCode c : ErrorCode.values()) {
      if (c.name().equals(name)) {
        code = c;
      }
    }
    if (code == null) {
      throw r.bad("the error's code is unknown");
    }
    String message = r.string("the error's message");
    int flags = r.oneByte("the error's flags");
    if (flags > 3) {
      throw r.bad("the error's flags are unknown");
    }
    return new HostError(
        code, message, (flags & 1) != 0, Json.read(r.string("details")), (flags & 2) != 0);
  }

  private static int flag(boolean set, int bit) {
    return set ? bit : 0;
  }

  private static @Nullable String optional(RecordReader r, int flags, int bit, String what) {
    return (flags & bit) == 0 ? null : r.string(what);
  }
}
